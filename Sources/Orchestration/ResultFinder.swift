package import BatchCore
import Crypto
import Spool

/// Finds the result of one row in the archive.
package enum ResultFinder {
    /// A line of an archived file.
    package struct Line: Hashable, Sendable {
        /// Counted from 1.
        package var number: Int64
        /// The digest of its bytes, without the newline.
        package var sha256: BatchCore.Digest
    }

    /// The first line that is the result of `row`: the one that counted. Nil when there is none.
    ///
    /// Reads the file from its start: a million lines take seconds.
    /// - Throws: `FileFault`; `ArchiveDamage`.
    package static func find(_ row: String, in path: String) throws -> Line? {
        let name = Array("\"\(row)\"".utf8)
        var reader = try ResultReader(path)
        var splitter = LineSplitter(limit: Settler.maximumLineBytes)
        var number: Int64 = 0
        var found: Line?
        func look(_ line: LineSplitter.Line) {
            number += 1
            // Few lines hold the name at all, and only those are worth a scan.
            guard found == nil, case .whole(let bytes) = line, bytes.holds(name),
                let result = try? ResultScanner.scan(bytes), result.id == row
            else { return }
            found = Line(number: number, sha256: BatchCore.Digest(Array(SHA256.hash(data: bytes))))
        }
        while found == nil, try reader.next({ bytes in splitter.feed(bytes) { line, _ in look(line) } }) {}
        if found == nil { splitter.finish { line, _ in look(line) } }
        return found
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// True when `part` stands somewhere in it.
    fileprivate func holds(_ part: [UInt8]) -> Bool {
        guard count >= part.count, let first = part.first else { return false }
        var place = startIndex
        while let next = self[place...].firstIndex(of: first), next + part.count <= count {
            if self[next..<next + part.count].elementsEqual(part) { return true }
            place = next + 1
        }
        return false
    }
}

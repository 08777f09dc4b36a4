import Env
import Synchronization

/// Reads an input file back, piece by piece: the bytes that were appended. A copy goes on where another one stands.
package struct InputFileReader: Sendable {
    private let reader: Shared

    private final class Shared: Sendable {
        let reader: Mutex<ResultReader>
        init(_ path: String) throws(FileFault) { reader = Mutex(try ResultReader(path, .spool)) }
    }

    init(path: String) throws(FileFault) {
        reader = try Shared(path)
    }

    /// The next bytes; nil at the end.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when the file is not what was written.
    package func next() throws -> [UInt8]? {
        try reader.reader.withLock { reader in
            var piece: [UInt8] = []
            return try reader.next { piece = Array($0) } ? piece : nil
        }
    }
}

import BatchCore

/// Something in the archive is not what it was when it was published. Nothing is deleted or repaired.
package struct ArchiveDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or folder.
    package let path: String
    /// What is wrong with it.
    package let reason: String

    /// For example `/…/manifest.json: not a manifest`.
    package var description: String { "\(path): \(reason)" }
}

/// Facts that are still growing.
struct GrowingFacts {
    private(set) var rawBytes: Int64 = 0
    private(set) var storedBytes: Int64 = 0
    private var raw = GrowingHash()
    private var stored = GrowingHash()
    private var newlines: Int64 = 0
    private var endsInLine = false

    /// Takes in one frame, raw and stored.
    mutating func add(raw rawPart: UnsafeRawBufferPointer, stored storedPart: UnsafeRawBufferPointer) {
        raw.update(rawPart)
        stored.update(storedPart)
        rawBytes += Int64(rawPart.count)
        storedBytes += Int64(storedPart.count)
        newlines += countNewlines(in: rawPart)
        if let last = rawPart.last { endsInLine = last != UInt8(ascii: "\n") }
    }

    /// The facts so far.
    var facts: ArchivedFacts {
        ArchivedFacts(
            rawBytes: rawBytes, rawSHA256: raw.digest, storedBytes: storedBytes, storedSHA256: stored.digest,
            lines: newlines + (endsInLine ? 1 : 0))
    }
}

/// What a compressed file in the archive holds, raw and as it is stored.
package struct ArchivedFacts: Hashable, Sendable {
    /// Size of the content in bytes.
    package var rawBytes: Int64
    /// Digest of the content.
    package var rawSHA256: Digest
    /// Size of the compressed file in bytes.
    package var storedBytes: Int64
    /// Digest of the compressed file.
    package var storedSHA256: Digest
    /// Lines in the content; a last line without its newline counts.
    package var lines: Int64

    /// Facts, one by one.
    package init(
        rawBytes: Int64, rawSHA256: Digest, storedBytes: Int64, storedSHA256: Digest, lines: Int64
    ) {
        self.rawBytes = rawBytes
        self.rawSHA256 = rawSHA256
        self.storedBytes = storedBytes
        self.storedSHA256 = storedSHA256
        self.lines = lines
    }
}

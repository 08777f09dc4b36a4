/// Result lines on their way into the store: their ids in one buffer and their few errors apart, so that a row costs
/// no allocation.
package struct ResultChunk: Sendable {
    private struct Entry {
        var hash: Int64
        /// Where its id ends in `ids`; it begins where the one before ends.
        var end: UInt32
        var status: Int32
        var error: Int32
    }

    private var entries: [Entry] = []
    private var ids: [UInt8] = []
    private var errors: [RowError] = []

    /// No lines, and room for `lines`.
    package init(roomFor lines: Int = 0) {
        entries.reserveCapacity(lines)
        ids.reserveCapacity(20 * lines)
    }

    /// How many lines it holds.
    package var count: Int { entries.count }

    /// The hashes of the ids, in the order of the lines.
    package var hashes: [Int64] { entries.map(\.hash) }

    /// Adds a line.
    package mutating func append(_ line: ResultLine) {
        append(
            hash: NameHash(line.id).rawValue, id: line.id.utf8, status: Int32(clamping: line.status),
            error: line.error)
    }

    /// Adds a line whose id has this hash.
    package mutating func append(
        hash: Int64, id: some Sequence<UInt8>, status: Int32, error: RowError?
    ) {
        ids.append(contentsOf: id)
        if let error { errors.append(error) }
        entries.append(
            Entry(
                hash: hash, end: UInt32(ids.count), status: status,
                error: error == nil ? -1 : Int32(errors.count - 1)))
    }

    /// The hash of the id of a line.
    package func hash(_ index: Int) -> Int64 { entries[index].hash }

    /// The id of a line, as bytes.
    package func idBytes(_ index: Int) -> ArraySlice<UInt8> {
        ids[(index > 0 ? Int(entries[index - 1].end) : 0)..<Int(entries[index].end)]
    }

    /// The id of a line.
    package func id(_ index: Int) -> String { String(decoding: idBytes(index), as: UTF8.self) }

    /// The HTTP status of a line.
    package func status(_ index: Int) -> Int32 { entries[index].status }

    /// The error of a line, if it has one.
    package func error(_ index: Int) -> RowError? {
        let error = entries[index].error
        return error < 0 ? nil : errors[Int(error)]
    }
}

/// Results with the numbers of the rows that they are for, in the order of rows: so that settling walks through its
/// tables from front to back instead of jumping about in them. A result without an error costs no allocation.
package struct RowResults: Sendable {
    private struct Entry {
        var number: UInt32
        var status: Int32
        var error: Int32
    }

    private var entries: [Entry] = []
    private var errors: [RowError] = []

    /// No results, and room for `count`.
    package init(roomFor count: Int = 0) {
        entries.reserveCapacity(count)
    }

    /// How many there are.
    package var count: Int { entries.count }

    /// The row that the result at this place is for.
    package func number(_ index: Int) -> UInt32 { entries[index].number }

    /// The HTTP status of the result at this place.
    package func status(_ index: Int) -> Int32 { entries[index].status }

    /// The error of the result at this place, if it has one.
    package func error(_ index: Int) -> RowError? {
        let error = entries[index].error
        return error < 0 ? nil : errors[Int(error)]
    }

    /// Adds a result; those before it are for rows before it, or for the same one.
    package mutating func append(_ number: UInt32, status: Int32, error: RowError?) {
        if let error { errors.append(error) }
        entries.append(
            Entry(number: number, status: status, error: error == nil ? -1 : Int32(errors.count - 1)))
    }
}

/// Where settling stands in the results of a job: lines before byte `bytes` are settled, and of those behind it the
/// ones for rows up to `row`.
package struct SettledMark: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of the raw results.
    package var bytes: Int64
    /// A row of the workload; -1 before the first one.
    package var row: Int64

    /// A place in the results.
    package init(bytes: Int64 = 0, row: Int64 = -1) {
        self.bytes = bytes
        self.row = row
    }

    /// For people.
    package var description: String { row < 0 ? "byte \(bytes)" : "byte \(bytes), row \(row)" }
}

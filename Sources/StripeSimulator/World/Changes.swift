/// What was done to single objects, on disk.
///
/// Objects go by 64-bit digests. Memory holds nothing of them, however many there are.
final class Changes {
    /// What an object has become besides its members.
    struct State: OptionSet {
        let rawValue: UInt8
        /// It was created, or is in use.
        static let exists = State(rawValue: 1)
        static let migrated = State(rawValue: 2)
        /// Canceled, paid: it can't be ended again.
        static let ended = State(rawValue: 4)
    }

    /// Where the members stand that differ from a blank object, and the state in the lowest byte.
    private let entries: DigestTable
    private let file: LineFile
    /// The object looked at last: a row asks for the same one several times.
    private var last: (object: UInt64, entry: UInt64)?

    init(path: String) throws {
        file = try LineFile(path: path)
        entries = try DigestTable(beside: path)
        // No object has its members at offset 0, which stands for none.
        try file.append("\n")
    }

    private func entry(_ object: UInt64) -> UInt64 {
        if let last, last.object == object { return last.entry }
        let entry = entries.number(of: object) ?? 0
        last = (object, entry)
        return entry
    }

    func state(of object: UInt64) -> State {
        State(rawValue: UInt8(truncatingIfNeeded: entry(object)))
    }

    /// The members that differ from a blank object, in the order of their first change.
    func members(of object: UInt64) throws -> [RowLine.Param] {
        let place = Int(entry(object) >> 8)
        guard place > 0 else { return [] }
        return try file.withLine(at: place) { RowLine.Param.members(of: $0) ?? [] }
    }

    /// Remembers an object as it is now.
    func keep(_ object: UInt64, _ members: [RowLine.Param], _ state: State) throws {
        var place = 0
        if !members.isEmpty {
            place = file.byteCount
            try file.append(RowLine.Param.object(members), "\n")
        }
        let entry = UInt64(place) << 8 | UInt64(state.rawValue)
        try entries.update(object) { _ in entry }
        last = (object, entry)
    }
}

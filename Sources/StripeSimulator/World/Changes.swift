/// What was done to single objects, on disk.
///
/// Memory holds two words an object, however much was changed. Objects go by 64-bit digests.
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
    private var entries: [UInt64: UInt64] = [:]
    private let file: LineFile

    init(path: String) throws {
        file = try LineFile(path: path)
        // No object has its members at offset 0, which stands for none.
        try file.append("\n")
    }

    func state(of object: UInt64) -> State {
        State(rawValue: UInt8(truncatingIfNeeded: entries[object] ?? 0))
    }

    /// The members that differ from a blank object, in the order of their first change.
    func members(of object: UInt64) throws -> [RowLine.Param] {
        guard let entry = entries[object], entry >> 8 > 0 else { return [] }
        return try file.withLine(at: Int(entry >> 8)) { RowLine.Param.members(of: $0) ?? [] }
    }

    /// Remembers an object as it is now.
    func keep(_ object: UInt64, _ members: [RowLine.Param], _ state: State) throws {
        var place = 0
        if !members.isEmpty {
            place = file.byteCount
            try file.append(RowLine.Param.object(members), "\n")
        }
        let entry = UInt64(place) << 8 | UInt64(state.rawValue)
        if entry == 0 { entries[object] = nil } else { entries[object] = entry }
    }
}

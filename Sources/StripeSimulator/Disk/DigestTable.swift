/// A number for each 64-bit digest, in a file: a million of them take no memory.
///
/// Open addressing. The high bits of a digest say where it belongs, so the file is nearly in the order
/// of the digests, and growing is one pass from its front to its back. It may run on past the last
/// place, so there is no wrapping around. Nothing is ever removed.
final class DigestTable {
    /// As it stands on disk; a digest of 0 is an empty slot.
    private struct Slot: BitwiseCopyable {
        var digest: UInt64 = 0
        var number: UInt64 = 0
    }

    private let path: String
    private var disk: DiskFile
    private var file: MappedFile
    /// There are places for two to the power of this, at most half of them taken.
    private var bits = 10
    private(set) var count = 0
    /// Places, and room behind them. The last slot is always empty, so that a search ends.
    private var slots: UnsafeMutableBufferPointer<Slot> { file.bytes.assumingMemoryBound(to: Slot.self) }
    /// Slots past the last place, at first: much more than digests that are spread ever take.
    private static let room = 1024

    /// - Parameter path: The table's file has no name; it lies beside this one.
    init(beside path: String) throws {
        self.path = path
        disk = try DiskFile(scratchBeside: path)
        file = try Self.mapped(disk, slots: 1 << bits + Self.room)
    }

    /// The number that was set for `digest`; nil when none was.
    func number(of digest: UInt64) -> UInt64? {
        let slot = slots[place(of: Self.valid(digest))]
        return slot.digest == 0 ? nil : slot.number
    }

    /// Sets the number of `digest` to what `change` makes of the earlier one, and returns the earlier one.
    @discardableResult
    func update(_ digest: UInt64, _ change: (UInt64?) -> UInt64) throws -> UInt64? {
        if count >= 1 << (bits - 1) { try grow() }
        let digest = Self.valid(digest)
        let place = place(of: digest)
        let earlier = slots[place].digest == 0 ? nil : slots[place].number
        if earlier == nil {
            try makeRoom(behind: place)
            count += 1
        }
        slots[place] = Slot(digest: digest, number: change(earlier))
        return earlier
    }

    /// Takes `digest` in; false when it was there before.
    func insert(_ digest: UInt64) throws -> Bool {
        try update(digest) { $0 ?? 1 } == nil
    }

    private static func valid(_ digest: UInt64) -> UInt64 { max(digest, 1) }

    private static func home(_ digest: UInt64, _ bits: Int) -> Int { Int(digest >> UInt64(64 - bits)) }

    private static func mapped(_ disk: DiskFile, slots: Int) throws -> MappedFile {
        try MappedFile(disk, size: slots * MemoryLayout<Slot>.stride)
    }

    /// Where `digest` stands, or would stand.
    private func place(of digest: UInt64) -> Int {
        let slots = slots
        var place = Self.home(digest, bits)
        while slots[place].digest != digest, slots[place].digest != 0 { place += 1 }
        return place
    }

    /// Sees to an empty slot behind `place`.
    private func makeRoom(behind place: Int) throws {
        guard place + 1 >= slots.count else { return }
        file = try Self.mapped(disk, slots: place + place / 2)
    }

    /// Copies everything into a file of twice the size.
    ///
    /// Slots that touch each other are sorted before they are copied; so all of them come in order, and
    /// each finds its place behind the one before.
    private func grow() throws {
        let old = file
        let slots = slots
        bits += 1
        disk = try DiskFile(scratchBeside: path)
        file = try Self.mapped(disk, slots: 1 << bits + Self.room)
        var run: [Slot] = []
        var next = 0
        for slot in slots {
            guard slot.digest == 0 else {
                run.append(slot)
                continue
            }
            run.sort { $0.digest < $1.digest }
            for slot in run {
                next = max(next, Self.home(slot.digest, bits))
                try makeRoom(behind: next)
                self.slots[next] = slot
                next += 1
            }
            run.removeAll(keepingCapacity: true)
        }
        withExtendedLifetime(old) {}
    }
}

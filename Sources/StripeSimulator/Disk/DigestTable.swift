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
    private var file: DiskFile
    /// There are places for two to the power of this, at most half of them taken.
    private var bits = 10
    private(set) var count = 0
    /// The slots looked at, all in one read: hardly ever are more needed.
    private var window = [Slot](repeating: Slot(), count: 8)

    /// - Parameter path: The table's file has no name; it lies beside this one.
    init(beside path: String) throws {
        self.path = path
        file = try DiskFile(scratchBeside: path)
    }

    /// The number that was set for `digest`; nil when none was.
    func number(of digest: UInt64) throws -> UInt64? {
        try find(Self.valid(digest)).number
    }

    /// Sets the number of `digest` to what `change` makes of the earlier one, and returns the earlier one.
    @discardableResult
    func update(_ digest: UInt64, _ change: (UInt64?) -> UInt64) throws -> UInt64? {
        if count >= 1 << (bits - 1) { try grow() }
        let digest = Self.valid(digest)
        let (place, earlier) = try find(digest)
        let slot = [Slot(digest: digest, number: change(earlier))]
        try Self.write(slot, at: place, to: file)
        if earlier == nil { count += 1 }
        return earlier
    }

    /// Takes `digest` in; false when it was there before.
    func insert(_ digest: UInt64) throws -> Bool {
        try update(digest) { $0 ?? 1 } == nil
    }

    private static func valid(_ digest: UInt64) -> UInt64 { max(digest, 1) }

    private static func home(_ digest: UInt64, _ bits: Int) -> Int { Int(digest >> UInt64(64 - bits)) }

    /// Where `digest` stands, or would stand.
    private func find(_ digest: UInt64) throws -> (place: Int, number: UInt64?) {
        var place = Self.home(digest, bits)
        while true {
            try Self.read(&window, at: place, from: file)
            for slot in window {
                if slot.digest == digest { return (place, slot.number) }
                if slot.digest == 0 { return (place, nil) }
                place += 1
            }
        }
    }

    /// Copies everything into a file of twice the size.
    ///
    /// Slots that touch each other are sorted before they are copied; so all of them come in order, and
    /// each finds its place behind the one before.
    private func grow() throws {
        let wider = bits + 1
        var writer = SlotWriter(file: try DiskFile(scratchBeside: path))
        var run: [Slot] = []
        var next = 0
        func copyRun() throws {
            run.sort { $0.digest < $1.digest }
            for slot in run {
                next = max(next, Self.home(slot.digest, wider))
                try writer.write(slot, at: next)
                next += 1
            }
            run.removeAll(keepingCapacity: true)
        }
        var piece = [Slot](repeating: Slot(), count: SlotWriter.size)
        var place = 0
        while try Self.read(&piece, at: place, from: file) > 0 {
            for slot in piece {
                if slot.digest == 0 { try copyRun() } else { run.append(slot) }
            }
            place += piece.count
        }
        try copyRun()
        file = try writer.finish()
        bits = wider
    }

    /// Reads slots, empty ones past the end of the file, and returns how many bytes the file had.
    @discardableResult
    private static func read(
        _ slots: inout [Slot], at place: Int, from file: DiskFile
    ) throws -> Int {
        try slots.withUnsafeMutableBytes { bytes in
            let count = try file.read(into: bytes, at: place * MemoryLayout<Slot>.stride)
            UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).initializeMemory(
                as: UInt8.self, repeating: 0)
            return count
        }
    }

    private static func write(_ slots: [Slot], at place: Int, to file: DiskFile) throws {
        try slots.withUnsafeBytes { bytes in
            try file.write(bytes, at: place * MemoryLayout<Slot>.stride)
        }
    }

    /// Writes slots in ascending places, many at a time.
    private struct SlotWriter {
        static let size = 4096
        let file: DiskFile
        private var piece = [Slot](repeating: Slot(), count: size)
        private var start = 0

        init(file: DiskFile) { self.file = file }

        mutating func write(_ slot: Slot, at place: Int) throws {
            if place >= start + piece.count {
                _ = try finish()
                start = place
                for index in piece.indices { piece[index] = Slot() }
            }
            piece[place - start] = slot
        }

        func finish() throws -> DiskFile {
            try DigestTable.write(piece, at: start, to: file)
            return file
        }
    }
}

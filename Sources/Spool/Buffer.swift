/// A fixed piece of memory, freed when it goes out of scope: what makes constant memory constant.
struct Buffer: ~Copyable {
    /// All of it.
    let bytes: UnsafeMutableRawBufferPointer

    init(capacity: Int) {
        bytes = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        bytes.deallocate()
    }

    /// Its first `count` bytes.
    func prefix(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[..<count])
    }

    /// Copies what fits of `source` to `position`; returns how many bytes that were.
    func copy(_ source: UnsafeRawBufferPointer, at position: Int) -> Int {
        let count = min(source.count, bytes.count - position)
        UnsafeMutableRawBufferPointer(rebasing: bytes[position..<position + count])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
        return count
    }
}

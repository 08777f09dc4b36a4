import Glibc

/// How the C library keeps memory.
package enum Memory {
    /// Lets all threads share two heaps. By default each thread gets one of its own, and what one thread took and
    /// another one gave back stays there: half of the memory that a large batch took was of that kind.
    ///
    /// Call it first of all. Where the C library is not glibc it does nothing.
    package static func shareHeaps() {
        typealias Mallopt = @convention(c) (_ parameter: CInt, _ value: CInt) -> CInt
        // The header that declares it is not part of what Swift imports.
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let arenaMax: CInt = -8
        _ = unsafeBitCast(symbol, to: Mallopt.self)(arenaMax, 2)
    }
}

/// Sees what is about to be done to files, and may refuse it: for simulations of disks that fail, fill up and
/// forget. Nobody watches, unless the present task was begun under a watch.
package struct DiskWatch: Sendable {
    /// One thing that is about to be done.
    package enum Step: Hashable, Sendable {
        /// A file begins empty.
        case make
        /// What a file holds changes.
        case change
        /// The content of a file, or the names in a folder, are brought to the disk.
        case sync
        /// A file or folder gets another name.
        case rename(to: String)
    }

    /// The watch of the present task.
    @TaskLocal package static var present: DiskWatch?

    private let look: @Sendable (Step, String) throws(FileFault) -> Void
    /// How many bytes are said to be free; nil for what the disk says.
    let free: @Sendable () -> Int64?

    /// Calls `look` with each step and its path before the step is taken: what it throws, the step throws.
    package init(
        free: @escaping @Sendable () -> Int64?,
        look: @escaping @Sendable (Step, String) throws(FileFault) -> Void
    ) {
        self.look = look
        self.free = free
    }

    /// Tells the watch of the present task, if there is one.
    static func willDo(_ step: Step, _ path: String) throws(FileFault) {
        try present?.look(step, path)
    }
}

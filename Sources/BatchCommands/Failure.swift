/// Why a command ends early: what a person reads, and what a script gets.
struct Failure: Error, Hashable {
    var exit: CommandExit
    /// What went wrong, as a sentence.
    var message: String
    /// What to do about it.
    var hint: String?

    init(_ exit: CommandExit, _ message: String, hint: String? = nil) {
        self.exit = exit
        self.message = message
        self.hint = hint
    }
}

/// Whoever read our output has closed it, as `head` does: that is no failure.
struct ReaderGone: Error {}

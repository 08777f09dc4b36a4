/// Who asked for what is being done at this moment: a user of this machine, or nobody, when the daemon does it by
/// itself. It travels with the task, so that whatever is written into the history on somebody's behalf says so.
package enum Asker {
    /// The user's number.
    @TaskLocal package static var uid: UInt32?
}

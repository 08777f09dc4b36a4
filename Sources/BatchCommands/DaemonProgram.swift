import Glibc

/// Goes on as `batchd` with these arguments: the one beside this program, else the one in `$PATH`.
///
/// Exit codes and what is printed are those of `batchd`.
/// - Returns: only when there is no such program: why.
func becomeDaemonProgram(_ arguments: [String]) -> Failure {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let length = readlink("/proc/self/exe", &path, Int(PATH_MAX))
    let own = String(decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let beside = own.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/batchd"
    var words = (["batchd"] + arguments).map { strdup($0) }
    words.append(nil)
    execv(beside, &words)
    execvp("batchd", &words)
    return Failure(
        .error, "batchd cannot be run: \(String(cString: strerror(errno))).",
        hint: "It belongs beside batchctl, or in a folder of $PATH.")
}

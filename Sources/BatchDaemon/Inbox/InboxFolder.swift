import BatchCore
import Env

/// The folder of one queue in the inbox, with what was taken in `accepted/` and what was not in `rejected/`.
struct InboxFolder {
    let path: String

    /// Where files go.
    static let places = ["accepted", "rejected"]

    init(inbox: String, queue: String) {
        path = "\(inbox)/\(queue)"
    }

    func make() throws(FileFault) {
        for name in Self.places { try FileSystem.makeFolders("\(path)/\(name)") }
    }

    /// The files that are there to be submitted, in the order of their names. What is hidden or `.partial` is still
    /// being written.
    func files() throws(FileFault) -> [(name: String, status: FileSystem.Status)] {
        var files: [(String, FileSystem.Status)] = []
        for name in try FileSystem.names(in: path).sorted()
        where !name.hasPrefix(".") && !name.hasSuffix(".partial") {
            do throws(FileFault) {
                let status = try FileSystem.status(of: "\(path)/\(name)")
                if status.isRegular { files.append((name, status)) }
            } catch {
                // Gone since the folder was read.
                guard error.isMissing else { throw error }
            }
        }
        return files
    }

    /// Moves a file out of the way of the next look, named with the workload that it became.
    func accept(_ name: String, as workload: WorkloadID) throws(FileFault) {
        try move(name, to: "accepted/\(workload)-\(name)")
    }

    /// Moves a file out of the way, with the reason beside it. The reason comes first: a file is never there without.
    func reject(_ name: String, because reason: String) throws {
        var target = name
        var number = 1
        while FileSystem.exists("\(path)/rejected/\(target)") {
            number += 1
            target = "\(number)-\(name)"
        }
        let partial = "\(path)/rejected/.reason.partial"
        _ = try FileSystem.removeFile(partial)
        let file = try OpenFile(partial, .create)
        try Array(reason.utf8).withUnsafeBytes { try file.write($0) }
        try file.sync()
        try FileSystem.rename(partial, to: "\(path)/rejected/\(target).reason.txt")
        try move(name, to: "rejected/\(target)")
    }

    private func move(_ name: String, to place: String) throws(FileFault) {
        try FileSystem.rename("\(path)/\(name)", to: "\(path)/\(place)")
        try FileSystem.syncFolder(FileSystem.folder(of: "\(path)/\(place)"))
        try FileSystem.syncFolder(path)
    }
}

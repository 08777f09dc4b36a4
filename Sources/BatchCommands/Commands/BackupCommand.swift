import ArgumentParser
import ControlAPI
import Foundation
import Glibc
import NIOCore
import NIOHTTP1

struct BackupCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database, as of now, into a folder, while the daemon works.",
        discussion: """
            The folder gets batchd.db, whole or not at all. Copy the archive afterwards, never before: what the \
            database speaks of is then in it. A daemon that starts on the copy looks after the jobs that ran, and \
            begins nothing new before 'batchctl resume ALL'.

            Example: batchctl backup /backup/today && rsync -a /var/lib/batchd/archive/ /backup/today/archive/
            """)

    @Argument(help: "The folder. It is made if need be, and must not have a batchd.db.")
    var folder: String

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let file = try BackupFile(in: folder)
        try await session.client.stream(Routes.backup, method: .POST) { try file.append($0) }
        let bytes = try file.publish()
        session.output.say(
            "\(file.path) has \(Human.bytes(bytes)). Copy the archive into \(folder)/archive now, then check both:\n"
                + "  batchctl audit --offline --state \(folder) --archive \(folder)/archive")
        return .ok
    }
}

/// A database that is being written, seen under its name when it is whole.
private final class BackupFile {
    let path: String
    private let folder: String
    private var partial: String { path + ".part" }
    private let descriptor: CInt
    private var bytes = 0
    private var isWhole = false

    init(in folder: String) throws {
        self.folder = folder
        path = "\(folder)/batchd.db"
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw Self.failure("made", folder) }
        guard access(path, F_OK) != 0 else {
            throw Failure(
                .refused, "There is a backup already: \(path).", hint: "Name another folder, or move it away."
            )
        }
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("written", path + ".part") }
    }

    deinit {
        close(descriptor)
        if !isWhole { unlink(partial) }
    }

    func append(_ chunk: ByteBuffer) throws {
        try chunk.withUnsafeReadableBytes { chunk in
            var rest = chunk[...]
            while !rest.isEmpty {
                let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count >= 0 || errno == EINTR else { throw Self.failure("written", partial) }
                rest = rest.dropFirst(max(0, count))
            }
        }
        bytes += chunk.readableBytes
    }

    /// Gives it its name, once it lasts. Returns its bytes.
    func publish() throws -> Int {
        guard bytes > 0 else { throw Failure(.error, "The daemon sent nothing.") }
        guard fsync(descriptor) == 0, rename(partial, path) == 0 else { throw Self.failure("kept", path) }
        isWhole = true
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(parent) }
        guard parent >= 0, fsync(parent) == 0 else { throw Self.failure("kept", path) }
        return bytes
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure(.error, "\(path) cannot be \(what): \(String(cString: strerror(errno))).")
    }
}

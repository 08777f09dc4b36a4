import Foundation
import Glibc

/// Disks made for a test. They need root, and what a container may not allow.
enum Disk {
    /// Whether file systems can be mounted here.
    static let canMount = tried { folder in
        try mount(["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder])
        try unmount(folder)
    }

    /// Whether an image of a disk can be.
    static let canMountImages = tried { folder in
        try makeImage("\(folder)/image", megabytes: 48)
        try FileManager.default.createDirectory(atPath: "\(folder)/disk", withIntermediateDirectories: true)
        try mountImage("\(folder)/image", at: "\(folder)/disk")
        try unmount("\(folder)/disk")
    }

    /// Whether a process can be made to fail from outside.
    static let canInject = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace") && getuid() == 0

    /// A disk of its own, in memory, at `folder`.
    static func memory(at folder: String, megabytes: Int) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try mount(["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", folder])
    }

    /// Makes `folder` read-only.
    static func freeze(_ folder: String) throws {
        try mount(["--bind", folder, folder])
        try mount(["-o", "remount,bind,ro", folder])
    }

    /// A new ext4 file system in a file.
    static func makeImage(_ path: String, megabytes: Int) throws {
        try run("/usr/bin/truncate", ["-s", "\(megabytes)M", path])
        try run("/sbin/mkfs.ext4", ["-q", "-F", "-J", "size=4", path])
    }

    /// Mounts an image that writes back only what is synced, for as long as a test takes.
    static func mountImage(_ path: String, at folder: String) throws {
        try mount(["-o", "loop,commit=300", path, folder])
    }

    /// Takes a file system away, whoever uses it.
    static func unmount(_ folder: String) throws { try run("/bin/umount", ["-l", folder]) }

    /// Fills a disk until only `spare` bytes are free, with the file that is returned.
    static func fill(_ folder: String, sparing spare: Int) throws -> String {
        let path = "\(folder)/ballast"
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        guard file >= 0 else { throw Failure("cannot fill \(folder)") }
        var size: off_t = 0
        // Others take space meanwhile, so it goes piece by piece.
        for piece: off_t in [1 << 20, 1 << 16, 1 << 12] {
            while true {
                var facts = statvfs()
                guard statvfs(folder, &facts) == 0 else { throw Failure("cannot fill \(folder)") }
                let free = Int(facts.f_bavail) * Int(facts.f_frsize)
                guard free - Int(piece) >= spare, posix_fallocate(file, size, piece) == 0 else { break }
                size += piece
            }
        }
        return path
    }

    private static func mount(_ arguments: [String]) throws { try run("/bin/mount", arguments) }

    static func run(_ program: String, _ arguments: [String]) throws {
        let process = Foundation.Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure("\(program) \(arguments)") }
    }

    private static func tried(_ body: (String) throws -> Void) -> Bool {
        guard getuid() == 0 else { return false }
        let folder = "/dev/shm/batchd-try-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try body(folder)
            return true
        } catch {
            return false
        }
    }
}

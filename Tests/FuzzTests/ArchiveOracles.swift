import BatchCore
import Env
import Foundation

@testable import Spool

/// Files of the archive, after whatever may have happened to them.
enum ArchiveOracles {
    static func manifest(_ bytes: [UInt8]) -> String? {
        _ = StatedSummary(json: bytes)
        guard let manifest = Manifest(json: bytes) else { return nil }
        guard let again = Manifest(json: manifest.json) else { return "what was written cannot be read" }
        return again == manifest ? nil : "what was written reads otherwise"
    }

    /// Reading ends in damage or at the end, and a writer goes on behind what is whole.
    static func frames(_ bytes: [UInt8]) -> String? {
        let path = ScratchFile.path
        do {
            try ScratchFile.write(bytes)
            var reader = try ResultReader(path)
            var raw: Int64 = 0
            do {
                while try reader.next({ raw += Int64($0.count) }) {}
            } catch is ArchiveDamage {}
            var writer = try FrameWriter(resuming: path, faults: .none)
            guard writer.rawBytes >= 0, writer.rawBytes <= raw else {
                return "\(writer.rawBytes) of \(raw) bytes"
            }
            try [1, 2, 3].withUnsafeBytes { try writer.append($0) }
            try writer.finish()
            let facts = try writer.sync()
            var again = try ResultReader(path)
            raw = 0
            while try again.next({ raw += Int64($0.count) }) {}
            return raw == facts.rawBytes ? nil : "\(raw) bytes instead of \(facts.rawBytes)"
        } catch {
            return "\(error)"
        }
    }
}

/// One file in memory, for readers that want a path.
enum ScratchFile {
    static let folder: String = {
        let parent = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        let path = "\(parent)/batchd-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        atexit { try? FileManager.default.removeItem(atPath: ScratchFile.folder) }
        return path
    }()
    static let path = folder + "/batchd.yaml"

    static func write(_ bytes: [UInt8]) throws {
        let file = try OpenFile(path, .create)
        try bytes.withUnsafeBytes { try file.write($0) }
    }
}

/// Small compressed files, as the archive writes them.
enum FrameSeeds {
    static let all: [[UInt8]] = [
        [[]], [[7]], [Array("{\"id\":\"a\"}\n".utf8), Array(repeating: 0, count: 5000)],
    ].map {
        (contents: [[UInt8]]) in
        do {
            var writer = try FrameWriter(creating: ScratchFile.path, faults: .none)
            for content in contents {
                try content.withUnsafeBytes { try writer.append($0) }
                try writer.flush()
            }
            try writer.finish()
            return try FileSystem.contents(of: ScratchFile.path)
        } catch {
            preconditionFailure("a scratch file in memory: \(error)")
        }
    }
}

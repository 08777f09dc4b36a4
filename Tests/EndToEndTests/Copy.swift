import Foundation
import GRDB
import Testing

/// A copy of a state directory and an archive, to be damaged.
struct Copy {
    let folder: String
    var state: String { "\(folder)/state" }
    var archive: String { "\(folder)/archive" }

    init(of site: Site, _ name: String) throws {
        folder = "\(site.folder)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: "\(site.folder)/state", toPath: state)
        try FileManager.default.copyItem(atPath: site.archive, toPath: archive)
    }

    func remove() throws { try FileManager.default.removeItem(atPath: folder) }

    func audited(_ site: Site) async throws -> Answer {
        try await site.offline(state: state, archive: archive)
    }

    /// The first archived file of that name.
    func file(_ name: String) throws -> String {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: archive).sorted()
        return "\(archive)/\(try #require(paths.first { $0.hasSuffix("/\(name)") }))"
    }

    func flip(_ path: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[offset] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    /// Changes the records behind the daemon's back.
    func sql(_ statements: String) throws {
        var configuration = GRDB.Configuration()
        configuration.foreignKeysEnabled = false
        let database = try DatabaseQueue(path: "\(state)/batchd.db", configuration: configuration)
        try database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA ignore_check_constraints = 1; \(statements)")
        }
        try database.close()
    }

    /// The number that a query gives.
    func number(_ query: String) throws -> Int? {
        let database = try DatabaseQueue(path: "\(state)/batchd.db")
        defer { try? database.close() }  // Nothing was written.
        return try database.read { try Int.fetchOne($0, sql: query) }
    }

    /// Puts the results of the first batch in the place of the second's, as if its rows had been executed again.
    func repeatSuccess() throws {
        let (first, second) = (try results(of: "b1"), try results(of: "b2"))
        try FileManager.default.removeItem(atPath: second)
        try FileManager.default.copyItem(atPath: first, toPath: second)
    }

    private func results(of batch: String) throws -> String {
        let manifests = try FileManager.default.subpathsOfDirectory(atPath: archive)
            .filter { $0.hasSuffix("/manifest.json") }
        let manifest = try manifests.first {
            try String(contentsOfFile: "\(archive)/\($0)", encoding: .utf8)
                .contains("\"batch\" : \"\(batch)\"")
        }
        return "\(archive)/\(try #require(manifest))".replacing("manifest.json", with: "results.jsonl.zst")
    }

    /// Overwrites a page in the middle of the database.
    func tearIndex() throws {
        let root = try DatabaseQueue(path: "\(state)/batchd.db").read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'event_workload'")
        }
        let file = try FileHandle(forUpdating: URL(filePath: "\(state)/batchd.db"))
        try file.seek(toOffset: UInt64((try #require(root) - 1) * 4096))
        try file.write(contentsOf: Data(repeating: 0x5A, count: 4096))
        try file.close()
    }

    /// Size, time and content of every file.
    func facts() throws -> [String: [AnyHashable]] {
        var facts: [String: [AnyHashable]] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            facts[path] = [
                attributes[.size] as? Int, attributes[.modificationDate] as? Date,
                FileManager.default.contents(atPath: "\(folder)/\(path)"),
            ]
        }
        return facts
    }
}

extension Site {
    /// Runs `batchctl audit --offline`.
    func offline(state: String, archive: String, _ more: String...) async throws -> Answer {
        try await judge(
            "\(Self.programs)/batchctl",
            ["audit", "--offline", "--state", state, "--archive", archive] + more)
    }
}

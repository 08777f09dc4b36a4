import Foundation
import Subprocess
import SystemPackage
import Testing

/// `doctor`, before and beside a daemon.
@Suite(.serialized) struct DoctorTests {
    @Test func aSoundDaemonIsWellAndAStoppedOneIsNamed() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                let well = try await site.ctl("doctor")
                #expect(well.code == 0, "\(well.output)")
                #expect(well.output.contains("All is well."), "\(well.output)")
                let checks = try checks(of: try await site.ctl("doctor", "-o", "json"))
                #expect(checks.count >= 9 && checks.allSatisfy { $0.value == "ok" }, "\(checks)")
            }
            let alone = try await site.doctor()
            #expect(alone.code == 6)
            #expect(alone.output.contains("systemctl start batchd"), "\(alone.output)")
            // What needs no daemon was looked at all the same, the counted reads included.
            #expect(alone.output.contains("GETs are made this month"), "\(alone.output)")
        }
    }

    @Test func aKeyThatStripeRefusesIsNamedAndTheLookIsCounted() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                try await site.simulator.inject(
                    #"{"wire":[{"on":"retrieve","action":"status","status":401,"probability":1}]}"#)
                let before = try await site.reads()
                let answer = try await site.ctl("doctor")
                #expect(answer.code == 2, "\(answer.output)")
                #expect(
                    answer.output.contains("put a valid key into the file of accounts.main.api_key_file"),
                    "\(answer.output)")
                #expect(try await site.reads() == before + 1)
            }
        }
    }

    @Test(arguments: Misconfiguration.allCases)
    func eachMisconfigurationIsFoundAndItsRemedyNamed(planted: Misconfiguration) async throws {
        try await Site.with { site in
            let environment = try planted.plant(in: site)
            let answer = try await site.doctor(planted.arguments(site), environment: environment)
            let report = try answer.json()
            let found = try #require(report["checks"] as? [[String: Any]])
                .filter { ($0["name"] as? String)?.hasPrefix(planted.check) ?? false }
            let states = found.compactMap { $0["state"] as? String }
            #expect(states.contains(planted.isWarning ? "warn" : "fail"), "\(answer.output)")
            let remedies = found.compactMap { $0["remedy"] as? String }
            #expect(remedies.contains { $0.contains(planted.remedy) }, "\(answer.output)")
            #expect(answer.code == planted.exit, "\(answer.output)")
            #expect(!answer.output.contains("sk_live_secret") && !answer.output.contains("sk_test_local"))
        }
    }
}

/// What a person gets wrong. No daemon runs, so that exit 6 means that nothing else failed.
enum Misconfiguration: CaseIterable {
    case mistypedKey, noQueue, noKeyFile, sharedKeyFile, publishableKey, keyInConfiguration, liveKey,
        testKeyForLive
    case unreachable, unknownVersion, wrongClock, noRoom, stateIsAFile, archiveIsOpen, wrongSocket
    case inboxIsAFile, inboxIsOpen, inboxOfNoQueue, inboxElsewhere

    var check: String {
        switch self {
        case .mistypedKey, .noQueue: "config"
        case .noKeyFile, .sharedKeyFile, .publishableKey, .keyInConfiguration, .liveKey, .testKeyForLive:
            "key"
        case .unreachable, .unknownVersion: "stripe main"
        case .wrongClock: "clock"
        case .noRoom: "disk"
        case .stateIsAFile: "state"
        case .archiveIsOpen: "archive"
        case .wrongSocket: "socket"
        case .inboxIsAFile, .inboxIsOpen, .inboxOfNoQueue, .inboxElsewhere: "inbox"
        }
    }

    var isWarning: Bool {
        [.sharedKeyFile, .testKeyForLive, .archiveIsOpen, .inboxIsOpen, .inboxOfNoQueue].contains(self)
    }

    var remedy: String {
        switch self {
        case .mistypedKey, .noQueue: "batchd check --config"
        case .noKeyFile: "with mode 600"
        case .sharedKeyFile: "chmod 600"
        case .publishableKey: "put the secret key"
        case .keyInConfiguration: "write the key into a file"
        case .liveKey: "livemode: true"
        case .testKeyForLive: "livemode: false"
        case .unreachable: "accounts.main.api_base"
        case .unknownVersion: "accounts.main.api_version"
        case .wrongClock: "timedatectl set-ntp true"
        case .noRoom: "storage.min_free"
        case .stateIsAFile: "storage.state_dir"
        case .archiveIsOpen: "chmod 700"
        case .wrongSocket: "control.socket: "
        case .inboxIsAFile: "give inbox another path"
        case .inboxIsOpen: "chmod o-w"
        case .inboxOfNoQueue: "the folder of a queue: update-customers"
        case .inboxElsewhere: "replace the link by a folder"
        }
    }

    var exit: Int {
        switch self {
        case .mistypedKey, .noQueue, .noKeyFile, .publishableKey, .keyInConfiguration, .liveKey,
            .stateIsAFile, .inboxIsAFile, .inboxElsewhere:
            2
        case .noRoom: 5
        // Their warnings, or their failures, come after the daemon that does not run.
        case .sharedKeyFile, .testKeyForLive, .unreachable, .unknownVersion, .wrongClock, .archiveIsOpen,
            .wrongSocket, .inboxIsOpen, .inboxOfNoQueue:
            6
        }
    }

    func arguments(_ site: Site) -> [String] {
        self == .wrongSocket ? ["--socket", "\(site.folder)/elsewhere.sock"] : []
    }

    /// Makes the mistake, and answers what the environment adds to it.
    func plant(in site: Site) throws -> [Subprocess.Environment.Key: String?] {
        let files = FileManager.default
        func edit(_ old: String, _ new: String) throws {
            let text = try String(contentsOfFile: site.config, encoding: .utf8)
            try #require(text.contains(old))
            try text.replacing(old, with: new).write(toFile: site.config, atomically: true, encoding: .utf8)
        }
        func key(_ text: String) throws {
            // In place, so that its permissions stay.
            try Data(text.utf8).write(to: URL(filePath: "\(site.folder)/key"))
        }
        switch self {
        case .mistypedKey: try edit("max_concurrent_jobs", "max_concurent_jobs")
        case .noQueue: try edit("endpoint: POST", "endpoint: PAST")
        case .noKeyFile: try files.removeItem(atPath: "\(site.folder)/key")
        case .sharedKeyFile:
            try files.setAttributes([.posixPermissions: 0o644], ofItemAtPath: "\(site.folder)/key")
        case .publishableKey: try key("pk_test_1")
        case .keyInConfiguration: try edit("api_key_file: key", "api_key_file: sk_test_local")
        case .liveKey: try key("sk_live_secret")
        case .testKeyForLive:
            // Real data is for https alone; nobody answers there, which does not matter here.
            try edit(site.simulator.url, "https://127.0.0.1:1\n    livemode: true")
        case .unreachable: try edit(site.simulator.url, "http://127.0.0.1:1")
        case .unknownVersion: try edit("api_key_file", "api_version: 2020-01-01.preview\n    api_key_file")
        case .wrongClock: return ["BATCHD_CLOCK": "2026-01-01T00:00:00Z*1"]
        case .noRoom: try edit("min_free: 1MB", "min_free: 900000TB")
        case .stateIsAFile: try Data().write(to: URL(filePath: "\(site.folder)/state"))
        case .archiveIsOpen:
            try files.createDirectory(
                atPath: site.archive, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o755])
        case .wrongSocket: break
        case .inboxIsAFile, .inboxIsOpen, .inboxOfNoQueue, .inboxElsewhere: try plantInbox(in: site)
        }
        return [:]
    }

    private func plantInbox(in site: Site) throws {
        let files = FileManager.default
        let inbox = "\(site.folder)/inbox"
        try site.append("inbox: \(inbox)")
        func make(_ path: String, mode: Int = 0o700) throws {
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
            // Whatever the umask of who runs this is.
            try files.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        switch self {
        case .inboxIsAFile: try Data().write(to: URL(filePath: inbox))
        case .inboxIsOpen: try make(inbox, mode: 0o777)
        case .inboxOfNoQueue: try make("\(inbox)/update-costumers")
        default:
            // A disk of its own.
            try make("\(inbox)/update-customers")
            try files.createSymbolicLink(
                atPath: "\(inbox)/update-customers/accepted", withDestinationPath: "/dev/shm")
        }
    }
}

extension Site {
    /// The GETs that were counted this month.
    fileprivate func reads() async throws -> Int {
        let status = try await ctl("status", "-o", "json").json()
        let reads = try #require(status["reads"] as? [[String: Any]])
        return try #require(reads.first?["made"] as? Int)
    }

    /// Runs `batchctl doctor` on the configuration.
    fileprivate func doctor(
        _ arguments: [String] = [], environment: [Subprocess.Environment.Key: String?] = [:]
    ) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(FilePath("\(Self.programs)/batchctl")),
            arguments: Arguments(["doctor", "--config", config, "-o", "json"] + arguments),
            environment: .inherit.updating(environment), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else { throw Failure("batchctl was killed") }
        return Answer(code: Int(code), output: result.standardOutput, errors: result.standardError)
    }
}

/// The states of the checks, by their names.
private func checks(of answer: Answer) throws -> [String: String] {
    let checks = try #require(try answer.json()["checks"] as? [[String: Any]])
    return Dictionary(
        checks.map { ($0["name"] as? String ?? "", $0["state"] as? String ?? "") }, uniquingKeysWith: { $1 })
}

import Env
import Foundation
import Testing

/// The rules of the house that a compiler does not check.
@Suite struct TidyTests {
    private let sources = Tree(below: "Sources")
    private let tests = Tree(below: "Tests")

    @Test func modulesImportOnlyWhatTheMapAllows() {
        for file in sources.files {
            guard let allowed = Rules.imports[file.module] else {
                Issue.record("\(file.path): no line in Rules.imports for \(file.module)")
                continue
            }
            for module in file.imports where !allowed.contains(module) {
                Issue.record("\(file.path): imports \(module)")
            }
        }
    }

    @Test func timeAndChanceComeFromEnv() {
        for file in sources.files where !Rules.ownClock.contains(file.module) {
            for (number, line) in file.code where line.containsAny(of: Rules.clockOrChance) {
                Issue.record("\(file.path):\(number): clock or chance outside Env")
            }
        }
    }

    @Test func concurrencyIsStructured() {
        for file in sources.files {
            for (number, line) in file.code where line.containsAny(of: Rules.unstructured) {
                Issue.record("\(file.path):\(number): \(line.trimmingCharacters(in: .whitespaces))")
            }
        }
    }

    @Test func filesAreShort() {
        for file in sources.files + tests.files where file.lines.count > 400 {
            Issue.record("\(file.path): \(file.lines.count) lines")
        }
    }

    @Test func functionsAreShort() {
        for file in sources.files {
            for function in file.functions where function.length > 70 {
                Issue.record("\(file.path):\(function.line): \(function.length) lines")
            }
        }
    }

    @Test func packageDeclarationsAreDocumented() {
        for file in sources.files {
            for line in file.undocumentedDeclarations {
                Issue.record("\(file.path):\(line): a package declaration without a comment")
            }
        }
    }

    @Test func sqlIsWrittenInTheStoreAlone() {
        for file in sources.files where file.module != "BatchStore" {
            for (number, line) in file.code where line.containsAny(of: Rules.sql) {
                Issue.record("\(file.path):\(number): SQL outside BatchStore")
            }
        }
    }

    @Test func everyFaultPointIsPassedSomewhere() {
        let text = sources.files.filter { $0.path != "Sources/Env/FaultPoint.swift" }.flatMap(\.lines)
        for point in FaultPoint.allCases
        where !text.contains(where: { $0.contains(".\(point))") || $0.contains("= .\(point)") }) {
            Issue.record("nothing passes \(point)")
        }
    }

    @Test func theTopLevelHoldsNothingElse() throws {
        let allowed = [
            "Package.swift", "Package.resolved", "Sources", "Tests", "config", "systemd", "README.md",
            "Makefile",
            "LICENSE", "CHANGELOG.md",
        ]
        for name in try FileManager.default.contentsOfDirectory(atPath: Tree.root)
        where !name.hasPrefix(".") && !allowed.contains(name) {
            Issue.record("\(name) does not belong at the top level")
        }
    }
}

private enum Rules {
    static let imports: [String: Set<String>] = [
        "BatchCore": [],
        "Env": ["BatchCore", "Dispatch", "Glibc", "Synchronization"],
        "BatchStore": [
            "BatchCore", "Foundation", "FoundationEssentials", "GRDB", "GRDBSQLite", "Synchronization",
        ],
        "Spool": [
            "BatchCore", "CZstd", "Crypto", "Dispatch", "Env", "FoundationEssentials", "Glibc",
            "Synchronization",
        ],
        "StripeBatch": [
            "AsyncHTTPClient", "BatchCore", "Env", "FoundationEssentials", "Glibc", "NIOCore", "NIOHTTP1",
            "NIOPosix",
            "NIOSSL", "Synchronization",
        ],
        "Orchestration": [
            "BatchCore", "BatchStore", "CoreMetrics", "Crypto", "Env", "Logging", "ServiceLifecycle", "Spool",
            "StripeBatch", "Synchronization",
        ],
        "ControlAPI": [],
        "BatchDaemon": [
            "BatchCore", "BatchStore", "ControlAPI", "CoreMetrics", "Crypto", "Dispatch", "Env", "Foundation",
            "FoundationEssentials", "Glibc",
            "HTTPServing", "HTTPTypes", "Hummingbird", "HummingbirdCore", "Logging", "NIOCore", "NIOHTTP1",
            "NIOPosix",
            "Orchestration",
            "ServiceLifecycle",
            "Spool", "StripeBatch", "Synchronization", "UnixSignals", "Yams",
        ],
        "HTTPServing": ["HummingbirdCore", "Logging", "NIOCore", "Synchronization"],
        "batchd": ["ArgumentParser", "BatchDaemon", "ControlAPI", "Env", "Foundation", "Glibc", "Logging"],
        "BatchCommands": [
            "ArgumentParser", "AsyncHTTPClient", "ControlAPI", "Dispatch", "Foundation",
            "FoundationEssentials", "Glibc", "NIOCore", "NIOHTTP1", "NIOPosix", "Synchronization",
        ],
        "batchctl": ["BatchCommands", "Glibc"],
        "StripeSimulator": [
            "AsyncHTTPClient", "Crypto", "Foundation", "FoundationEssentials", "Glibc", "HTTPServing",
            "HTTPTypes",
            "Hummingbird", "Logging", "NIOCore", "NIOHTTP1", "NIOPosix", "ServiceLifecycle",
            "Synchronization", "UnixSignals",
        ],
        "batchsim": [
            "ArgumentParser", "Foundation", "FoundationEssentials", "Glibc", "Logging", "ServiceLifecycle",
            "StripeSimulator", "Subprocess", "SystemPackage",
        ],
        "batchbench": [
            "ArgumentParser", "BatchCore", "BatchStore", "CYardstick", "CZstd", "Crypto", "Env", "Foundation",
            "Glibc", "Logging", "Orchestration", "Spool", "StripeBatch", "Subprocess", "Synchronization",
            "SystemPackage",
        ],
    ]

    /// The simulator's clock is its own, the command line is a person's, the benchmark's is its purpose, and Env is
    /// where the others get theirs.
    static let ownClock: Set<String> = ["Env", "StripeSimulator", "batchsim", "BatchCommands", "batchbench"]

    static let clockOrChance = [
        "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator", "UUID()",
        "Task.sleep", "clock_gettime",
    ]
    static let unstructured = ["@unchecked Sendable", "nonisolated(unsafe)", "Task.detached", " Task {"]
    static let sql = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "]
}

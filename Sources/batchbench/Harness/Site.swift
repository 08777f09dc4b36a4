import Env
import Foundation
import Subprocess

/// Where a run works, and whom it runs.
struct Site: Sendable {
    let folder: String
    let rows: Int
    let order: TestData.Order
    let only: Set<String>
    /// For the whole: a Python with the official SDK; empty to leave its peer out.
    let python: String
    /// The folder of the peers' scripts.
    let peers: String

    private var data: TestData { TestData(rows: rows, order: order, folder: "\(folder)/data") }

    /// Runs `body` with a folder of its own below `folder`, which is gone afterwards.
    static func withFolder<Value>(in folder: String, _ body: (String) async throws -> Value) async throws
        -> Value
    {
        let own = "\(folder)/batchbench-\(getpid())"
        try FileSystem.makeFolders(own)
        defer {
            do { try FileManager.default.removeItem(atPath: own) } catch {
                say("\(own) is still there: \(error)")
            }
        }
        return try await body(own)
    }

    /// Runs every contestant once. Every other round goes backwards, so that a machine that gets slower or faster
    /// does not favour anybody.
    func round(reversed: Bool) async throws -> [Sample] {
        var samples = try await withServer { server in
            var samples: [Sample] = []
            let names: [Contestant.Name] = [
                .pipeline, .obvious, .ours, .named, .hashed, .copy, .compress, .client,
            ]
            for name in reversed ? names.reversed() : names where isWanted(name.rawValue) {
                samples += try await child(name, server: server)
            }
            if isWanted("curl") { samples += try await Transfer.curl(data, server: server) }
            return samples
        }
        if isWanted("https") { samples += try await overTLS() }
        if isWanted("whole") { samples += try await inOwnFolder { try await $0.daemon() } }
        if isWanted("usual"), !python.isEmpty { samples += try await inOwnFolder { try await $0.usual() } }
        if isWanted("watching") {
            samples += try await inOwnFolder { whole in
                let state = "\(whole.folder)/state"
                try FileSystem.makeFolders(state)
                let planned = try await Child.measure(arguments(.watching, state))
                return planned + (try await whole.start())
            }
        }
        return samples
    }

    /// Runs the real programs in a folder that is gone afterwards.
    private func inOwnFolder(_ body: (Whole) async throws -> [Sample]) async throws -> [Sample] {
        let own = "\(folder)/whole"
        try FileSystem.makeFolders(own)
        let whole = Whole(
            data: data, folder: own, programs: FileSystem.folder(of: try Child.program), python: python,
            script: "\(peers)/usual.py")
        let samples = try await body(whole)
        try FileManager.default.removeItem(atPath: own)
        for sample in samples { say(sample.line) }
        return samples
    }

    private func isWanted(_ name: String) -> Bool { only.isEmpty || only.contains(name) }

    /// Runs one contestant in a folder that is gone afterwards.
    func child(_ name: Contestant.Name, server: String = "") async throws -> [Sample] {
        let own = "\(folder)/work"
        try FileSystem.makeFolders(own)
        let samples = try await Child.measure(
            arguments(name, own) + (server.isEmpty ? [] : ["--server", server]))
        try FileManager.default.removeItem(atPath: own)
        for sample in samples { say(sample.line) }
        return samples
    }

    private func arguments(_ name: Contestant.Name, _ own: String) -> [String] {
        [
            "contestant", name.rawValue, "--rows", "\(rows)", "--order", order.rawValue,
            "--data", data.folder, "--folder", own,
        ]
    }

    private func withServer<Value: Sendable>(_ body: @Sendable (String) async throws -> Value) async throws
        -> Value
    {
        let own = "\(folder)/serve"
        try FileSystem.makeFolders(own)
        return try await Child.around(
            try Child.program, arguments(.serve, own), log: "\(own)/log", endedBy: .kill
        ) { _ in
            let port = try await port(announcedIn: own)
            return try await body("http://127.0.0.1:\(port)")
        }
    }

    /// The transfers once more, encrypted; nothing where certificates cannot be made or trusted.
    private func overTLS() async throws -> [Sample] {
        let own = "\(folder)/tls"
        try FileSystem.makeFolders(own)
        let certificate = "\(own)/certificate.pem"
        guard !python.isEmpty, try await Transfer.makeCertificate(certificate, key: "\(own)/key.pem") else {
            say("  HTTPS is left out: it takes openssl and Python")
            return []
        }
        let samples = try await Child.around(
            python, ["\(peers)/tls.py", data.results, certificate, "\(own)/key.pem", "\(own)/port"],
            log: "\(own)/log", endedBy: .kill
        ) { _ in
            let server = "https://localhost:\(try await port(announcedIn: own))"
            let client = try await Child.measure(
                arguments(.client, own) + ["--server", server], wrapper: Transfer.trusting(certificate))
            return client + (try await Transfer.curl(data, server: server, certificate: certificate))
        }
        for sample in samples { say(sample.line) }
        return samples
    }

    private func port(announcedIn folder: String) async throws -> String {
        let path = "\(folder)/port"
        let port = try await eventually("a server listens") {
            FileSystem.exists(path) ? String(decoding: try FileSystem.contents(of: path), as: UTF8.self) : nil
        }
        try FileSystem.removeFile(path)
        return port
    }
}

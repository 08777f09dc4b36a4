import Foundation
import Subprocess
import SystemPackage
import Testing

private let activator = "/usr/bin/systemd-socket-activate"
private let hasActivator = FileManager.default.isExecutableFile(atPath: activator)
private let isRoot = getuid() == 0

/// The control socket: whose it is, and who may do what through it.
@Suite(.serialized) struct SocketTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test(.enabled(if: hasActivator)) func aSocketOfSystemdsIsServedAndLeftInPlace() async throws {
        try await Site.with { site in
            let socket = "\(site.folder)/systemd.sock"
            let code = try await Process.run(
                activator,
                [
                    "--listen=\(socket)", "--fdname=control", "\(Site.programs)/batchd", "run", "--config",
                    site.config,
                ], log: site.daemonLog
            ) { process in
                try await awaitFact("systemd listens") { exists(socket) }
                // The call that starts the daemon is answered by it.
                let first = try await site.judge(
                    "\(Site.programs)/batchctl", ["status", "--socket", socket])
                #expect(first.code == 0, "\(first.errors)")
                let input = try site.input("rows.jsonl", Rows.updates(300))
                let done = try await site.judge(
                    "\(Site.programs)/batchctl",
                    ["submit", "update-customers", input, "--wait", "--socket", socket])
                #expect(done.code == 0, "\(done.errors)")
                #expect(!exists(site.socket), "it made one of its own beside it")
                try process.send(signal: .terminate)
            }
            #expect(code == 0)
            #expect(exists(socket), "the socket is systemd's")
        }
    }

    @Test func aStopFinishesOpenRequestsAndTakesItsOwnSocketAlong() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                let input = try site.input("rows.jsonl", Rows.updates(20_000))
                _ = try await site.ctl("pause", "ALL")
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
            }
            #expect(!exists(site.socket))
        }
    }

    @Test func whatIsInTheWayAndIsNoSocketStays() async throws {
        try await Site.with { site in
            try "precious".write(toFile: site.socket, atomically: true, encoding: .utf8)
            let ended = try await site.daemonEnds()
            #expect(ended.code == 1)
            #expect(ended.log.contains("is no socket, and is left alone"), "\(ended.log)")
            #expect(try String(contentsOfFile: site.socket, encoding: .utf8) == "precious")
        }
    }

    @Test(.enabled(if: isRoot)) func whoMayLookMayNotChangeAnythingUnlessTheirGroupSaysSo() async throws {
        try await Site.with { site in
            try String(contentsOfFile: site.config, encoding: .utf8)
                .replacing("  socket: ", with: "  admin_group: daemon\n  socket_mode: \"0666\"\n  socket: ")
                .write(toFile: site.config, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: site.folder)
            func ask(_ groups: String, _ method: String, _ path: String) async throws -> String {
                try await site.judge(
                    "setpriv",
                    [
                        "--reuid=65534", "--regid=65534", groups, "curl", "-sS", "-X", method,
                        "--unix-socket", site.socket, "http://localhost\(path)",
                    ]
                ).output
            }
            try await site.withDaemon { _ in
                #expect(try await ask("--clear-groups", "GET", "/v1/status").contains("\"daemon\""))
                let refused = try await ask("--clear-groups", "POST", "/v1/pause?reason=mischief")
                #expect(refused.contains("not_permitted"), "\(refused)")
                #expect(refused.contains("nobody (uid 65534) may look"), "\(refused)")
                let stranger = try await ask("--groups=2,3", "POST", "/v1/backup")
                #expect(stranger.contains("not_permitted"), "\(stranger)")
                let member = try await ask("--groups=2,1", "POST", "/v1/pause?reason=lunch")
                #expect(member.contains("\"daemon\""), "\(member)")
                #expect(try await site.ctl("resume", "ALL").code == 0)

                let events = try await site.ctl("events", "-o", "json").jsonLines()
                #expect(events.map { $0["kind"] as? String } == ["paused", "resumed"])
                #expect(events.map { $0["uid"] as? Int } == [65534, 0])
                #expect(events.map { $0["user"] as? String } == ["nobody", "root"])
                #expect(try await site.ctl("events").output.contains("paused  by nobody  ALL: lunch"))
            }
        }
    }
}

import Foundation
import Subprocess
import Testing

/// The history, followed as it grows.
@Suite(.serialized) struct EventsTests {
    @Test func eventsAreFollowedAsTheyComeUntilTheDaemonStops() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(300))
            let log = "\(site.folder)/events.log"
            let code = try await withThrowingTaskGroup(of: Int.self) { group in
                try await site.withDaemon { _ in
                    group.addTask { try await follow(site, to: log) { _ in } }
                    #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                    try await awaitFact("the end of w1 was followed") {
                        try events(in: log).contains { $0["kind"] as? String == "finished" }
                    }
                }
                return try await group.next()
            }
            #expect(code == 0)
            let said = try String(contentsOfFile: log, encoding: .utf8)
            #expect(said.contains("The daemon stopped. Go on with: batchctl events -f --since"), "\(said)")
            // Each once and in order, whether it was there before or came later.
            let seqs = try events(in: log).compactMap { $0["seq"] as? Int }
            #expect(seqs == Array(1...max(1, seqs.count)))
        }
    }

    @Test func followingOneWorkloadEndsAtCtrlC() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                let log = "\(site.folder)/events.log"
                let input = try site.input("rows.jsonl", Rows.updates(10))
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let code = try await follow(site, to: log, "w1") { process in
                    try await awaitFact("what was there is printed") {
                        try events(in: log).contains { $0["kind"] as? String == "finished" }
                    }
                    try process.send(signal: .interrupt)
                }
                #expect(code == 130)
                #expect(try events(in: log).allSatisfy { $0["workload"] as? String == "w1" })
                #expect(try await site.ctl("status").code == 0)
            }
        }
    }

    @Test func aClientThatHangsUpIsForgotten() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                try await awaitFact("nobody is connected") { try connections(to: site.socket) == 0 }
                let log = "\(site.folder)/events.log"
                try await follow(site, to: log) { process in
                    try await awaitFact("it is connected") { try connections(to: site.socket) == 1 }
                    try process.send(signal: .kill)
                }
                try await awaitFact("its connection is closed") { try connections(to: site.socket) == 0 }
            }
        }
    }
}

@discardableResult
private func follow(
    _ site: Site, to log: String, _ id: String? = nil, _ body: (Process.Handle) async throws -> Void
) async throws -> Int {
    let arguments = ["events", "-f", "-o", "json", "--socket", site.socket] + (id.map { [$0] } ?? [])
    return try await Process.run("batchctl", arguments, log: log, body)
}

/// The lines of a log that are events.
private func events(in log: String) throws -> [[String: Any]] {
    guard let text = try? String(contentsOfFile: log, encoding: .utf8) else { return [] }
    // The last line may be half written.
    return text.split(separator: "\n").compactMap {
        try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
}

/// How many connections a listener has accepted and holds: proc_net(5), where they bear its path and state 3.
private func connections(to socket: String) throws -> Int {
    try String(contentsOfFile: "/proc/net/unix", encoding: .utf8).split(separator: "\n").count { line in
        let fields = line.split(separator: " ")
        return fields.count == 8 && fields[7] == socket && fields[5] == "03"
    }
}

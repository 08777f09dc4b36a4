import ControlAPI
import Foundation
import Glibc
import Testing

@testable import BatchDaemon

/// Clients of the control socket that are broken, careless or hostile.
@Suite(.serialized) struct HostileClientTests {
    private static func request(_ target: String, headers: [String] = []) -> String {
        (["GET \(target) HTTP/1.1", "Host: x", "Connection: close"] + headers + ["", ""]).joined(
            separator: "\r\n")
    }

    private func isAlive(_ world: DaemonWorld) async throws -> Bool {
        try await world.get("/healthz").text == "ok\n"
    }

    private static let garbage = [
        "\r\n\r\n\r\n", "GET", "GET /", "\0\0\0\0", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /healthz HTTP/9.9\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n", "get /healthz\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /v1/workloads?queue=customers HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/workloads?queue=customers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: x\r\n\r\n", "GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET //%00/..%2f..%2fetc HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /v1/workloads?%=%&&=&% HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGARBAGE\0\r\n\r\n",
    ]

    @Test func garbageIsRefusedOrIgnoredAndHarmsNobody() async throws {
        try await DaemonWorld.run { world in
            for text in Self.garbage {
                let answer = try await world.sendAndHangUp(text)
                #expect(answer.isEmpty || answer.hasPrefix("HTTP/1."), "\(text.debugDescription): \(answer)")
                #expect(!answer.contains("HTTP/1.1 500"), "\(text.debugDescription): \(answer)")
            }
            #expect(try await isAlive(world))
            #expect(try await world.get("/v1/workloads").document(List<Workload>.self).data.isEmpty)
        }
    }

    @Test func headersUpToTheLimitAreReadAndLongerOnesAreNot() async throws {
        try await DaemonWorld.run { world in
            func field(_ bytes: Int) -> String { "X-A: " + String(repeating: "a", count: bytes) }
            let fields = ControlLimits.fields - 2
            let cases: [(headers: [String], isRead: Bool)] = [
                ([field(ControlLimits.fieldBytes)], true),
                ([field(ControlLimits.fieldBytes + 1)], false),
                ((0..<fields).map { "X-\($0): a" }, true),
                ((0...fields).map { "X-\($0): a" }, false),
                (Array(repeating: field(8000), count: 4), true),
                (Array(repeating: field(8000), count: 5), false),
            ]
            for (number, (headers, isRead)) in cases.enumerated() {
                let answer = try await world.sendAndHangUp(Self.request("/healthz", headers: headers))
                #expect(answer.hasPrefix("HTTP/1.1 200") == isRead, "\(number): \(answer.prefix(80))")
            }
            #expect(try await isAlive(world))
        }
    }

    @Test func whatIsNotKnownIsRefusedWithTheNearestName() async throws {
        try await DaemonWorld.run { world in
            let calls: [(String, String, String?)] = [
                ("/v1/workloads?queu=customers", "unknown_parameter", "Did you mean queue?"),
                ("/v1/workloads?" + String(repeating: "q", count: 4000), "unknown_parameter", nil),
                ("/v1/events?sinc=3", "unknown_parameter", "Did you mean since?"),
                ("/v1/events?since=-1", "bad_parameter", nil),
                ("/v1/events?since=99999999999999999999", "bad_parameter", nil),
                ("/v1/workloads/w99999999999999999999", "not_found", nil),
                ("/v1/workloads/w2147483648", "not_found", nil),
                ("/v1/batches/b-1", "not_found", nil),
                ("/v1/jobs/" + String(repeating: "j", count: 4000), "not_found", nil),
            ]
            for (path, code, hint) in calls {
                let answer = try await world.get(path)
                #expect(try answer.error().first == code, "\(path.prefix(60))")
                if let hint { #expect(try answer.error()[2] == hint) }
                #expect(answer.text.utf8.count < 1000)
            }
        }
    }

    @Test func aWordOfOneEndlessCharacterIsShownInPart() async throws {
        let word = "e" + String(repeating: "\u{301}", count: 3000)
        #expect(Refusal.shown(word).unicodeScalars.count < 70)
        #expect(Word(text: word, isPlain: true).shown.unicodeScalars.count < 70)
    }

    @Test func aLineAtTheLimitIsTakenAndALongerOneIsNamed() async throws {
        try await DaemonWorld.run { world in
            func line(_ bytes: Int) -> String {
                let start = #"{"id":"a","path_params":{"customer":"c"},"params":{"x":""#
                return start + String(repeating: "x", count: bytes - start.utf8.count - 3) + "\"}}\n"
            }
            let long = try await world.post("/v1/workloads?queue=customers", line(1_000_001))
            #expect(try long.document(ErrorBody.self).error.details?.map(\.column) == [1_000_001])
            let endless = String(repeating: "x", count: 20_000_000)
            let skipped = try await world.post("/v1/workloads?queue=customers", endless)
            #expect(
                try skipped.document(ErrorBody.self).error.details?.map(\.reason) == [
                    "the line has 20000000 bytes; the limit is 1000000"
                ])
            #expect(try await world.post("/v1/workloads?queue=customers", line(1_000_000)).status == 201)
        }
    }

    @Test func clientsThatSayNothingWaitInLineAndTheNextIsServedWhenOneEnds() async throws {
        try await DaemonWorld.run { world in
            let path = world.folder.path + "/control.sock"
            let (wasServed, hadToWait, wasServedAfterwards) = try await blocking {
                // Some more than there may be: connections are accepted a handful at a time.
                let silent = try (0..<ControlLimits.connections + 32).map { _ in try SilentClient(path) }
                let answer = try silent[0].ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                let late = try SilentClient(path)
                try late.send(Self.request("/healthz"))
                let hadToWait = !late.hasAnswer(within: 200)
                for client in silent.dropFirst() { client.hangUp() }
                return (answer.hasPrefix("HTTP/1.1 200"), hadToWait, late.hasAnswer(within: 30_000))
            }
            #expect(wasServed)
            #expect(hadToWait)
            #expect(wasServedAfterwards)
            #expect(try await isAlive(world))
        }
    }

    @Test func manyRequestsInOneWriteAreAnsweredInTheirOrder() async throws {
        try await DaemonWorld.run { world in
            let one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
            let answer = try await world.sendAndHangUp(
                String(repeating: one, count: 50) + Self.request("/v1/nothing"))
            #expect(answer.components(separatedBy: "HTTP/1.1 200").count == 51)
            #expect(answer.components(separatedBy: "HTTP/1.1 404").count == 2)
        }
    }
}

/// A connection to a Unix socket, used by hand.
private final class SilentClient: Sendable {
    private let channel: Int32

    init(_ path: String) throws {
        channel = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard UnixName(path).use({ connect(channel, $0, $1) }) == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    func send(_ text: String) throws {
        guard write(channel, text, text.utf8.count) == text.utf8.count else { throw POSIXError(.EPIPE) }
    }

    /// Sends, and reads the first piece of the answer.
    func ask(_ text: String) throws -> String {
        try send(text)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(channel, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func hasAnswer(within milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: channel, events: Int16(POLLIN), revents: 0)
        return poll(&wanted, 1, milliseconds) > 0
    }

    func hangUp() { shutdown(channel, Int32(SHUT_RDWR)) }

    deinit { close(channel) }
}

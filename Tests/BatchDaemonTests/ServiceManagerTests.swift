import BatchDaemon
import Glibc
import Testing

@Suite struct ServiceManagerTests {
    @Test(arguments: [false, true])
    func messagesArriveAtTheNamedSocket(abstract: Bool) throws {
        let folder = try TemporaryFolder()
        let name = abstract ? "@" + folder.path : folder.path + "/notify"
        let channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(channel) }
        let bound = UnixName(name).use { bind(channel, $0, $1) }
        try #require(bound == 0)

        let manager = ServiceManager(environment: ["NOTIFY_SOCKET": name])
        manager.ready(status: "2 queues,\nidle")
        manager.status("working")
        manager.stopping(status: "bye")
        let messages = (0..<3).map { _ in
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = recv(channel, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
        #expect(messages == ["READY=1\nSTATUS=2 queues, idle", "STATUS=working", "STOPPING=1\nSTATUS=bye"])
    }

    @Test func withoutAListenerNothingHappens() {
        ServiceManager(environment: [:]).ready(status: "")
        ServiceManager(environment: ["NOTIFY_SOCKET": "/no/such/socket"]).ready(status: "")
        ServiceManager(environment: ["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 300)]).ready(
            status: "")
    }

    @Test func theWatchdogsPatienceIsReadWhenItIsMeantForUs() {
        func patience(_ environment: [String: String]) -> Duration? {
            ServiceManager(environment: environment, pid: 7).patience
        }
        #expect(patience(["WATCHDOG_USEC": "180000000"]) == .seconds(180))
        #expect(patience(["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "7"]) == .milliseconds(1))
        #expect(patience(["WATCHDOG_USEC": "1000", "WATCHDOG_PID": "8"]) == nil)
        #expect(patience(["WATCHDOG_USEC": "0"]) == nil)
        #expect(patience([:]) == nil)
    }

    @Test func theDaemonSaysWhatItDoesAndThatItIsAlive() async throws {
        // Asked every 20 milliseconds.
        try await DaemonWorld.run(environment: ["WATCHDOG_USEC": "60000"]) { world in
            try await world.notices.wait(for: "WATCHDOG=1")
            _ = try await world.post("/v1/pause")
            _ = try await world.post("/v1/workloads?queue=customers", ControlTests.rows(3))
            try await world.notices.wait(
                for: "STATUS=0 jobs at Stripe, 3 of 3 rows left; All that is left to do is paused.")
            try await world.notices.wait(for: "WATCHDOG=1")
        }
    }
}

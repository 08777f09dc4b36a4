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
}

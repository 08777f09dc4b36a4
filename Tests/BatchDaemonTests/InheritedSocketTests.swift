import BatchDaemon
import Testing

@Suite struct InheritedSocketTests {
    private func find(_ environment: [String: String]) throws -> Int32? {
        try InheritedSockets.named("control", environment: environment, pid: 7)
    }

    @Test func withoutAHandoverThereIsNone() throws {
        #expect(try find([:]) == nil)
        #expect(try find(["LISTEN_FDS": "1", "LISTEN_FDNAMES": "control"]) == nil)
        #expect(try find(["LISTEN_PID": "8", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "control"]) == nil)
        #expect(try find(["LISTEN_PID": "7", "LISTEN_FDS": "0"]) == nil)
        #expect(try find(["LISTEN_PID": "7", "LISTEN_FDS": "-3", "LISTEN_FDNAMES": "control"]) == nil)
        #expect(
            try find(["LISTEN_PID": "7", "LISTEN_FDS": "99999999999", "LISTEN_FDNAMES": "control"]) == nil)
    }

    @Test func aSocketUnitWithoutTheNameIsNamed() {
        let error = #expect(throws: InheritedSocketError.self) {
            try find(["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:unknown"])
        }
        #expect(error == .nameless("control", names: ["web", "unknown"]))
        #expect(error?.description.contains("FileDescriptorName=control") == true)
        // A name beyond the number of sockets stands for none.
        #expect(throws: InheritedSocketError.self) {
            try find(["LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web:control"])
        }
    }
}

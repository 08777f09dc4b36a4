import BatchCore
import BatchDaemon
import Glibc
import Logging
import Synchronization
import Testing

@Suite struct LogOutputTests {
    /// The lines that a logger writes.
    final class Lines: Sendable {
        let text = Mutex("")

        func logger(_ reader: LogOutput.Reader, journal: JournalSocket? = nil) -> Logger {
            Logger(label: "test") { _ in
                LogOutput(reader: reader, journal: journal, now: { Timestamp(milliseconds: 0) }) { line in
                    self.text.withLock { $0 += line }
                }
            }
        }
    }

    @Test func thePersonSeesTimeLevelAndSortedValues() {
        let lines = Lines()
        lines.logger(.person).info("batch uploaded", metadata: ["workload": "w1", "batch": "b3"])
        #expect(
            lines.text.withLock { $0 } == "1970-01-01T00:00:00.000Z INFO     batch uploaded batch=b3 "
                + "workload=w1\n"
        )
    }

    @Test func theJournalSeesPrioritiesAndNoTime() {
        let lines = Lines()
        let logger = lines.logger(.journal)
        logger.debug("unseen")
        logger.notice("one\ntwo")
        logger.warning("slow", metadata: ["reason": "a \"b\""])
        logger.critical("gone")
        #expect(
            lines.text.withLock { $0 } == "<5>one two\n<4>slow reason=\"a \\\"b\\\"\"\n<2>gone\n"
        )
    }

    @Test func valuesOfTheLoggerGoOnEveryLine() {
        let lines = Lines()
        var logger = lines.logger(.journal)
        logger[metadataKey: "queue"] = "a"
        logger.info("x", metadata: ["batch": "b1"])
        #expect(lines.text.withLock { $0 } == "<6>x batch=b1 queue=a\n")
    }

    @Test func theJournalGetsFieldsOnItsOwnSocketAndLinesWithoutIt() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/journal"
        let channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let bound = UnixName(path).use { bind(channel, $0, $1) }
        try #require(bound == 0)
        let lines = Lines()
        let logger = lines.logger(.journal, journal: JournalSocket(path: path))
        logger.warning(
            "call failed:\nno\r\nanswer", metadata: ["job": "batchv2_1", "odd key": "a\nMESSAGE=b"])
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(channel, &bytes, bytes.count, 0)
        #expect(
            String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == """
                MESSAGE=call failed: no answer job=batchv2_1 odd key="a MESSAGE=b"
                PRIORITY=4
                SYSLOG_IDENTIFIER=batchd
                BATCHD_JOB=batchv2_1
                BATCHD_ODD_KEY=a MESSAGE=b

                """)
        #expect(lines.text.withLock { $0 } == "")
        // A journal that is gone, or that takes no such message, loses the fields and not the line.
        close(channel)
        logger.error("gone", metadata: ["job": "batchv2_1"])
        #expect(lines.text.withLock { $0 } == "<3>gone job=batchv2_1\n")
    }

    @Test func stderrIsTheJournalOnlyWhenItIsThatStream() {
        #expect(LogOutput.Reader.ofStandardError(environment: [:]) == .person)
        #expect(LogOutput.Reader.ofStandardError(environment: ["JOURNAL_STREAM": "0:0"]) == .person)
    }
}

import BatchCore
import BatchDaemon
import Logging
import Synchronization
import Testing

@Suite struct LogOutputTests {
    /// The lines that a logger writes.
    final class Lines: Sendable {
        let text = Mutex("")

        func logger(_ reader: LogOutput.Reader) -> Logger {
            Logger(label: "test") { _ in
                LogOutput(reader: reader, now: { Timestamp(milliseconds: 0) }) { line in
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

    @Test func stderrIsTheJournalOnlyWhenItIsThatStream() {
        #expect(LogOutput.Reader.ofStandardError(environment: [:]) == .person)
        #expect(LogOutput.Reader.ofStandardError(environment: ["JOURNAL_STREAM": "0:0"]) == .person)
    }
}

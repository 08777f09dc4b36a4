package import BatchCore
import Env
import Glibc
package import Logging

/// Writes log lines to stderr, one a message: for the journal with its priority in front, for people with the time.
///
/// The journal stamps lines itself. Metadata follows as `key=value`, in the order of the keys; where the journal's own
/// socket is there it also gets each as a field of its own, `BATCHD_` and the key.
package struct LogOutput: LogHandler {
    /// Who reads the lines.
    package enum Reader: Sendable {
        case journal, person
    }

    /// Values that belong to every line of this logger.
    package var metadata: Logger.Metadata = [:]
    /// Values that the surrounding task adds.
    package var metadataProvider: Logger.MetadataProvider?
    /// The least important level that is written.
    package var logLevel: Logger.Level
    private let reader: Reader
    private let journal: JournalSocket?
    private let now: @Sendable () -> Timestamp
    private let write: @Sendable (String) -> Void

    /// A handler; `write` gets each line with its newline, unless `journal` took it.
    package init(
        level: Logger.Level = .info, reader: Reader, journal: JournalSocket? = nil,
        now: @escaping @Sendable () -> Timestamp,
        write: @escaping @Sendable (String) -> Void = LogOutput.writeToStandardError
    ) {
        self.logLevel = level
        self.reader = reader
        self.journal = journal
        self.now = now
        self.write = write
    }

    /// One of the values that belong to every line.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    package func log(event: LogEvent) {
        var values = metadataProvider?.get() ?? [:]
        values.merge(metadata) { $1 }
        values.merge(event.metadata ?? [:]) { $1 }
        let sorted = values.map { (key: $0.key, value: oneLine("\($0.value)")) }.sorted { $0.key < $1.key }
        var text = oneLine("\(event.message)")
        for (key, value) in sorted { text += " \(key)=\(quoted(value))" }
        switch reader {
        case .journal:
            if journal?.send(fields(event.level, text, sorted)) == true { return }
            // Without fields, a line is still a line.
            write("<\(priority(event.level))>\(text)\n")
        case .person: write("\(now().rfc3339) \(name(event.level)) \(text)\n")
        }
    }

    private func fields(
        _ level: Logger.Level, _ text: String, _ values: [(key: String, value: String)]
    ) -> [(key: String, value: String)] {
        [("MESSAGE", text), ("PRIORITY", "\(priority(level))"), ("SYSLOG_IDENTIFIER", "batchd")]
            + values.map { (fieldName($0.key), $0.value) }
    }

    /// Writes in one call, so that lines of several threads do not mix. A lost line stops nobody.
    package static func writeToStandardError(_ line: String) {
        _ = Glibc.write(STDERR_FILENO, line, line.utf8.count)
    }
}

extension LogOutput.Reader {
    /// The journal when stderr is connected to it: `$JOURNAL_STREAM` holds that stream's device and inode.
    package static func ofStandardError(environment: [String: String]) -> Self {
        guard let stream = environment["JOURNAL_STREAM"],
            let file = FileFacts(descriptor: STDERR_FILENO)?.identity,
            stream == "\(file.device):\(file.number)"
        else { return .person }
        return .journal
    }
}

/// The syslog priority that the journal understands, `sd-daemon(3)`.
private func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
}

private func name(_ level: Logger.Level) -> String {
    let name = level.rawValue.uppercased()
    return name + String(repeating: " ", count: max(0, 8 - name.count))
}

/// A field's name has capitals, digits and underscores.
private func fieldName(_ key: String) -> String {
    "BATCHD_"
        + key.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
}

private func oneLine(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
}

private func quoted(_ text: String) -> String {
    guard text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return text }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}

/// What is fed with hostile bytes. Each target runs a reader over them, and compares what it says with what
/// another reader of the same thing says, or with itself.
///
/// `make fuzz` drives them by coverage; `swift test` by a fixed number of seeded mutations.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Stripe's job objects.
    case job
    /// A JSON document on the wire.
    case value
    /// Our scanner of one JSON line, against Foundation's.
    case json
    /// A line of a results file.
    case result
    /// A line of a submission.
    case row
    /// The cutting of a stream into lines, however it comes in pieces.
    case lines
    /// The head of a download, and an object store's refusal.
    case download
    /// Moments as RFC 3339.
    case time
    /// The query and the ids of a control request.
    case control
    /// A manifest or summary in the archive.
    case manifest
    /// A compressed file of the archive, whatever became of it.
    case frames
    /// Durations, sizes, endpoints and other single values of the configuration.
    case form
    /// A whole configuration file.
    case configuration
    /// A table of comma-separated values, and the rows that are made of it.
    case csv
    /// The signature of an event, and the event.
    case event

    /// What is wrong with what was made of `bytes`; nil when nothing is. A crash is worse.
    func finding(in bytes: [UInt8]) -> String? {
        switch self {
        case .job: WireOracles.job(bytes)
        case .value: WireOracles.value(bytes)
        case .download: WireOracles.download(bytes)
        case .json: LineOracles.json(bytes)
        case .result: LineOracles.result(bytes)
        case .row: LineOracles.row(bytes)
        case .lines: LineOracles.lines(bytes)
        case .time: LineOracles.time(bytes)
        case .control: DaemonOracles.control(bytes)
        case .form: DaemonOracles.form(bytes)
        case .configuration: DaemonOracles.configuration(bytes)
        case .csv: TableOracles.csv(bytes)
        case .event: EventOracles.event(bytes)
        case .manifest: ArchiveOracles.manifest(bytes)
        case .frames: ArchiveOracles.frames(bytes)
        }
    }
}

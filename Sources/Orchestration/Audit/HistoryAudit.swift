import BatchCore
import BatchStore

/// Replays the history of a workload, and compares where it leads with the records.
struct HistoryAudit {
    private let workload: WorkloadRecord
    private let records: [BatchID: BatchRecord]
    private var findings = Findings()
    /// The phase that the history has brought each batch to.
    private var phases: [BatchID: String] = [:]
    private var acceptances = 0
    private var endings = 0
    private var events = 0

    /// Which phase may follow which: the exits of `BatchPhase`. Asked again with another key is news as well.
    private static let ways: [String: Set<String>] = [
        "staging": ["staged", "released"],
        "staged": ["creating", "released"],
        "creating": ["creating", "awaiting_upload", "released"],
        "awaiting_upload": ["uploading", "processing", "collecting", "released"],
        "uploading": ["processing", "collecting", "released"],
        "processing": ["collecting", "released"],
        "collecting": ["archived"],
        "archived": ["settled"],
    ]

    init(_ workload: WorkloadRecord, _ batches: [BatchRecord]) {
        self.workload = workload
        records = Dictionary(uniqueKeysWithValues: batches.map { ($0.batch.id, $0) })
    }

    func check(_ store: Store) throws -> Auditor.Check {
        var replay = self
        var after: Int64 = 0
        while true {
            let page = try store.events(after: after, workload: workload.id, limit: 5_000)
            for event in page { replay.take(event) }
            guard let last = page.last else { break }
            after = last.seq
        }
        replay.compare()
        return replay.findings.check(
            "history", "\(replay.events.grouped) events lead to where \(records.count.grouped) batches are")
    }

    private mutating func take(_ event: EventRecord) {
        events += 1
        switch event.kind {
        case "accepted":
            acceptances += 1
            guard let digest = workload.sourceSHA256 else { return }
            findings.compare(
                "event \(event.seq), the acceptance of \(workload.id)",
                expected: "\(workload.rows.total) rows, \(workload.sourceBytes) bytes, SHA-256 \(digest)",
                found: event.message, .records)
        case "finished", "canceled": endings += 1
        default:
            if let batch = event.batch, BatchPhase.names.contains(event.kind) { move(batch, event) }
        }
    }

    private mutating func move(_ id: BatchID, _ event: EventRecord) {
        // Batches that were begun since are another audit's.
        guard let record = records[id] else { return }
        let before = phases[id]
        let isAllowed =
            before.map { Self.ways[$0]?.contains(event.kind) ?? false } ?? (event.kind == "staging")
        if !isAllowed {
            findings.add(
                "event \(event.seq), \(id)", expected: before.map { "what can follow \($0)" } ?? "staging",
                found: event.kind, event.kind == "settled" ? .sentTwice : .records)
        }
        phases[id] = event.kind
        if event.kind == "archived", let results = record.results {
            let stated = "\(results.lines) lines, SHA-256 \(results.rawSHA256)"
            if !event.message.hasSuffix(stated) {
                findings.add("event \(event.seq), \(id)", expected: stated, found: event.message, .records)
            }
        }
    }

    private mutating func compare() {
        findings.compare("the acceptances of \(workload.id)", expected: 1, found: acceptances, .records)
        if workload.state.isOver, endings == 0 {
            findings.add(
                "the history of \(workload.id)", expected: workload.state.rawValue, found: "no end", .records)
        }
        for (id, record) in records.sorted(by: { $0.key < $1.key }) {
            let phase = record.batch.phase.name
            // What had not ended when the records were read may have moved on since.
            guard record.batch.phase.isOver || phases[id] == nil else { continue }
            findings.compare(
                "\(id), by its history", expected: phases[id] ?? "nothing", found: phase, .records)
        }
    }
}

extension BatchPhase {
    fileprivate var isOver: Bool {
        switch self {
        case .settled, .released: true
        default: false
        }
    }
}

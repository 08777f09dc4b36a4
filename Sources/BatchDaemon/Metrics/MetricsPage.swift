import BatchCore
import BatchStore
import ControlAPI
import Env
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import Orchestration

/// `/metrics`: what was counted on the way, and what the records say now.
///
/// Nothing here looks at rows: a scrape costs the same with ten rows and with ten million.
struct MetricsPage: Sendable {
    let facts: Facts
    let registry: PrometheusRegistry

    func add(to router: ControlRouter) {
        router.get(Routes.metrics) { [self] _ in try response() }
    }

    func response() throws -> Response {
        Response(
            status: .ok, headers: [.contentType: PrometheusText.mediaType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: try text())))
    }

    func text() throws -> String {
        var text = PrometheusText()
        let now = facts.clock.now()
        daemon(&text)
        try rows(&text)
        let lanes = try facts.store.lanes()
        try jobs(lanes, &text)
        try deadlines(at: now, &text)
        try reads(lanes, &text)
        if let webhooks = facts.webhooks { webhooks.write(to: &text) }
        try disk(&text)
        try process(&text)
        registry.write(to: &text)
        return text.text
    }

    private func daemon(_ text: inout PrometheusText) {
        text.family(
            "batchd_build_info", .gauge, "Always 1; the label says which version runs.",
            [([("version", batchdVersion)], 1)])
        text.gauge(
            "batchd_ready", "1 while the daemon takes submissions.", facts.daemon.phase == .running ? 1 : 0)
        let reload = facts.inForce.lastReload
        text.gauge(
            "batchd_config_last_reload_successful", "1 unless the last reload was refused.",
            reload.isDone ? 1 : 0)
        text.gauge(
            "batchd_config_last_reload_success_timestamp_seconds",
            "When the configuration that is in force was read.", seconds(reload.at ?? facts.daemon.startedAt))
    }

    private func rows(_ text: inout PrometheusText) throws {
        let census = try facts.store.census()
        var rows: [String: BatchCore.RowCounts] = [:]
        for name in facts.queueNames { rows[name] = BatchCore.RowCounts() }
        for lane in census { rows[lane.queue] = rows[lane.queue, default: BatchCore.RowCounts()] + lane.rows }
        text.family(
            "batchd_rows", .gauge,
            "Rows by queue and state; the states of a queue add up to the rows accepted.",
            rows.flatMap { queue, counts in
                RowState.allCases.map { ([("queue", queue), ("state", $0.word)], Double(counts[$0])) }
            })
        var workloads: [String: [BatchCore.WorkloadState: Int]] = [:]
        for name in Set(facts.queueNames + census.map(\.queue)) { workloads[name] = [:] }
        for lane in census { workloads[lane.queue, default: [:]][lane.state] = lane.workloads }
        let states: [BatchCore.WorkloadState] = [.queued, .running, .paused, .held, .finished, .canceled]
        text.family(
            "batchd_workloads", .gauge, "Workloads by queue and state; a held one waits for a person.",
            workloads.flatMap { queue, counts in
                states.map {
                    ([("queue", queue), ("state", $0.rawValue)], Double(counts[$0, default: 0]))
                }
            })
        text.gauge(
            "batchd_pauses", "What a person has stopped: workloads, queues, or everything.",
            Double(try facts.store.pauses().count))
    }

    private func jobs(_ lanes: [LiveLane], _ text: inout PrometheusText) throws {
        text.family(
            "batchd_jobs", .gauge,
            "Jobs that we are not done with, by account and Stripe's status when last seen.",
            try facts.store.liveJobs().map {
                ([("account", $0.account), ("status", $0.state ?? Facts.unseenState)], Double($0.jobs))
            })
        var phases: [[String]: Int] = [:]
        for lane in lanes { phases[[lane.queue, lane.phase.rawValue], default: 0] += lane.batches }
        text.family(
            "batchd_batches", .gauge, "Batches that we are not done with, by queue and phase.",
            phases.map { ([("queue", $0.key[0]), ("phase", $0.key[1])], Double($0.value)) })
    }

    private func deadlines(at now: Timestamp, _ text: inout PrometheusText) throws {
        var nearest: [BatchCore.Deadline.Kind: Double] = [:]
        for clock in try facts.store.clocks(limits: facts.limits) {
            let slack = clock.deadline.slack(at: now).seconds
            nearest[clock.deadline.kind] = min(nearest[clock.deadline.kind] ?? .infinity, slack)
        }
        text.family(
            "batchd_nearest_deadline_slack_seconds", .gauge,
            "What is left of the clock of Stripe's that runs out next, by clock; negative when it was missed.",
            nearest.map { ([("clock", $0.key.rawValue)], $0.value) })
    }

    private func reads(_ lanes: [LiveLane], _ text: inout PrometheusText) throws {
        let reads = try facts.reads(of: lanes)
        text.family(
            "batchd_month_reads", .gauge, "GETs that the account has made in this calendar month, UTC.",
            reads.map { ([("account", $0.account)], Double($0.made)) })
        text.family(
            "batchd_month_reads_left", .gauge, "GETs that the account may still make in this month.",
            reads.compactMap { read in read.left.map { ([("account", read.account)], Double($0)) } })
        text.family(
            "batchd_poll_pause_seconds", .gauge, "The shortest pause between two looks at one job.",
            reads.map { ([("account", $0.account)], $0.pauseSeconds) })
    }

    private func disk(_ text: inout PrometheusText) throws {
        let storage = facts.configuration.storage
        text.gauge(
            "batchd_disk_free_bytes", "Bytes that are free on the disk of the state directory.",
            Double(try facts.disk.free()))
        text.gauge(
            "batchd_disk_min_free_bytes", "Below so many free bytes nothing new is accepted.",
            Double(facts.disk.minFree))
        text.gauge(
            "batchd_archive_disk_free_bytes", "Bytes that are free on the disk of the archive.",
            Double(try FileSystem.available(at: storage.archiveDirectory)))
        let database = storage.stateDirectory + "/batchd.db"
        text.gauge(
            "batchd_database_bytes", "The size of the database.", Double(FileSystem.size(of: database) ?? 0))
        text.gauge(
            "batchd_wal_bytes", "The size of the database's write-ahead log.",
            Double(FileSystem.size(of: database + "-wal") ?? 0))
    }

    private func process(_ text: inout PrometheusText) throws {
        let usage = try ProcessUsage()
        text.gauge("process_resident_memory_bytes", "Memory of the daemon.", Double(usage.residentBytes))
        text.gauge("process_open_fds", "File descriptors of the daemon.", Double(usage.descriptors))
        text.gauge(
            "process_start_time_seconds", "When the daemon started.", seconds(facts.daemon.startedAt))
        text.family(
            "process_cpu_seconds_total", .counter, "Processor time of the daemon.", [([], usage.cpuSeconds)])
    }

    private func seconds(_ moment: Timestamp) -> Double { Double(moment.milliseconds) / 1000 }
}

import BatchCore
import BatchStore
import ControlAPI
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Orchestration

/// `POST /v1/workloads`: the body streams into the store, at constant memory; the client waits when we must.
struct SubmitRoute {
    let facts: Facts
    let orchestrator: Orchestrator
    let alarm: Alarm
    let logger: Logger

    /// Longer names and keys are mistakes.
    private static let longestName = 255

    func add(to router: ControlRouter) {
        router.post(
            Routes.workloads, .queue, .name, .key, .format, .allowDuplicate, .priority, .startAfter,
            .skipInvalid, .dryRun
        ) { [self] call in
            let queue = try queue(call)
            guard facts.daemon.phase == .running else { throw notRunning }
            let wish = Wish(
                queue: queue, name: try text(.name, call) ?? queue.name, form: try form(call, queue),
                skipsInvalid: try call.flag(.skipInvalid), isDry: try call.flag(.dryRun),
                when: try precedence(call), key: try text(.key, call),
                allowDuplicate: try call.flag(.allowDuplicate))
            do {
                return try await untilStopping { try await take(call.body, wish) }
            } catch let refused as SubmissionRefused {
                throw Refusal(refused, queue: queue.name)
            } catch  where error.isOutOfSpace {
                throw Refusal(
                    .serviceUnavailable, "disk_full", "The disk is full, and nothing was queued: \(error)",
                    hint: "Submit it again when there is space.")
            }
        }
    }

    /// What a caller wants of a submission.
    private struct Wish: Sendable {
        let queue: QueuePolicy
        let name: String
        let form: InputForm
        let skipsInvalid: Bool
        let isDry: Bool
        let when: Precedence
        let key: String?
        let allowDuplicate: Bool
    }

    private func take(_ body: RequestBody, _ wish: Wish) async throws -> Response {
        // Whatever comes of it, there is something to look at: new rows, leftovers, or a disk that failed.
        defer { alarm.ring() }
        var intake = try await Intake(
            to: wish.queue, name: wish.name, form: wish.form, skipsInvalid: wish.skipsInvalid,
            when: wish.when, isTrial: wish.isDry, orchestrator: orchestrator, alarm: alarm)
        let (id, existing): (WorkloadID, Bool)
        do {
            try await withThrowingTaskGroup(of: Void.self) { writes in
                var pieces = body.makeAsyncIterator()
                while let piece = try await next(&pieces) {
                    piece.withUnsafeReadableBytes { intake.feed($0) }
                    if intake.isFull { try await intake.flush(in: &writes) }
                }
                try await writes.waitForAll()
            }
            if wish.isDry {
                let plan = try await intake.check(key: wish.key, allowDuplicate: wish.allowDuplicate)
                await intake.abandon()
                return try .json(
                    DryRunAnswer(plan, queue: wish.queue.name, skipped: skipped(by: intake, wish)))
            }
            (id, existing) = try await intake.finish(key: wish.key, allowDuplicate: wish.allowDuplicate)
        } catch {
            // Nothing of it was promised, however it ended.
            await intake.abandon()
            throw error
        }
        if existing { await intake.abandon() }
        let answer = SubmitAnswer(
            workload: try facts.document(try facts.workload(id.description)), existing: existing,
            skipped: skipped(by: intake, wish))
        return try .json(answer, status: existing ? .ok : .created)
    }

    private func skipped(by intake: Intake, _ wish: Wish) -> SkippedRows? {
        guard wish.skipsInvalid else { return nil }
        return SkippedRows(rows: Int(intake.defectCount), details: intake.defects.map(BadLine.init))
    }

    private func form(_ call: Call, _ queue: QueuePolicy) throws -> InputForm {
        let format = try call.word(.format, of: ["jsonl", "csv"]) {
            ["jsonl", "csv"].contains($0) ? $0 : nil
        }
        guard format == "csv" else { return .jsonLines }
        guard let template = queue.csv else {
            throw Refusal.noTemplate(queue.name)
        }
        return .csv(template)
    }

    /// Runs `body`, and cancels it at a stop: a client that sends nothing more must not hold us up. What
    /// has arrived whole is still accepted.
    private func untilStopping(
        _ body: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                await facts.daemon.untilStopping()
                return nil
            }
            defer { group.cancelAll() }
            while let answer = try await group.next() {
                if let answer { return answer }
                group.cancelAll()
            }
            throw notRunning
        }
    }

    private func next(_ pieces: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        guard facts.daemon.phase == .running else { throw notRunning }
        do {
            let piece = try await pieces.next(isolation: #isolation)
            // The end of a canceled wait is not the end of the submission.
            try Task.checkCancellation()
            return piece
        } catch is CancellationError {
            throw notRunning
        } catch {
            if Task.isCancelled { throw notRunning }
            logger.notice("a submission was cut short: nothing of it was queued")
            throw Refusal(.badRequest, "cut_short", "The submission ended in the middle.")
        }
    }

    private var notRunning: Refusal {
        Refusal(
            .serviceUnavailable, "not_running", "The daemon is \(facts.daemon.phase.rawValue).",
            hint: "Nothing was queued. Try again in a moment.", endsConnection: true)
    }

    private func queue(_ call: Call) throws -> QueuePolicy {
        guard let name = call.text(.queue) else {
            throw Refusal(
                .badRequest, "missing_parameter", "Say which queue: POST \(Routes.workloads)?queue=NAME.",
                hint: "Configured queues: \(facts.queueNames.joined(separator: ", ")).")
        }
        return try facts.queue(name)
    }

    private func precedence(_ call: Call) throws -> Precedence {
        var precedence = Precedence(startAfter: try call.moment(.startAfter))
        if let text = call.text(.priority) {
            guard let priority = Int64(text), (-1_000_000...1_000_000).contains(priority) else {
                throw Refusal.badParameter(
                    .priority, text, expected: "a whole number from -1000000 to 1000000")
            }
            precedence.priority = priority
        }
        return precedence
    }

    private func text(_ name: QueryName, _ call: Call) throws -> String? {
        guard let text = call.text(name) else { return nil }
        guard text.utf8.count <= Self.longestName, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Refusal.badParameter(
                name, text, expected: "text of at most \(Self.longestName) bytes on one line")
        }
        return text
    }
}

extension DryRunAnswer {
    init(_ plan: SubmissionPlan, queue: String, skipped: SkippedRows?) {
        self.init(
            queue: queue, rows: Int(plan.rows), bytes: Int(plan.bytes),
            jobs: plan.groups.map {
                PlannedJobs(
                    jobs: Int($0.jobs), rows: Int($0.rows), rowsEach: Int($0.largest), bytes: Int($0.bytes),
                    limit: $0.limit?.rawValue)
            },
            seconds: plan.time.seconds.rounded(), ratePerSecond: plan.rowRate,
            rateIs: plan.isSeen ? "seen" : "assumed", jobsAtOnce: plan.lanes, skipped: skipped)
    }
}

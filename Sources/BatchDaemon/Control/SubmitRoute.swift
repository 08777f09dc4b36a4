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
        router.post(Routes.workloads, .queue, .name, .key, .format, .allowDuplicate, .priority, .startAfter) {
            [self] call in
            let queue = try queue(call)
            guard facts.daemon.phase == .running else { throw notRunning }
            _ = try call.word(.format, of: ["jsonl"]) { $0 == "jsonl" ? $0 : nil }
            let name = try text(.name, call) ?? queue.name
            let key = try text(.key, call)
            let allowDuplicate = try call.flag(.allowDuplicate)
            let when = try precedence(call)
            do {
                return try await untilStopping {
                    try await take(
                        call.body, to: queue, name: name, when: when, key: key,
                        allowDuplicate: allowDuplicate)
                }
            } catch let refused as SubmissionRefused {
                throw Refusal(refused, queue: queue.name)
            } catch  where error.isOutOfSpace {
                throw Refusal(
                    .serviceUnavailable, "disk_full", "The disk is full, and nothing was queued: \(error)",
                    hint: "Submit it again when there is space.")
            }
        }
    }

    private func take(
        _ body: RequestBody, to queue: QueuePolicy, name: String, when: Precedence, key: String?,
        allowDuplicate: Bool
    ) async throws -> Response {
        // Whatever comes of it, there is something to look at: new rows, leftovers, or a disk that failed.
        defer { alarm.ring() }
        var intake = try await Intake(
            to: queue, name: name, when: when, orchestrator: orchestrator, alarm: alarm)
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
            (id, existing) = try await intake.finish(key: key, allowDuplicate: allowDuplicate)
        } catch {
            // Nothing of it was promised, however it ended.
            await intake.abandon()
            throw error
        }
        if existing { await intake.abandon() }
        let answer = SubmitAnswer(
            workload: try facts.document(try facts.workload(id.description)), existing: existing)
        return try .json(answer, status: existing ? .ok : .created)
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

extension Refusal {
    /// A submission that was not accepted: nothing of it was queued.
    init(_ refused: SubmissionRefused, queue: String) {
        switch refused {
        case .defects(let defects, let total):
            self.init(
                .unprocessableContent, "bad_rows",
                total == 1 ? "One line is not a good row." : "\(total) lines are not good rows.",
                details: defects.prefix(ErrorDetail.maxDetails).map {
                    BadLine(line: Int($0.line), column: $0.defect.column, reason: $0.defect.reason)
                },
                badLines: Int(total))
        case .empty:
            self.init(.unprocessableContent, "empty", "There is no row in the submission.")
        case .duplicateContent(let earlier):
            self.init(
                .conflict, "duplicate_content",
                "The same content was submitted to \(queue) before, as \(earlier).",
                hint: "See 'batchctl show \(earlier)'. To run it once more: --allow-duplicate.")
        case .keyTaken(let earlier):
            self.init(
                .conflict, "key_taken", "The key belongs to \(earlier), which has other content.",
                hint: "Choose another key, or see 'batchctl show \(earlier)'.")
        case .diskFull(let free, let needed):
            self.init(
                .serviceUnavailable, "disk_full",
                "Too little space is left: \(free) bytes are free, and \(needed) must stay free.",
                hint: "Free some space, or lower storage.min_free.")
        }
    }
}

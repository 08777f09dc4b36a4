import Foundation

/// Validation and execution: what time makes due is worked off in bounded turns.
extension Simulator {
    /// Works off part of what is due.
    ///
    /// True when more is due already.
    func pulse() -> Bool {
        // Some milliseconds: so long does a request wait at every step of its way.
        var budget = 300
        for _ in live.indices {
            guard !live.isEmpty else { break }
            cursor = (cursor + 1) % live.count
            budget -= workOff(live[cursor], budget: budget)
            guard budget > 0 else { return true }
        }
        live.removeAll { jobs[$0]?.phase.ending != nil }
        removeOldResults()
        return false
    }

    /// What nobody can download any more goes, or a simulator that runs for days fills its disk.
    private func removeOldResults() {
        while let id = published.first, let ending = jobs[id]?.phase.ending,
            clock.now >= ending.at + Job.resultLife
        {
            unlink(resultPath(id))
            published.removeFirst()
        }
    }

    /// Advances one job by at most `budget` rows, and returns how many it used.
    func workOff(_ id: String, budget: Int) -> Int {
        var left = budget
        while left > 0, let job = jobs[id] {
            do {
                switch job.step(at: clock.now) {
                case .wait:
                    return budget - left
                case .become(let phase):
                    try become(phase, id)
                case .validate(let target):
                    left -= try validate(id, upTo: target, budget: left)
                case .execute(let target, let silently):
                    left -= try execute(id, upTo: target, silently: silently, budget: left)
                }
            } catch {
                // The disk of the simulator is full or gone: Stripe would call that an internal error.
                let ending = JobPhase.Ending(
                    status: "batch_failed", at: clock.now, hasOutput: false, error: "\(error)")
                jobs[id]?.phase = .ended(ending)
                work[id] = nil
                if let job = jobs[id] { announce(job) }
            }
        }
        return budget - left
    }

    /// Enters a phase, with what that takes.
    func become(_ phase: JobPhase, _ id: String) throws {
        let phase = try withQuirks(phase, id)
        jobs[id]?.phase = phase
        switch phase {
        case .running:
            if jobs[id]?.request.skipValidation == false { work[id]?.endValidation() }
        case .ended(let ending):
            if ending.status == "validation_failed", let fault = jobs[id]?.fault, let row = fault.row {
                let defect = RowLine.Defect(
                    id: row, code: "parameter_invalid", message: fault.message ?? "Invalid row.")
                try work[id]?.results.append(Self.line(for: defect))
            }
            try work[id]?.results.flush()
            jobs[id]?.outputBytes = work[id]?.results.byteCount ?? 0
            if work.removeValue(forKey: id) != nil { unlink(inputPath(id)) }
            if ending.hasOutput { published.append(id) }
        case .readyForUpload, .validating, .cancelling, .posing:
            break
        }
        if let job = jobs[id] { announce(job) }
    }

    /// A canceled job may have a result file whatever ran, or none.
    private func withQuirks(_ phase: JobPhase, _ id: String) throws -> JobPhase {
        guard case .ended(var ending) = phase, ending.status == "canceled" else { return phase }
        switch quirks.canceledOutput {
        case .ifAny: break
        case .never: ending.hasOutput = false
        case .always:
            if work[id] == nil { _ = try LineFile(path: resultPath(id)) }
            ending.hasOutput = true
        }
        return .ended(ending)
    }

    private func validate(_ id: String, upTo target: Int, budget: Int) throws -> Int {
        guard let work = work[id], let job = jobs[id], case .validating(let since, let validated) = job.phase
        else { return budget }
        let placeholders = job.request.endpoint.placeholders
        let end = min(target, validated + budget)
        for index in validated..<end {
            do {
                _ = try work.row(index, placeholders: placeholders)
            } catch let error as RowLine.Defect {
                var defect = error
                defect.message = "Row \(index + 1): " + defect.message
                try work.results.append(Self.line(for: defect))
                let at = since + Pace.time(for: index + 1, at: job.pace.validatedRowsPerSecond)
                let ending = JobPhase.Ending(
                    status: "validation_failed", at: at, failed: 1, error: defect.message)
                try become(.ended(ending), id)
                return index + 1 - validated
            }
        }
        jobs[id]?.phase = .validating(since: since, validated: end)
        return end - validated
    }

    private func execute(_ id: String, upTo target: Int, silently: Bool, budget: Int) throws -> Int {
        guard let work = work[id], let job = jobs[id], var run = job.phase.run else { return budget }
        let end = min(target, run.done + budget)
        let count = end - run.done
        let now = clock.now
        for position in run.done..<end {
            let status = try executeRow(work.order[position], of: job, work, now, silently: silently)
            guard !silently else { continue }
            if status == 200 { run.succeeded += 1 } else { run.failed += 1 }
        }
        run.done = end
        jobs[id]?.phase.run = run
        return count
    }

    /// Executes one row, writes its line, and records it.
    ///
    /// Returns the status it was given.
    private func executeRow(
        _ index: Int, of job: Job, _ work: JobWork, _ now: SimulatedTime, silently: Bool
    ) throws -> Int {
        let endpoint = job.request.endpoint
        let row: RowLine
        do {
            row = try work.row(index, placeholders: endpoint.placeholders)
        } catch let error as RowLine.Defect {
            if !silently { try work.results.append(Self.line(for: error)) }
            let attempt = Ledger.Attempt(
                job: job.id, row: error.id ?? "", object: "", status: 400, isReported: !silently,
                tookEffect: false)
            try ledger.record(attempt, digest: Chance.digest(attempt.row))
            return 400
        }
        let ids = row.pathParams
        let digest = Chance.digest(row.id)
        let rule = try rowRules.strike(row: row.id, digest: digest)
        var answer = RowAnswer(status: 0, body: "")
        var tookEffect = false
        if rule?.status == nil || rule?.executed == true {
            answer = try world.perform(Self.call(row, ids, of: job, now))
            tookEffect = answer.status == 200
        }
        if let rule, let status = rule.status { answer = RowAnswer(status: status, body: rule.errorBody) }
        let isReported = !silently && Self.reports(rule?.line)
        if !silently { try Self.report(row.id, answer, rule?.line, to: work.results) }
        let attempt = Ledger.Attempt(
            job: job.id, row: row.id, object: Self.object(endpoint, ids), status: answer.status,
            isReported: isReported, tookEffect: tookEffect)
        try ledger.record(attempt, digest: digest)
        return answer.status
    }

    private static func call(_ row: RowLine, _ ids: [String], of job: Job, _ now: SimulatedTime) -> RowCall {
        // The last part of `acct_platform/acct_connected` is acted on.
        let path = row.context ?? job.context
        return RowCall(
            endpoint: job.request.endpoint, ids: ids, params: row.params,
            account: path?.split(separator: "/").last.map(String.init) ?? "acct_simulator",
            livemode: job.livemode, now: now)
    }

    /// Method and path of a row's call, kept to one field of the ledger.
    private static func object(_ endpoint: EndpointTemplate, _ ids: [String]) -> String {
        let path = endpoint.filled(with: ids)
        // What needs an escape would break a line or a column.
        return endpoint.method + " " + (JSONText.isPlain(path) ? path : JSONText.quoted(path))
    }
}

/// Result lines.
extension Simulator {
    static func line(for defect: RowLine.Defect) -> String {
        let id = defect.id.map(JSONText.quoted) ?? "null"
        let answer = RowAnswer.refused(400, code: defect.code, defect.message, param: defect.param)
        return "{\"id\":\(id),\"response\":\(answer.body),\"status\":400}\n"
    }

    fileprivate static func reports(_ fault: RowRule.LineFault?) -> Bool {
        switch fault {
        case nil, .duplicate, .foreign: true
        case .missing, .garbage, .truncated: false
        }
    }

    /// Writes the line of one row, or what a fault makes of it.
    fileprivate static func report(
        _ id: String, _ answer: RowAnswer, _ fault: RowRule.LineFault?, to results: LineFile
    ) throws {
        guard let fault else {
            results.add("{\"id\":\"")
            results.add(id)
            results.add("\",\"response\":")
            results.add(answer.body)
            results.add(answer.status == 200 ? ",\"status\":200}\n" : ",\"status\":\(answer.status)}\n")
            return try results.endLine()
        }
        let head = "{\"id\":\"" + id + "\",\"response\":"
        let tail = ",\"status\":" + String(answer.status) + "}\n"
        switch fault {
        case .missing:
            break
        case .duplicate:
            try results.append(head, answer.body, tail, head, answer.body, tail)
        case .garbage:
            try results.append("}{ not json \u{1}\n")
        case .truncated:
            let line = head + answer.body + tail
            try results.append(String(line.prefix(line.count / 2)), "\n")
        case .foreign:
            try results.append(head, answer.body, tail)
            try results.append("{\"id\":\"nobody-knows-\(id)\",\"response\":{},\"status\":200}\n")
        }
    }
}

extension JobPhase {
    /// The execution, while rows can still be executed.
    fileprivate var run: Run? {
        get {
            switch self {
            case .running(let run): run
            case .cancelling(let run, _): run
            default: nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .running: self = .running(newValue)
            case .cancelling(_, let until): self = .cancelling(newValue, until: until)
            default: break
            }
        }
    }
}

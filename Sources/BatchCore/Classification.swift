/// What one result line says about its row, before attempts and policies are weighed.
package enum RowVerdict: Hashable, Sendable {
    /// Stripe did it.
    case done
    /// Stripe did not do it, and may do it later.
    case tryAgain
    /// As `tryAgain`, but there is no point in asking before hours have passed.
    case tryMuchLater
    /// Stripe may have done it or not.
    case unknown
    /// Stripe did not do it, and never will for this input.
    case refused
    /// The key or its permissions are wrong: no row can go on until a person acts.
    case systemic
}

extension ResultLine {
    /// Classifies by status, then type and code: result rows carry no headers.
    ///
    /// Source: `stripe-batch-api.md` section 4.2.
    package var verdict: RowVerdict {
        switch status {
        case 200...299: .done
        case 429, 409, 424: .tryAgain
        case 400 where error?.code == "rate_limit": .tryAgain
        case 402 where error?.adviceCode == "try_again_later": .tryMuchLater
        case 401, 403: .systemic
        case 400...499: .refused
        default: .unknown
        }
    }

    /// True when this refusal says that an earlier attempt, whose outcome was unknown, had worked.
    ///
    /// A migration or a cancellation done twice is refused the second time.
    /// Source: `stripe-batch-api.md` section 4.3.
    package func provesEarlierSuccess(of endpoint: Endpoint) -> Bool {
        guard endpoint.repetition == .detectable, verdict == .refused else { return false }
        if endpoint.method == .delete, status == 404 || error?.code == "resource_missing" { return true }
        return error?.message?.contains("already") ?? false
    }
}

/// What the store knows of a row when its result comes.
package struct RowHistory: Hashable, Sendable {
    /// Attempts that ended before this one.
    package var attempts: Int
    /// How many of them ended with nobody knowing whether the row ran.
    package var doubts: Int
    /// How many of them were made before a person had the row sent again: they are not held against it.
    package var forgiven: Int
    /// Its params name what it creates, and Stripe does not create that name twice: see `Endpoint.ownName`.
    package var isNamed: Bool

    /// The history of a row that was never sent.
    package init(attempts: Int = 0, doubts: Int = 0, forgiven: Int = 0, isNamed: Bool = false) {
        self.attempts = attempts
        self.doubts = doubts
        self.forgiven = forgiven
        self.isNamed = isNamed
    }

    /// The attempts that count, with the one that ends now.
    var counted: Int { attempts - forgiven + 1 }
}

/// What becomes of a row after an attempt.
package enum RowDecision: Hashable, Sendable {
    case succeeded
    /// It counts as succeeded because the operator says so of such an answer.
    case succeededByRule(OutcomeRule)
    case failed(RowReason)
    case held(RowReason)
    /// Queued again, not before `delay` has passed.
    case again(delay: Duration, doubt: Bool)
    /// Queued again without an attempt spent: it did not run.
    case returned
    /// Nothing can go on in this workload until a person acts; the row itself is queued again, unspent.
    case systemic
}

extension RowDecision {
    /// What becomes of the row when its workload was canceled meanwhile: it does not go again.
    ///
    /// `canceled` says that a row never ran; one that may have run is held instead.
    package func inCanceledWorkload(history: RowHistory) -> RowDecision? {
        switch self {
        case .succeeded, .succeededByRule, .failed, .held: self
        case .again(_, let doubt): doubt || history.doubts > 0 ? .held(.unknownOutcome) : nil
        case .returned, .systemic: history.doubts > 0 ? .held(.unknownOutcome) : nil
        }
    }
}

extension QueuePolicy {
    /// Decides about a row that has a result line.
    package func decide(
        _ result: ResultLine, history: RowHistory
    ) -> RowDecision {
        // What proves something comes before what somebody says about it.
        if result.verdict == .done { return .succeeded }
        if history.doubts > 0, result.provesEarlierSuccess(of: endpoint) { return .succeeded }
        if let rule = rule(for: result) { return decide(result, by: rule, history: history) }
        switch result.verdict {
        case .done: return .succeeded
        case .refused:
            // The last word on an absolute update stands for all of them. Anything else may have been done by
            // the attempt that nobody knows of, and refused because of that: to call it failed would be a guess.
            let isLastWord = history.doubts == 0 || endpoint.repetition == .harmless
            return isLastWord ? .failed(.refused) : .held(.unknownOutcome)
        case .systemic: return .systemic
        case .unknown: return decideUnknown(history: history)
        case .tryAgain: return goAgain(history: history)
        case .tryMuchLater: return goAgain(history: history, notBefore: retry.maxDelay)
        }
    }

    /// Decides about a row that certainly did not run this time, and may run later.
    func goAgain(history: RowHistory, notBefore floor: Duration = .zero) -> RowDecision {
        let attempts = history.counted
        guard attempts < retry.maxAttempts else {
            // An earlier attempt may have worked: to call the row failed would be a guess.
            return history.doubts > 0 ? .held(.unknownOutcome) : .failed(.attemptsExhausted)
        }
        return .again(delay: max(floor, retry.delay(afterAttempts: attempts)), doubt: false)
    }

    /// Decides about a row of which nobody knows whether it ran.
    ///
    /// Such a row never becomes `failed` by itself: it may have succeeded. It is held for `reason` when it may
    /// not go again.
    package func decideUnknown(
        history: RowHistory, reason: RowReason = .unknownOutcome
    ) -> RowDecision {
        let attempts = history.counted
        guard repeatsUnknown(history), attempts < retry.maxAttempts else { return .held(reason) }
        return .again(delay: retry.delay(afterAttempts: attempts), doubt: true)
    }

    /// Decides about a row without a result line, by how its job ended.
    ///
    /// After `canceled` the rows in flight were finished, so an absent row did not run, if the results are whole:
    /// every line was read, and there are as many as Stripe counted. `complete` promises a line for every
    /// row, so an absent one is unknown. Source: `stripe-batch-api.md` section 4.
    package func decideAbsent(
        _ ending: JobEnding, resultsAreWhole: Bool, history: RowHistory
    ) -> RowDecision {
        switch ending {
        case .canceled where !resultsAreWhole: decideUnknown(history: history)
        case .canceled, .validationFailed, .uploadTimeout: .returned
        case .complete, .timeout, .batchFailed: decideUnknown(history: history)
        case .resultsExpired: decideUnknown(history: history, reason: .resultsExpired)
        }
    }
}

/// What an operator knows of an answer that the built-in table does not: one entry of a queue's `retry.rules`.
///
/// A rule says what an answer means. It never makes a guess of what nobody knows: see `QueuePolicy.decide`.
package struct OutcomeRule: Hashable, Sendable {
    /// What becomes of the row, in the words of the configuration.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        case retry, succeeded, failed, held
    }

    /// The HTTP status that it is about; nil for any.
    package var status: Int?
    /// The error's type; nil for any.
    package var type: String?
    /// The error's code; nil for any.
    package var code: String?
    /// What the answer means.
    package var outcome: Outcome

    /// A rule; what is nil matches anything.
    package init(status: Int? = nil, type: String? = nil, code: String? = nil, outcome: Outcome) {
        self.status = status
        self.type = type
        self.code = code
        self.outcome = outcome
    }

    /// True when the rule is about this answer.
    package func matches(_ result: ResultLine) -> Bool {
        (status == nil || status == result.status) && (type == nil || type == result.error?.type)
            && (code == nil || code == result.error?.code)
    }

    /// True when the rule can tell whether the row ran: where the answer itself does not, only its code may.
    fileprivate func isClear(about result: ResultLine) -> Bool { result.verdict != .unknown || code != nil }

    /// True when the rule makes a success of this answer.
    package func makesASuccess(of result: ResultLine) -> Bool {
        outcome == .succeeded && matches(result) && isClear(about: result)
    }
}

extension QueuePolicy {
    /// The first rule about an answer.
    func rule(for result: ResultLine) -> OutcomeRule? { retry.rules.first { $0.matches(result) } }

    /// Decides by a rule, as far as the rule can know.
    ///
    /// An answer of which nobody knows whether the row ran says no more when a rule is about its status or type:
    /// only its code may tell. What an earlier attempt may have done is beyond every rule but `succeeded`,
    /// and but a refusal where repeating is harmless. No rule sends a row again that may have run: `unknown_outcome`
    /// decides that.
    func decide(_ result: ResultLine, by rule: OutcomeRule, history: RowHistory) -> RowDecision {
        let isUnknown = result.verdict == .unknown
        let isClear = rule.isClear(about: result)
        switch rule.outcome {
        case .retry:
            return isUnknown ? decideUnknown(history: history) : goAgain(history: history)
        case .succeeded:
            return isClear ? .succeededByRule(rule) : .held(.unknownOutcome)
        case .failed:
            let isLastWord = result.verdict == .refused && endpoint.repetition == .harmless
            return isClear && (history.doubts == 0 || isLastWord) ? .failed(.refused) : .held(.unknownOutcome)
        case .held:
            return isUnknown || history.doubts > 0 ? .held(.unknownOutcome) : .held(.rule)
        }
    }
}

import BatchCore
import Testing

/// Rules of a queue: what they may say, and what is beyond them.
@Suite struct RuleTests {
    /// What Stripe said of the row, as far as it decides.
    enum Answer: String, CaseIterable, Sendable {
        case refused, later, unknown

        var line: ResultLine {
            let error = RowError(type: "odd_error", code: "odd")
            return switch self {
            case .refused: ResultLine(id: "r", status: 400, error: error)
            case .later: ResultLine(id: "r", status: 429, error: error)
            case .unknown: ResultLine(id: "r", status: 500, error: error)
            }
        }
    }

    /// What becomes of a row, in one word.
    enum Fate: String { case succeeded, failed, held, doubted, again, doubtedAgain }

    /// One line of the table: a rule's outcome and an answer, then the fate of a row without a doubt and of one
    /// with a doubt, where repeating is harmless, detectable and harmful.
    struct Line: Sendable, CustomStringConvertible {
        var outcome: OutcomeRule.Outcome
        var answer: Answer
        var clean: [Fate]
        var doubted: [Fate]
        var description: String { "\(answer.rawValue) \(outcome.rawValue)" }
    }

    private static func line(
        _ outcome: OutcomeRule.Outcome, _ answer: Answer, _ clean: [Fate], _ doubted: [Fate]
    ) -> Line { Line(outcome: outcome, answer: answer, clean: clean, doubted: doubted) }

    /// `doubted` stands for held as `unknown_outcome`, `held` for held by the rule.
    private static let byStatus = [
        line(.retry, .refused, [.again, .again, .again], [.again, .again, .again]),
        line(.retry, .later, [.again, .again, .again], [.again, .again, .again]),
        line(
            .retry, .unknown, [.doubtedAgain, .doubtedAgain, .doubted],
            [.doubtedAgain, .doubtedAgain, .doubted]),
        line(
            .succeeded, .refused, [.succeeded, .succeeded, .succeeded], [.succeeded, .succeeded, .succeeded]),
        line(
            .succeeded, .later, [.succeeded, .succeeded, .succeeded], [.succeeded, .succeeded, .succeeded]),
        line(.succeeded, .unknown, [.doubted, .doubted, .doubted], [.doubted, .doubted, .doubted]),
        line(.failed, .refused, [.failed, .failed, .failed], [.failed, .doubted, .doubted]),
        line(.failed, .later, [.failed, .failed, .failed], [.doubted, .doubted, .doubted]),
        line(.failed, .unknown, [.doubted, .doubted, .doubted], [.doubted, .doubted, .doubted]),
        line(.held, .refused, [.held, .held, .held], [.doubted, .doubted, .doubted]),
        line(.held, .later, [.held, .held, .held], [.doubted, .doubted, .doubted]),
        line(.held, .unknown, [.doubted, .doubted, .doubted], [.doubted, .doubted, .doubted]),
    ]

    /// Where a rule that names the code says more: the code may tell what the status does not.
    private static let byCode = [
        line(
            .succeeded, .unknown, [.succeeded, .succeeded, .succeeded], [.succeeded, .succeeded, .succeeded]),
        line(.failed, .unknown, [.failed, .failed, .failed], [.doubted, .doubted, .doubted]),
    ]

    private static let endpoints = [Sample.update, Sample.migrate, Sample.create]

    @Test(arguments: byStatus) func aRuleIsTheLastWordOnlyWhereItCanKnow(line: Line) {
        check(line, OutcomeRule(status: line.answer.line.status, outcome: line.outcome))
        check(line, OutcomeRule(type: "odd_error", outcome: line.outcome))
    }

    @Test(arguments: byCode + byStatus.filter { $0.answer != .unknown })
    func aCodeMayTellWhatAStatusDoesNot(line: Line) {
        check(line, OutcomeRule(code: "odd", outcome: line.outcome))
    }

    private func check(_ line: Line, _ rule: OutcomeRule) {
        for (index, endpoint) in Self.endpoints.enumerated() {
            var policy = Sample.policy(endpoint)
            policy.retry.rules = [rule]
            for (history, fates) in [
                (RowHistory(attempts: 1), line.clean), (RowHistory(attempts: 1, doubts: 1), line.doubted),
            ] {
                let fate = fate(policy.decide(line.answer.line, history: history))
                #expect(fate == fates[index], "\(endpoint) after \(history.doubts) doubts")
            }
        }
    }

    private func fate(_ decision: RowDecision) -> Fate? {
        switch decision {
        case .succeeded, .succeededByRule: .succeeded
        case .failed(.refused): .failed
        case .held(.rule): .held
        case .held(.unknownOutcome): .doubted
        case .again(_, doubt: false): .again
        case .again(_, doubt: true): .doubtedAgain
        default: nil
        }
    }

    @Test func whatIsProvedComesBeforeEveryRule() {
        for outcome in OutcomeRule.Outcome.allCases {
            for endpoint in Self.endpoints {
                var policy = Sample.policy(endpoint)
                policy.retry.rules = [OutcomeRule(status: 200, outcome: outcome)]
                #expect(policy.decide(ResultLine(id: "r", status: 200), history: RowHistory()) == .succeeded)
            }
            var policy = Sample.policy(Sample.migrate)
            policy.retry.rules = [OutcomeRule(status: 400, outcome: outcome)]
            let migrated = ResultLine(
                id: "r", status: 400, error: RowError(message: "This subscription is already migrated."))
            #expect(policy.decide(migrated, history: RowHistory(attempts: 1, doubts: 1)) == .succeeded)
        }
    }

    @Test func theFirstRuleThatMatchesCounts() {
        var policy = Sample.policy()
        policy.retry.rules = [
            OutcomeRule(status: 400, code: "other", outcome: .retry),
            OutcomeRule(code: "odd", outcome: .held),
            OutcomeRule(status: 400, outcome: .succeeded),
        ]
        #expect(policy.decide(Answer.refused.line, history: RowHistory()) == .held(.rule))
        #expect(
            policy.decide(ResultLine(id: "r", status: 400), history: RowHistory())
                == .succeededByRule(policy.retry.rules[2]))
        #expect(policy.decide(ResultLine(id: "r", status: 404), history: RowHistory()) == .failed(.refused))
    }

    @Test(arguments: OutcomeRule.Outcome.allCases, endpoints)
    func noRuleSendsARowWithoutEnd(outcome: OutcomeRule.Outcome, endpoint: Endpoint) {
        var policy = Sample.policy(endpoint, unknown: .retry, attempts: 3)
        policy.retry.rules = [OutcomeRule(type: "odd_error", outcome: outcome)]
        for answer in Answer.allCases {
            for doubts in 0...2 {
                let history = RowHistory(attempts: 2, doubts: doubts)
                let decision = policy.decide(answer.line, history: history)
                if case .again = decision { Issue.record("\(answer), \(history): \(decision)") }
            }
        }
    }

    // MARK: - Creates that name what they create

    @Test func aNamedCreateGoesAgainAndAnotherIsHeld() {
        for (text, isNamable) in [
            ("POST /v1/coupons", true), ("POST /v1/promotion_codes", true), ("POST /v1/refunds", false),
        ] {
            let policy = Sample.policy(Endpoint(text)!)
            let named = RowHistory(isNamed: true)
            let expected: RowDecision =
                isNamable ? .again(delay: .minutes(1), doubt: true) : .held(.unknownOutcome)
            #expect(policy.decide(Answer.unknown.line, history: named) == expected, "\(text)")
            #expect(
                policy.decideAbsent(.timeout, resultsAreWhole: true, history: named) == expected, "\(text)")
            #expect(
                policy.decide(Answer.unknown.line, history: RowHistory()) == .held(.unknownOutcome), "\(text)"
            )
        }
        var hold = Sample.policy(Endpoint("POST /v1/coupons")!)
        hold.unknownOutcome = .hold
        #expect(
            hold.decide(Answer.unknown.line, history: RowHistory(isNamed: true)) == .held(.unknownOutcome))
    }

    /// The name may have been taken by somebody else, for something else.
    @Test func aNameThatIsTakenAfterADoubtIsHeldUnlessARuleSaysWhatItMeans() {
        let taken = ResultLine(
            id: "r", status: 400, error: RowError(code: "resource_already_exists", message: "already exists"))
        let doubted = RowHistory(attempts: 1, doubts: 1, isNamed: true)
        var policy = Sample.policy(Endpoint("POST /v1/coupons")!)
        #expect(policy.decide(taken, history: doubted) == .held(.unknownOutcome))
        policy.retry.rules = [OutcomeRule(code: "resource_already_exists", outcome: .succeeded)]
        #expect(policy.decide(taken, history: doubted) == .succeededByRule(policy.retry.rules[0]))
    }

    @Test(
        arguments: [
            ("POST /v1/coupons", #"{"id":"SUMMER","percent_off":5}"#, true),
            ("POST /v1/coupons", #"{"percent_off":5}"#, false),
            ("POST /v1/coupons", #"{"id":""}"#, false),
            ("POST /v1/coupons", #"{"id":null}"#, false),
            ("POST /v1/coupons", #"{"metadata":{"id":"x"}}"#, false),
            ("POST /v1/coupons", #"{"\u0069d":"x"}"#, false),
            ("POST /v1/coupons", "null", false),
            ("POST /v1/promotion_codes", #"{"coupon":"c","code":"A1"}"#, true),
            ("POST /v1/promotion_codes", #"{"coupon":"c"}"#, false),
            ("POST /v1/promotion_codes", #"{"coupon":"c","code":"A1","active":false}"#, false),
            ("POST /v1/promotion_codes", #"{"max_redemptions":1,"code":"A1"}"#, false),
            ("POST /v1/promotion_codes", #"{"code":"A1","expires_at":1900000000}"#, false),
            ("POST /v1/promotion_codes", #"{"code":"A1","\u0061ctive":false}"#, false),
            ("POST /v1/refunds", #"{"id":"x","code":"x"}"#, false),
        ] as [(String, String, Bool)])
    func aRowIsNamedByWhatItsParamsCarry(endpoint: String, params: String, isNamed: Bool) throws {
        let row = try scan(Array("{\"id\":\"a\",\"params\":\(params)}".utf8), at: Endpoint(endpoint)!)
        #expect(row.traits.contains(.named) == isNamed)
    }
}

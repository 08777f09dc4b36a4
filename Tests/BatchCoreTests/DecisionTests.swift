import BatchCore
import Testing

/// What becomes of a row, by its result, its past and the queue's policy.
@Suite struct DecisionTests {
    private static let doubted = RowHistory(attempts: 1, doubts: 1)
    private static let unknownLine = ResultLine(id: "r", status: 500)
    private static let endpoints = [Sample.update, Sample.create, Sample.migrate, Sample.delete]
    private static let statuses = [0, 200, 302, 400, 401, 402, 403, 404, 409, 424, 429, 500, 503]

    @Test func absoluteUpdatesGoAgainAndCreatesAreHeld() {
        #expect(
            Sample.policy(Sample.create).decide(Self.unknownLine, history: RowHistory())
                == .held(.unknownOutcome))
        for endpoint in [Sample.update, Sample.migrate, Sample.delete] {
            let decision = Sample.policy(endpoint).decide(Self.unknownLine, history: RowHistory())
            #expect(decision == .again(delay: .minutes(1), doubt: true))
        }
    }

    @Test func aQueueMayDecideOtherwise() {
        let hold = Sample.policy(Sample.update, unknown: .hold)
        #expect(hold.decideUnknown(history: RowHistory()) == .held(.unknownOutcome))
        let retry = Sample.policy(Sample.create, unknown: .retry)
        #expect(retry.decideUnknown(history: RowHistory()) == .again(delay: .minutes(1), doubt: true))
    }

    @Test(arguments: endpoints, QueuePolicy.UnknownOutcome.allCases)
    func anUnknownOutcomeNeverBecomesFailedByItself(endpoint: Endpoint, unknown: QueuePolicy.UnknownOutcome) {
        let policy = Sample.policy(endpoint, unknown: unknown)
        for attempts in 0...9 {
            for doubts in 0...attempts {
                let history = RowHistory(attempts: attempts, doubts: doubts)
                var decisions = JobEnding.allCases.map {
                    policy.decideAbsent($0, resultsAreWhole: true, history: history)
                }
                for status in [0, 302, 500, 502, 503, 504] {
                    decisions.append(policy.decide(ResultLine(id: "r", status: status), history: history))
                }
                for decision in decisions {
                    if case .failed = decision { Issue.record("\(history): \(decision)") }
                }
                guard doubts > 0 else { continue }
                // What comes after a doubt does not undo it.
                let passing = policy.decide(ResultLine(id: "r", status: 429), history: history)
                if case .failed = passing { Issue.record("429 after \(history): \(passing)") }
            }
        }
    }

    @Test func aRefusalAfterADoubtIsOnlyTheLastWordWhereRepeatingIsHarmless() {
        let exists = ResultLine(
            id: "r", status: 400, error: RowError(code: "resource_already_exists", message: "It exists."))
        let create = Sample.policy(Sample.create, unknown: .retry)
        #expect(create.decide(exists, history: Self.doubted) == .held(.unknownOutcome))
        #expect(create.decide(exists, history: RowHistory(attempts: 1)) == .failed(.refused))
        #expect(Sample.policy(Sample.migrate).decide(exists, history: Self.doubted) == .held(.unknownOutcome))
        #expect(Sample.policy(Sample.update).decide(exists, history: Self.doubted) == .failed(.refused))
    }

    @Test func aSecondCancellationOrMigrationThatIsRefusedProvesTheFirst() {
        let gone = ResultLine(id: "r", status: 404, error: RowError(code: "resource_missing"))
        let migrated = ResultLine(
            id: "r", status: 400, error: RowError(message: "This subscription is already migrated."))
        #expect(Sample.policy(Sample.delete).decide(gone, history: Self.doubted) == .succeeded)
        #expect(Sample.policy(Sample.migrate).decide(migrated, history: Self.doubted) == .succeeded)
        // Without a doubt it proves nothing: somebody else did it, or it never was.
        #expect(
            Sample.policy(Sample.delete).decide(gone, history: RowHistory(attempts: 3)) == .failed(.refused))
        #expect(Sample.policy(Sample.migrate).decide(migrated, history: RowHistory()) == .failed(.refused))
        // An update of what is gone did not happen.
        #expect(Sample.policy(Sample.update).decide(gone, history: Self.doubted) == .failed(.refused))
    }

    @Test(arguments: endpoints, 1...6) func attemptsAreBounded(endpoint: Endpoint, most: Int) {
        var random = SeededGenerator(seed: UInt64(most))
        let policy = Sample.policy(endpoint, unknown: .retry, attempts: most)
        for _ in 0..<200 {
            var history = RowHistory()
            var journeys = 0
            while true {
                journeys += 1
                let status = Self.statuses.filter { $0 != 401 && $0 != 403 }.randomElement(using: &random)!
                let decision =
                    Bool.random(using: &random)
                    ? policy.decide(ResultLine(id: "r", status: status), history: history)
                    : policy.decideAbsent(
                        [.complete, .timeout, .resultsExpired].randomElement(using: &random)!,
                        resultsAreWhole: true,
                        history: history)
                guard case .again(let delay, let doubt) = decision else { break }
                #expect(delay > .zero)
                history.attempts += 1
                history.doubts += doubt ? 1 : 0
            }
            #expect(journeys <= most)
        }
    }

    @Test func rowsWithoutALineFollowTheEndOfTheirJob() {
        let update = Sample.policy(Sample.update)
        let create = Sample.policy(Sample.create)
        for ending in [JobEnding.canceled, .validationFailed, .uploadTimeout] {
            #expect(update.decideAbsent(ending, resultsAreWhole: true, history: RowHistory()) == .returned)
            #expect(create.decideAbsent(ending, resultsAreWhole: true, history: RowHistory()) == .returned)
        }
        for ending in [JobEnding.complete, .timeout, .batchFailed] {
            #expect(
                update.decideAbsent(ending, resultsAreWhole: true, history: RowHistory())
                    == .again(delay: .minutes(1), doubt: true))
            #expect(
                create.decideAbsent(ending, resultsAreWhole: true, history: RowHistory())
                    == .held(.unknownOutcome))
        }
    }

    @Test func expiredResultsAreUnknownAndFollowTheQueue() {
        let last = RowHistory(attempts: 4)
        let update = Sample.policy(Sample.update)
        #expect(
            update.decideAbsent(.resultsExpired, resultsAreWhole: true, history: RowHistory())
                == .again(delay: .minutes(1), doubt: true))
        #expect(
            update.decideAbsent(.resultsExpired, resultsAreWhole: true, history: last)
                == .held(.resultsExpired))
        let create = Sample.policy(Sample.create)
        #expect(
            create.decideAbsent(.resultsExpired, resultsAreWhole: true, history: RowHistory())
                == .held(.resultsExpired))
    }

    @Test func aRefusedKeySpendsNoAttempt() {
        for status in [401, 403] {
            let decision = Sample.policy().decide(
                ResultLine(id: "r", status: status), history: RowHistory(attempts: 4))
            #expect(decision == .systemic)
        }
    }

    @Test func aCardThatSaysLaterWaitsForTheLongestPause() {
        let line = ResultLine(id: "r", status: 402, error: RowError(adviceCode: "try_again_later"))
        #expect(Sample.policy().decide(line, history: RowHistory()) == .again(delay: .hours(6), doubt: false))
    }

    @Test func inACanceledWorkloadNothingGoesAgainAndDoubtsAreHeld() {
        let clean = RowHistory(attempts: 2)
        #expect(RowDecision.succeeded.inCanceledWorkload(history: Self.doubted) == .succeeded)
        #expect(RowDecision.failed(.refused).inCanceledWorkload(history: clean) == .failed(.refused))
        #expect(RowDecision.held(.validation).inCanceledWorkload(history: clean) == .held(.validation))
        for decision in [RowDecision.again(delay: .zero, doubt: false), .returned, .systemic] {
            #expect(decision.inCanceledWorkload(history: clean) == nil)
            #expect(decision.inCanceledWorkload(history: Self.doubted) == .held(.unknownOutcome))
        }
        let unknown = RowDecision.again(delay: .zero, doubt: true)
        #expect(unknown.inCanceledWorkload(history: RowHistory()) == .held(.unknownOutcome))
    }

    @Test func pausesDoubleUpToTheCeiling() {
        let retry = RetryPolicy()
        let minutes = (1...12).map { retry.delay(afterAttempts: $0).milliseconds / 60_000 }
        #expect(minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360])
        #expect(retry.delay(afterAttempts: .max) == .hours(6))
    }

    @Test func backoffLiesBetweenHalfTheBoundAndTheBound() {
        var random = SeededGenerator(seed: 4)
        for failures in [-1, 0, 1, 2, 5, 8, 20, .max] {
            let bound = min(60_000, 500 << min(max(failures, 1) - 1, 20))
            for _ in 0..<50 {
                let pause = Limits().backoff(failures: failures, using: &random).milliseconds
                #expect((Int64(bound / 2)...Int64(bound)).contains(pause))
            }
        }
    }

    @Test func aRowAbsentFromTornResultsOfACanceledJobIsInDoubt() {
        let create = Sample.policy(Sample.create)
        let decision = create.decideAbsent(.canceled, resultsAreWhole: false, history: RowHistory())
        #expect(decision == .held(.unknownOutcome))
    }
}

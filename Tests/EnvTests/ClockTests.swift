import BatchCore
import Env
import Testing

@Suite struct ClockTests {
    @Test func timeGoesOn() async throws {
        let start = Clock.system.now()
        try await Clock.system.sleep(for: .milliseconds(20))
        #expect(Clock.system.now() - start >= .milliseconds(20))
        #expect(start > Timestamp(rfc3339: "2025-01-01T00:00:00Z")!)
    }

    @Test func thePastIsNotWaitedFor() async throws {
        try await Clock.system.sleep(Timestamp(milliseconds: 0))
    }

    @Test func aSleeperCanBeCancelled() async {
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Clock.system.sleep(for: .hours(1)) }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }

    @Test func aClockOfOurOwnStartsWhereItIsToldAndRunsAsFastAsItIsTold() async throws {
        let start = Timestamp(rfc3339: "2031-01-01T00:00:00Z")!
        let clock = Clock.running(from: start, scale: 36_000)
        let wall = Clock.system.now()
        #expect(clock.now() - start < .days(1))
        try await clock.sleep(start + .hours(1))
        #expect(clock.now() - start >= .hours(1))
        // An hour in a tenth of a second.
        #expect(Clock.system.now() - wall >= .milliseconds(99))
    }
}

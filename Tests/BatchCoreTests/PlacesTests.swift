import Testing

@testable import BatchCore

/// How many batches are worked on at once.
@Suite struct PlacesTests {
    private static let limits = Limits()

    private func batch(_ phase: BatchPhase, isLarge: Bool = false) -> Batch {
        var batch = Sample.batch(phase)
        batch.rows = isLarge ? Int64(Self.limits.resultsAtOnce) + 1 : 10
        return batch
    }

    /// How many of a thousand batches are worked on beside `busy`.
    private func taken(_ batch: Batch, beside busy: [Batch] = []) -> Int {
        var places = Places(busy: busy, limits: Self.limits)
        return (0..<1000).count { _ in places.take(for: batch) }
    }

    @Test func whatHoldsBuffersHasFewPlaces() {
        let limited = Sample.phases.filter { taken(batch($0)) < 1000 }.map(\.name)
        #expect(limited == ["staging", "processing", "collecting", "archived"])
        #expect(taken(batch(.archived(job: Sample.job, .complete))) == 2)
    }

    @Test func onePlaceIsForSmallOnesAlone() {
        let settled = BatchPhase.archived(job: Sample.job, .complete)
        let (large, small) = (batch(settled, isLarge: true), batch(settled))
        #expect(taken(large) == 1)
        #expect(taken(large, beside: [large]) == 0)
        #expect(taken(small, beside: [large]) == 1)
        #expect(taken(large, beside: [small]) == 1)
        #expect(taken(small, beside: [large, small]) == 0)
    }

    @Test func whoeverIsWorkedOnHoldsAPlaceOfItsPhaseAlone() {
        let collected = batch(.collecting(job: Sample.job, .complete, until: Sample.start))
        #expect(taken(collected, beside: Array(repeating: collected, count: 8)) == 0)
        #expect(taken(collected, beside: Array(repeating: batch(.staging), count: 8)) == 8)
    }
}

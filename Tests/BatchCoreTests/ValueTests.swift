import BatchCore
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("2026-03-09T20:55:31.000Z", 1_773_089_731_000),
            ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("1969-12-31T23:59:59.999Z", -1),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] as [(String, Int64)])
    func aKnownMomentIsWrittenAndRead(text: String, milliseconds: Int64) {
        #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
        #expect(Timestamp(rfc3339: text)?.milliseconds == milliseconds)
    }

    @Test func everyMomentSurvivesItsText() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            let moment = Timestamp(
                milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            #expect(Timestamp(rfc3339: moment.rfc3339) == moment)
        }
    }

    @Test func aDayIsTheDayThatFoundationSays() throws {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: Int64(-73_000), through: 73_000, by: 97) {
            let milliseconds = day * 86_400_000 + 12_345_625
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(Timestamp(milliseconds: milliseconds).rfc3339 == date.formatted(format))
        }
    }

    @Test(arguments: [
        ("2026-03-09T20:55:31Z", "2026-03-09T20:55:31.000Z"),
        ("2026-03-09t20:55:31z", "2026-03-09T20:55:31.000Z"),
        ("2026-03-09 20:55:31Z", "2026-03-09T20:55:31.000Z"),
        ("2026-03-09T20:55:31.5Z", "2026-03-09T20:55:31.500Z"),
        ("2026-03-09T20:55:31.123456789Z", "2026-03-09T20:55:31.123Z"),
        ("2026-03-09T20:55:31+02:00", "2026-03-09T18:55:31.000Z"),
        ("2026-03-09T20:55:31.25-05:30", "2026-03-10T02:25:31.250Z"),
        ("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ])
    func otherFormsOfTheStandardAreRead(text: String, same: String) {
        #expect(Timestamp(rfc3339: text)?.rfc3339 == same)
    }

    @Test(arguments: [
        "", "2026", "2026-03-09", "2026-03-09T20:55Z", "2026-03-09T20:55:31", "2026-3-09T20:55:31Z",
        "2026-13-09T20:55:31Z", "2026-00-09T20:55:31Z", "2026-03-00T20:55:31Z", "2026-03-32T20:55:31Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-03-09T24:00:00Z",
        "2026-03-09T20:60:00Z", "2026-03-09T20:55:61Z", "2026-03-09T20:55:31.Z", "2026-03-09T20:55:31.5",
        "2026-03-09T20:55:31+0200", "2026-03-09T20:55:31+24:00", "2026-03-09T20:55:31+02:60",
        "2026-03-09T20:55:31ZZ", " 2026-03-09T20:55:31Z", "-026-03-09T20:55:31Z", "２026-03-09T20:55:31Z",
        "1773089731", "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
    ])
    func whatIsNotAMomentIsRefused(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func leapDaysAreOnlyInLeapYears() {
        for (year, isLeap) in [
            (1896, true), (1900, false), (1904, true), (2000, true), (2100, false), (2400, true),
        ] {
            #expect((Timestamp(rfc3339: "\(year)-02-29T00:00:00Z") != nil) == isLeap, "\(year)")
        }
    }

    @Test func durationsAreExactInMilliseconds() {
        #expect(Duration.days(7).milliseconds == 604_800_000)
        #expect(Duration.milliseconds(-1500).milliseconds == -1500)
        #expect(Duration.microseconds(1999).milliseconds == 1)
        #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == .milliseconds(-2))
        #expect(Timestamp(milliseconds: 5) - .milliseconds(7) == Timestamp(milliseconds: -2))
    }
}

@Suite struct IdentifierTests {
    @Test func anIdIsReadInTheOneWayInWhichItIsWritten() {
        #expect(WorkloadID("w12") == WorkloadID(12))
        #expect(BatchID("b34") == BatchID(34))
        for text in [
            "", "w", "12", "w0", "w-1", "w+1", "w01", "w1 ", "W1", "b1", "w1x", "w99999999999999999999",
        ] {
            #expect(WorkloadID(text) == nil, "\(text)")
        }
        for text in ["b", "b0", "b+1", "b01", "w1"] { #expect(BatchID(text) == nil, "\(text)") }
    }

    @Test func aNumberThatNoRowKeyCanHoldIsNoWorkload() {
        #expect(WorkloadID("w2147483647") != nil)
        #expect(WorkloadID("w2147483648") == nil)
        // Otherwise its rows would be those of w1.
        #expect(WorkloadID("w4294967297") == nil)
    }

    @Test func aRowKeyKeepsItsPartsAndItsOrder() {
        let largest = RowKey(WorkloadID(1 << 31 - 1), 0xFFFF_FFFF)
        #expect(largest.rawValue > 0)
        #expect(largest.workload == WorkloadID(1 << 31 - 1))
        #expect(largest.number == 0xFFFF_FFFF)
        #expect(RowKey(WorkloadID(1), 0xFFFF_FFFF) < RowKey(WorkloadID(2), 0))
    }

    @Test func anEndpointIsAMethodAndAPath() throws {
        let endpoint = try #require(Endpoint("post  /v1/customers/:customer/tax_ids/:id"))
        #expect(endpoint.placeholders == ["customer", "id"])
        #expect("\(endpoint)" == "POST /v1/customers/:customer/tax_ids/:id")
        for text in [
            "", "POST", "/v1/customers", "GET /v1/customers", "POST /v2/customers", "POST /v1/",
            "POST /v1/a/",
            "POST /v1//a", "POST /v1/:", "POST /v1/:a/:a", "POST /v1/a?b=c", "POST /v1/a b", "POST /v1/é",
        ] {
            #expect(Endpoint(text) == nil, "\(text)")
        }
    }

    @Test func aDigestIsWrittenInHexadecimal() {
        #expect(
            "\(Digest([0, 1, 0xAB] + [UInt8](repeating: 0xFF, count: 29)))" == "0001ab"
                + String(repeating: "ff", count: 29))
    }
}

@Suite struct RowCountsTests {
    @Test func movingRowsKeepsTheirSum() {
        var random = SeededGenerator(seed: 6)
        var counts = RowCounts()
        counts[.queued] = 1000
        for _ in 0..<500 {
            counts.move(
                Int64.random(in: 0...9, using: &random),
                from: RowState.allCases.randomElement(using: &random)!,
                to: RowState.allCases.randomElement(using: &random)!)
            #expect(counts.total == 1000)
        }
        #expect((counts + counts).total == 2000)
    }

    @Test func everyStateHasItsWord() {
        #expect(
            RowState.allCases.map(\.word) == [
                "queued", "in_flight", "succeeded", "failed", "held", "canceled",
            ])
        for state in RowState.allCases { #expect(RowState(word: state.word) == state) }
        #expect(RowState(word: "lost") == nil)
    }
}

@Suite struct BatchSizeTests {
    private func size(
        rows: Int64? = nil, bytes: Int64 = 4_000_000_000, seen: BatchSize.Seen = BatchSize.Seen()
    ) -> BatchSize {
        var policy = Sample.policy()
        policy.maxRowsPerJob = rows
        policy.maxBytesPerJob = bytes
        return BatchSize(policy: policy, seen: seen, limits: Limits())
    }

    @Test func theTightestLimitBindsAndIsNamed() {
        #expect(size().rows == 691_200)
        #expect(size().rowLimit == .processingTime)
        #expect(size().bytes == 600_000_000)
        #expect(size().byteLimit == .uploadWindow)
        #expect(size(rows: 5).rows == 5)
        #expect(size(rows: 5).rowLimit == .queueRows)
        #expect(size(rows: 1_000_000).rowLimit == .processingTime)
        #expect(size(bytes: 1000).byteLimit == .queueBytes)
    }

    @Test func whatWasSeenReplacesWhatWasAssumed() {
        let fast = size(seen: BatchSize.Seen(rowRate: 100, uploadRate: 50_000_000))
        #expect(fast.rows == 6_912_000)
        #expect(fast.bytes == 4_000_000_000)
    }

    @Test func howeverSlowABatchHasARowAndAByte() {
        let slow = size(seen: BatchSize.Seen(rowRate: 1e-9, uploadRate: 1e-9))
        #expect(slow.rows == 1)
        #expect(slow.bytes == 1)
    }
}

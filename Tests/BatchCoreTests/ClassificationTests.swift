import BatchCore
import Testing

/// The table of `stripe-batch-api.md` section 4.2, row by row.
@Suite struct ClassificationTests {
    struct Case: Sendable, CustomStringConvertible {
        var status: Int
        var error: RowError?
        var verdict: RowVerdict

        init(
            _ status: Int, type: String? = nil, code: String? = nil, advice: String? = nil,
            _ verdict: RowVerdict
        ) {
            self.status = status
            error = RowError(type: type, code: code, adviceCode: advice)
            self.verdict = verdict
        }

        var description: String { "\(status) \(error?.code ?? error?.adviceCode ?? "")" }
    }

    private static let table: [Case] = [
        Case(200, .done),
        Case(201, .done),
        Case(429, .tryAgain),
        Case(429, type: "invalid_request_error", code: "rate_limit", .tryAgain),
        Case(429, type: "invalid_request_error", code: "lock_timeout", .tryAgain),
        Case(400, type: "invalid_request_error", code: "rate_limit", .tryAgain),
        Case(409, type: "idempotency_error", code: "idempotency_key_in_use", .tryAgain),
        Case(500, type: "api_error", .unknown),
        Case(502, type: "api_error", .unknown),
        Case(503, type: "api_error", .unknown),
        Case(504, .unknown),
        Case(424, type: "api_error", .tryAgain),
        Case(402, type: "card_error", code: "card_declined", advice: "try_again_later", .tryMuchLater),
        Case(402, type: "card_error", code: "card_declined", advice: "do_not_try_again", .refused),
        Case(402, type: "card_error", advice: "confirm_card_data", .refused),
        Case(402, type: "card_error", code: "insufficient_funds", .refused),
        Case(400, type: "invalid_request_error", code: "resource_invalid_state", .refused),
        Case(400, type: "invalid_request_error", code: "parameter_unknown", .refused),
        Case(400, type: "idempotency_error", .refused),
        Case(404, type: "invalid_request_error", code: "resource_missing", .refused),
        Case(401, .systemic),
        Case(403, .systemic),
        Case(405, .refused), Case(418, .refused), Case(499, .refused),
        // What the documents do not name says nothing about whether the row ran.
        Case(0, .unknown), Case(100, .unknown), Case(302, .unknown), Case(599, .unknown),
        Case(1000, .unknown),
    ]

    @Test(arguments: table) func aResultMeansWhatTheTableSays(row: Case) {
        #expect(ResultLine(id: "r", status: row.status, error: row.error).verdict == row.verdict)
    }

    @Test(arguments: [
        ("POST /v1/customers/:customer", Endpoint.Repetition.harmless),
        ("POST /v1/subscriptions/:subscription_exposed_id", .harmless),
        ("POST /v1/subscriptions/:subscription/migrate", .detectable),
        ("DELETE /v1/subscriptions/:subscription_exposed_id", .detectable),
        ("POST /v1/coupons", .harmful),
        ("POST /v1/promotion_codes", .harmful),
        ("POST /v1/invoices/:invoice/pay", .harmful),
        ("POST /v1/refunds", .harmful),
    ])
    func aRepetitionDoesWhatSection43Says(text: String, repetition: Endpoint.Repetition) throws {
        #expect(try #require(Endpoint(text)).repetition == repetition)
    }

    @Test(
        arguments: [
            (200, nil, false), (429, nil, true), (408, nil, true), (425, nil, true), (409, nil, true),
            (409, "idempotency_error", false), (400, nil, false), (401, nil, false), (403, nil, false),
            (404, nil, false),
        ] as [(Int, String?, Bool)])
    func aRefusalPassesOrNeedsAPerson(status: Int, code: String?, isPassing: Bool) {
        #expect(CallFailure.refused(status: status, code: code, message: nil).isPassing == isPassing)
    }

    @Test func whatGotNoAnswerMayBeAskedAgain() {
        #expect(CallFailure.notSent(reason: "x").isPassing)
        #expect(CallFailure.unanswered(reason: "x").isPassing)
    }
}

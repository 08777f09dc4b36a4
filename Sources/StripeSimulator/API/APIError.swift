/// An answer that refuses, in the v2 error shape: `code` and `message`, and fields of its own.
///
/// Codes marked "ours" are not documented by Stripe; they stand where the documentation is silent.
struct APIError: Error, Equatable, Sendable {
    var status: Int
    var code: String
    var message: String
    var type: String?
    var fields: [String: JSONValue] = [:]
    var shouldRetry: Bool?

    var body: JSONValue {
        var members = fields
        members["code"] = .string(code)
        members["message"] = .string(message)
        if let type { members["type"] = .string(type) }
        return ["error": .object(members)]
    }
}

extension APIError {
    static let versionNotProvided = APIError(
        status: 400, code: "stripe_api_version_not_provided",
        message: "This endpoint requires a Stripe-Version header.")

    /// Ours: what Stripe answers to a version it does not know is not documented for v2.
    static func unknownVersion(_ version: String) -> APIError {
        APIError(
            status: 400, code: "invalid_stripe_version",
            message: "Batch jobs are not available in Stripe-Version '\(version)'. Known here: "
                + VersionRules.known.joined(separator: ", ") + ".")
    }

    /// Ours: the code of a v2 answer to a missing or malformed key is not documented.
    static let unauthenticated = APIError(
        status: 401, code: "unauthorized",
        message:
            "Provide a secret key: 'Authorization: Bearer sk_test_…', or HTTP Basic with the key as user.")

    static func jobNotFound(_ id: String) -> APIError {
        APIError(
            status: 404, code: "batch_job_not_found", message: "No such batch job: '\(id)'.",
            fields: ["batch_job_id": .string(id)])
    }

    static func notCancellable(_ id: String, status: String) -> APIError {
        APIError(
            status: 400, code: "batch_api_non_cancellable_job",
            message: "Batch job '\(id)' can't be canceled: its status is '\(status)'.",
            fields: ["batch_job_id": .string(id)])
    }

    static func unsupportedEndpoint(path: String, method: String) -> APIError {
        APIError(
            status: 400, code: "batch_api_unsupported_endpoint",
            message: "The endpoint '\(method) \(path)' isn't supported by batch jobs in this version.",
            fields: ["endpoint": ["http_method": .string(method), "path": .string(path)]])
    }

    static func unauthorizedEndpoint(path: String, method: String) -> APIError {
        APIError(
            status: 400, code: "auth_unauthorized_endpoint",
            message: "This account isn't permitted to use '\(method) \(path)' in batch jobs.",
            fields: ["endpoint": ["http_method": .string(method), "path": .string(path)]])
    }

    static let idempotencyMismatch = APIError(
        status: 409, code: "idempotency_error",
        message: "This Idempotency-Key was used before with other parameters.", shouldRetry: false)

    static func notFound(_ what: String) -> APIError {
        APIError(status: 404, code: "not_found", message: "Unrecognized request URL (\(what)).")
    }

    static func noSuch(_ noun: String, _ id: String) -> APIError {
        APIError(status: 404, code: "not_found", message: "No such \(noun): '\(id)'.")
    }

    /// The v2 form, or the one that v1 has.
    static func rateLimited(_ form: Quirks.RateLimitBody) -> APIError {
        let message = "Request rate limit exceeded."
        return form == .v1
            ? APIError(status: 429, code: "rate_limit", message: message, type: "invalid_request_error")
            : APIError(
                status: 429, code: "account_rate_limit_exceeded", message: message, type: "rate_limit")
    }

    /// Ours: what an account is told that has read too much is not documented.
    static let readQuotaExceeded = APIError(
        status: 429, code: "read_quota_exceeded",
        message: "This account has spent the GETs of its thirty days.", type: "quota_exceeded")

    /// Ours: the codes of malformed requests are not documented.
    static func malformed(_ code: String, _ message: String) -> APIError {
        APIError(status: 400, code: code, message: message)
    }
}

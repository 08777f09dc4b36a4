package import BatchCore

/// The batch API of one account: three calls, one upload, one download.
///
/// Every call is made once. Whether and when to ask again is the state machine's decision, and the three
/// kinds of `CallFailure` are what it decides by.
package struct StripeClient: Sendable {
    /// Whose jobs these are.
    package let account: StripeAccount
    let transport: any Transport

    /// How long an API call may take; the official SDKs wait as long.
    static let callTimeout = Duration.seconds(80)
    static let userAgent = "batchd/0.1.0"

    /// A client for `account` that speaks over `transport`.
    package init(account: StripeAccount, transport: any Transport) {
        self.account = account
        self.transport = transport
    }

    /// Asks for a new job, or for the job that this key has already made.
    ///
    /// - Parameter body: as `CreateRequest` made it; on a replay, the very same bytes.
    package func createBatchJob(key: IdempotencyKey, body: [UInt8]) async -> Result<JobAnswer, CallFailure> {
        await ask(.post, "/v2/core/batch_jobs", key: key, body: body)
    }

    /// Looks at a job. Each look also renews its URLs.
    package func retrieveBatchJob(_ job: JobID) async -> Result<JobAnswer, CallFailure> {
        await ask(.get, "/v2/core/batch_jobs/\(pathSegment(job))").flatMap { sameJob($0, job) }
    }

    /// Asks Stripe to end a job. It answers before the job has ended, and once more when asked again.
    package func cancelBatchJob(_ job: JobID, key: IdempotencyKey) async -> Result<JobAnswer, CallFailure> {
        let body = Array("{}".utf8)
        return await ask(.post, "/v2/core/batch_jobs/\(pathSegment(job))/cancel", key: key, body: body)
            .flatMap { sameJob($0, job) }
    }

    /// Asks for a job that does not exist: whether Stripe is there, takes the key, and knows the version.
    ///
    /// One GET. A good account answers 404.
    package func probe() async -> Result<Probe, CallFailure> {
        let request = WireRequest(
            method: .get, url: SecretURL(account.baseURL + "/v2/core/batch_jobs/batchv2_doctor"),
            headers: headers(key: nil, body: nil), headWithin: .seconds(15), endWithin: .seconds(15))
        do {
            var answer: [UInt8] = []
            let head = try await transport.send(request) { _, piece in
                answer.append(contentsOf: piece)
                return answer.count <= WireLimits.answerBytes
            }
            let error = JSONValue(parsing: answer)?["error"]
            return .success(
                Probe(
                    status: head.status, date: head["Date"],
                    code: error?["code"]?.text.map { bounded($0, bytes: 100) },
                    message: error?["message"]?.text.map { bounded(withoutKey($0), bytes: 300) }))
        } catch let failure as CallFailure {
            return .failure(failure)
        } catch {
            return .failure(.unanswered(reason: "\(type(of: error))"))
        }
    }

    private func sameJob(_ answer: JobAnswer, _ job: JobID) -> Result<JobAnswer, CallFailure> {
        guard answer.snapshot.id == job else {
            return .failure(.unanswered(reason: "the answer is about another job"))
        }
        return .success(answer)
    }

    private func ask(
        _ method: WireRequest.Method, _ path: String, key: IdempotencyKey? = nil, body: [UInt8]? = nil
    ) async -> Result<JobAnswer, CallFailure> {
        let request = WireRequest(
            method: method, url: SecretURL(account.baseURL + path), headers: headers(key: key, body: body),
            body: body.map { .bytes($0) } ?? .none,
            headWithin: Self.callTimeout, endWithin: Self.callTimeout)
        do {
            var answer: [UInt8] = []
            let head = try await transport.send(request) { _, piece in
                answer.append(contentsOf: piece)
                return answer.count <= WireLimits.answerBytes
            }
            return read(head, answer)
        } catch let failure as CallFailure {
            return .failure(failure)
        } catch {
            return .failure(.unanswered(reason: "\(type(of: error))"))
        }
    }

    /// Source: `stripe-batch-api.md` section 1.1.
    private func headers(key: IdempotencyKey?, body: [UInt8]?) -> [(name: String, value: String)] {
        var headers = [
            (name: "Authorization", value: "Bearer \(account.key.reveal)"),
            (name: "Stripe-Version", value: account.apiVersion),
            (name: "User-Agent", value: Self.userAgent),
        ]
        if let context = account.context { headers.append((name: "Stripe-Context", value: context)) }
        if let key { headers.append((name: "Idempotency-Key", value: key.rawValue)) }
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return headers
    }

    private func read(_ head: WireHead, _ body: [UInt8]) -> Result<JobAnswer, CallFailure> {
        let requestID = head["Request-Id"].map { bounded($0, bytes: 100) }
        let suffix = requestID.map { " (\($0))" } ?? ""
        switch head.status {
        case 200..<300:
            guard body.count <= WireLimits.answerBytes else {
                return .failure(
                    .unanswered(reason: "an answer over \(WireLimits.answerBytes) bytes\(suffix)"))
            }
            guard let answer = JobAnswer(parsing: body, requestID: requestID) else {
                return .failure(.unanswered(reason: "HTTP \(head.status) without a job object\(suffix)"))
            }
            return .success(answer)
        case 400..<500:
            let error = JSONValue(parsing: body)?["error"]
            return .failure(
                .refused(
                    status: head.status, code: error?["code"]?.text.map { bounded($0, bytes: 100) },
                    message: error?["message"]?.text.map { bounded(withoutKey($0), bytes: 500) }))
        default:
            return .failure(.unanswered(reason: "HTTP \(head.status)\(suffix)"))
        }
    }

    /// An error may quote what it refuses, and it may refuse the key.
    private func withoutKey(_ message: String) -> String {
        let key = account.key.reveal
        let safe =
            key.isEmpty
            ? message
            : message.split(separator: key, omittingEmptySubsequences: false)
                .joined(separator: "redacted")
        return withoutURLs(safe)
    }
}

/// An id as one segment of a path: whatever Stripe may put into it, it stays one.
private func pathSegment(_ job: JobID) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in job.rawValue.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            bytes.append(byte)
        default:
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// What an account's API said to a probe.
package struct Probe: Hashable, Sendable {
    /// The HTTP status.
    package var status: Int
    /// The `Date` header, as it came.
    package var date: String?
    /// The error's code.
    package var code: String?
    /// The error's message, without the key.
    package var message: String?
}

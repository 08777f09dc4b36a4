package import BatchCore

/// What Stripe said about one job.
package struct JobAnswer: Hashable, Sendable {
    /// The facts, without secrets.
    package var snapshot: JobSnapshot
    /// Where to PUT the input file; only while the job is ready for it.
    package var uploadURL: SecretURL?
    /// Where to GET the results; only when there are any.
    package var downloadURL: SecretURL?
    /// The whole job object as JSON on one line, every URL in it replaced by `redacted`.
    package var redactedObject: [UInt8]
    /// The `Request-Id` that Stripe's support asks for, when it sent one.
    package var requestID: String?

    /// An answer, made of its parts.
    package init(
        snapshot: JobSnapshot, uploadURL: SecretURL? = nil, downloadURL: SecretURL? = nil,
        redactedObject: [UInt8], requestID: String? = nil
    ) {
        self.snapshot = snapshot
        self.uploadURL = uploadURL
        self.downloadURL = downloadURL
        self.redactedObject = redactedObject
        self.requestID = requestID
    }
}

extension JobAnswer {
    /// Reads a job object, tolerant of everything but a missing or impossible id or status; nil then.
    ///
    /// Numbers may be strings, unknown statuses are kept, unknown members are ignored.
    /// Source: `stripe-batch-api.md` sections 1.3 and 2.
    package init?(parsing bytes: [UInt8], requestID: String? = nil) {
        guard let job = JSONValue(parsing: bytes),
            let id = job["id"]?.text, WireLimits.isJobID(id),
            let word = job["status"]?.text, WireLimits.isStatus(word),
            job["object"].map({ $0.text == "v2.core.batch_job" }) ?? true
        else { return nil }
        let status = JobStatus(word)
        let details = Self.details(of: job, word: word, status: status)
        let created = job["created"].flatMap(moment)
        let output = details?["output_file"]
        let download = output?["download_url"]?.url

        var snapshot = JobSnapshot(id: JobID(id), status: status, created: created)
        snapshot.validated = details?["validated_count"]?.count
        snapshot.succeeded = details?["success_count"]?.count
        snapshot.failed = details?["failure_count"]?.count
        snapshot.outputBytes = output?["size"]?.count
        snapshot.hasOutput = download != nil
        snapshot.failure = details?["error"].flatMap { $0.text ?? $0["message"]?.text }.map {
            bounded(withoutURLs($0), bytes: 500)
        }
        var upload: String?
        if status == .readyForUpload {
            upload = details?["upload_url"]?.url
            snapshot.uploadDeadline =
                details?["upload_url"]?["expires_at"].flatMap(moment) ?? created.map { $0 + uploadWindow }
        }
        self.init(
            snapshot: snapshot, uploadURL: upload.map(SecretURL.init),
            downloadURL: download.map(SecretURL.init),
            redactedObject: job.mapStrings { $0.contains("://") ? "redacted" : $0 }.bytes,
            requestID: requestID
        )
    }

    /// The details stand under the name of the status, in whichever spelling, and never more than one does.
    private static func details(of job: JSONValue, word: String, status: JobStatus) -> JSONValue? {
        guard let all = job["status_details"] else { return nil }
        if let named = all[word] ?? all[status.word] { return named }
        return all.members?.count == 1 ? all.members?.values.first : nil
    }
}

/// How long Stripe takes a file after the create, when it does not say until when.
private let uploadWindow = Duration.seconds(300)

/// A moment as v2 writes it, RFC 3339; seconds since 1970, as v1 does, are understood too.
private func moment(_ value: JSONValue) -> Timestamp? {
    let moment: Timestamp? =
        switch value {
        case .string(let text): Timestamp(rfc3339: text)
        case .integer(let seconds) where seconds.magnitude < 1 << 40: Timestamp(milliseconds: seconds * 1000)
        default: nil
        }
    return moment.flatMap { WireLimits.moments.contains($0) ? $0 : nil }
}

extension JSONValue {
    /// A number of things: whole, not negative, and possible.
    fileprivate var count: Int64? {
        whole.flatMap { (0...WireLimits.largestCount).contains($0) ? $0 : nil }
    }

    /// The URL in an object that holds one; a longer one than can be sent is none.
    fileprivate var url: String? {
        self["url"]?.text.flatMap { (1...WireLimits.urlBytes).contains($0.utf8.count) ? $0 : nil }
    }
}

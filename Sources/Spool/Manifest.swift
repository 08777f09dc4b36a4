package import BatchCore
import FoundationEssentials

/// What one archived job was: enough to check it, and to know what it did, without the database.
package struct Manifest: Hashable, Sendable {
    /// The account's name in the configuration.
    package var account: String
    /// The queue's name.
    package var queue: String
    /// The workload it belongs to.
    package var workload: WorkloadID
    /// The batch that travelled as its input.
    package var batch: BatchID
    /// Stripe's job.
    package var job: JobID
    /// How the job ended, in Stripe's word.
    package var ending: JobEnding
    /// Method and path, as in `POST /v1/customers/:customer`.
    package var endpoint: String
    /// The API version it was made under.
    package var apiVersion: String
    /// Rows that were sent.
    package var rows: Int64
    /// Rows that succeeded and failed, as Stripe counts them.
    package var succeeded: Int64?, failed: Int64?
    /// The input file as it was sent.
    package var input: InputFile?
    /// The results; nil when there were none to be had.
    package var results: ArchivedFacts?
    /// When Stripe made the job.
    package var created: Timestamp?
    /// When its upload had ended.
    package var uploaded: Timestamp?
    /// When it was first seen to have ended.
    package var ended: Timestamp?
    /// When it was archived.
    package var archived: Timestamp
    /// The last job object, as JSON, its URLs replaced; empty when unknown.
    package var jobObject: [UInt8]

    /// A manifest, made of its parts.
    package init(
        account: String, queue: String, workload: WorkloadID, batch: BatchID, job: JobID, ending: JobEnding,
        endpoint: String, apiVersion: String, rows: Int64, succeeded: Int64? = nil, failed: Int64? = nil,
        input: InputFile? = nil, results: ArchivedFacts?, created: Timestamp? = nil,
        uploaded: Timestamp? = nil, ended: Timestamp? = nil, archived: Timestamp, jobObject: [UInt8]
    ) {
        self.account = account
        self.queue = queue
        self.workload = workload
        self.batch = batch
        self.job = job
        self.ending = ending
        self.endpoint = endpoint
        self.apiVersion = apiVersion
        self.rows = rows
        self.succeeded = succeeded
        self.failed = failed
        self.input = input
        self.results = results
        self.created = created
        self.uploaded = uploaded
        self.ended = ended
        self.archived = archived
        self.jobObject = jobObject
    }

    /// True when both speak of the same content; times and the compressed form may differ.
    func hasSameContent(as other: Manifest) -> Bool {
        batch == other.batch && job == other.job && results?.rawBytes == other.results?.rawBytes
            && results?.rawSHA256 == other.results?.rawSHA256
    }
}

extension Manifest {
    /// The manifest as an indented JSON object with sorted keys, the job object last.
    package var json: [UInt8] {
        let form = Form(
            version: 1, account: account, queue: queue, workload: "\(workload)", batch: "\(batch)",
            job: job.rawValue, status: ending.rawValue, endpoint: endpoint, apiVersion: apiVersion,
            rows: .init(sent: rows, resultLines: results?.lines, succeeded: succeeded, failed: failed),
            input: input.map { .init(bytes: $0.bytes, sha256: "\($0.sha256)") },
            results: results.map(FactsForm.init),
            times: .init(
                created: created?.rfc3339, uploaded: uploaded?.rfc3339, ended: ended?.rfc3339,
                archived: archived.rfc3339))
        var bytes = encoded(form)
        guard !jobObject.isEmpty else { return bytes }
        // The job object goes in as the bytes it is: nothing here needs to understand it.
        let tail = Array("\n}\n".utf8)
        bytes.removeLast(tail.count)
        return bytes + Array(",\n  \"job_object\" : ".utf8) + jobObject + tail
    }

    /// Reads what `json` wrote; nil for anything else. The job object is left out.
    package init?(json: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // Whatever is wrong with it, it is not a manifest; the caller names the file.
        guard let form = try? decoder.decode(Form.self, from: Data(json)),
            let workload = WorkloadID(form.workload), let batch = BatchID(form.batch),
            let ending = JobEnding(rawValue: form.status),
            let archived = Timestamp(rfc3339: form.times.archived)
        else { return nil }
        var input: InputFile?
        if let stated = form.input {
            guard let digest = Digest(hexadecimal: stated.sha256) else { return nil }
            input = InputFile(bytes: stated.bytes, sha256: digest)
        }
        var results: ArchivedFacts?
        if let stated = form.results {
            guard let facts = stated.facts else { return nil }
            results = facts
        }
        self.init(
            account: form.account, queue: form.queue, workload: workload, batch: batch, job: JobID(form.job),
            ending: ending, endpoint: form.endpoint, apiVersion: form.apiVersion, rows: form.rows.sent,
            succeeded: form.rows.succeeded, failed: form.rows.failed, input: input, results: results,
            created: form.times.created.flatMap(Timestamp.init(rfc3339:)),
            uploaded: form.times.uploaded.flatMap(Timestamp.init(rfc3339:)),
            ended: form.times.ended.flatMap(Timestamp.init(rfc3339:)), archived: archived, jobObject: [])
    }
}

/// The manifest on disk. Members may be added, never changed: `interfaces.md` section 6.
private struct Form: Codable {
    struct Rows: Codable { var sent: Int64, resultLines: Int64?, succeeded: Int64?, failed: Int64? }
    struct Input: Codable { var bytes: Int64, sha256: String }
    struct Times: Codable { var created: String?, uploaded: String?, ended: String?, archived: String }

    var version: Int
    var account: String, queue: String, workload: String, batch: String, job: String, status: String
    var endpoint: String, apiVersion: String
    var rows: Rows
    var input: Input?
    var results: FactsForm?
    var times: Times
}

/// A file of the archive, in a manifest or summary.
struct FactsForm: Codable {
    var rawBytes: Int64, rawSha256: String, storedBytes: Int64, storedSha256: String, lines: Int64

    init(_ facts: ArchivedFacts) {
        rawBytes = facts.rawBytes
        rawSha256 = "\(facts.rawSHA256)"
        storedBytes = facts.storedBytes
        storedSha256 = "\(facts.storedSHA256)"
        lines = facts.lines
    }

    var facts: ArchivedFacts? {
        guard let raw = Digest(hexadecimal: rawSha256), let stored = Digest(hexadecimal: storedSha256)
        else { return nil }
        return ArchivedFacts(
            rawBytes: rawBytes, rawSHA256: raw, storedBytes: storedBytes, storedSHA256: stored, lines: lines)
    }
}

extension Digest {
    /// Reads 64 hexadecimal digits; nil for anything else.
    init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        self.init(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}

/// `form` as an indented JSON object with sorted snake-case keys and a newline at the end.
func encoded(_ form: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do {
        return Array(try encoder.encode(form)) + [UInt8(ascii: "\n")]
    } catch {
        preconditionFailure("texts and whole numbers can be written: \(error)")
    }
}

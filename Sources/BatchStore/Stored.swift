import BatchCore
import Foundation
import GRDB

extension Digest {
    /// As a BLOB.
    var data: Data { Data(bytes) }

    /// From a BLOB; throws when it is not 32 bytes.
    init(stored data: Data) throws {
        guard data.count == 32 else { throw StoreError.inconsistent("a digest of \(data.count) bytes") }
        self.init(Array(data))
    }
}

extension CreateIntent {
    /// The body as a BLOB.
    var bodyData: Data { Data(body) }
}

extension Timestamp {
    /// From a column; nil stays nil.
    init?(stored milliseconds: Int64?) {
        guard let milliseconds else { return nil }
        self.init(milliseconds: milliseconds)
    }
}

extension Batch {
    /// Reads a line of `batch`; the schema's checks make sure that what its phase needs is there.
    init(stored row: Row) throws {
        let id = BatchID(row["id"] as Int64)
        self.init(
            id: id, workload: WorkloadID(row["workload"] as Int64), queue: row["queue"],
            account: row["account"], rows: row["rows"], apiVersion: row["api_version"],
            context: row["context"], phase: try BatchPhase(stored: row),
            cancelWanted: row["cancel_wanted"],
            notBefore: Timestamp(milliseconds: row["not_before"]), failures: row["failures"],
            unchanged: row["unchanged"], seen: JobSnapshot(stored: row),
            aliveAt: Timestamp(stored: row["seen_at"]) ?? Timestamp(milliseconds: row["changed_at"]),
            runsSince: Timestamp(stored: row["runs_since"]), pace: RowPace(stored: row),
            sending: Sending(stored: row))
    }
}

extension RowPace {
    fileprivate init?(stored row: Row) {
        guard let since = Timestamp(stored: row["pace_since"]), let done: Int64 = row["pace_done"] else {
            return nil
        }
        self.init(
            since: since, done: done, rate: row["row_rate"], measuredAt: Timestamp(stored: row["rate_at"]))
    }
}

extension Sending {
    init?(stored row: Row) {
        guard let bytes: Int64 = row["sent_bytes"], let time: Int64 = row["sent_ms"] else { return nil }
        self.init(bytes: bytes, time: .milliseconds(time), arrived: row["uploaded_at"] != nil)
    }
}

extension BatchPhase {
    fileprivate init(stored row: Row) throws {
        let name: String = row["phase"]
        func file() throws -> InputFile {
            InputFile(bytes: row["input_bytes"], sha256: try Digest(stored: row["input_sha256"]))
        }
        func ending() throws -> JobEnding {
            guard let ending = JobEnding(rawValue: row["ending"]) else {
                throw StoreError.inconsistent("an unknown ending in batch \(row["id"] as Int64)")
            }
            return ending
        }
        let job: () -> JobID = { JobID(row["job"] as String) }
        switch name {
        case "staging": self = .staging
        case "staged": self = .staged(try file())
        case "creating":
            let body: Data = row["create_body"]
            self = .creating(
                try file(),
                CreateIntent(
                    key: IdempotencyKey(row["create_key"]), body: Array(body),
                    askedAt: Timestamp(milliseconds: row["asked_at"])))
        case "awaiting_upload":
            self = .awaitingUpload(
                try file(), job: job(), deadline: Timestamp(milliseconds: row["upload_deadline"]))
        case "uploading":
            self = .uploading(
                try file(), job: job(), deadline: Timestamp(milliseconds: row["upload_deadline"]))
        case "processing":
            self = .processing(job: job(), pollAt: Timestamp(milliseconds: row["poll_at"]))
        case "collecting":
            self = .collecting(
                job: job(), try ending(), until: Timestamp(milliseconds: row["results_until"]))
        case "archived": self = .archived(job: job(), try ending())
        case "settled": self = .settled
        case "released":
            guard let reason = ReleaseReason(rawValue: row["release_reason"]) else {
                throw StoreError.inconsistent("an unknown release of batch \(row["id"] as Int64)")
            }
            self = .released(reason)
        default: throw StoreError.inconsistent("an unknown phase in batch \(row["id"] as Int64)")
        }
    }
}

extension JobSnapshot {
    /// What the last look showed, as far as it is stored.
    fileprivate init?(stored row: Row) {
        guard let status: String = row["seen_status"], let job: String = row["job"] else { return nil }
        self.init(
            id: JobID(job), status: JobStatus(status), validated: row["seen_validated"],
            succeeded: row["seen_succeeded"], failed: row["seen_failed"], failure: row["seen_failure"])
    }
}

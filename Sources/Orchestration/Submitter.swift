import BatchCore
import BatchStore
import Env
import Spool
import StripeBatch

/// Creates jobs and sends their files.
struct Submitter {
    let parts: Parts

    /// Asks for a job, for the first time or again, and sends its file at once: the window is short.
    func create(_ batch: Batch, _ intent: CreateIntent) async throws {
        guard try await Stager(parts: parts).provideFile(of: batch) else { return }
        let (_, client) = try parts.lane(of: batch)
        let answer = await client.createBatchJob(key: intent.key, body: intent.body)
        parts.faults.hit(.createAnswered)
        switch answer {
        case .success(let answer):
            // Two batches in one job would be taken for one: whatever this is, it is no job of ours.
            if let other = try parts.store.batch(of: answer.snapshot.id), other.batch.id != batch.id {
                let failure = CallFailure.unanswered(reason: "the new job is that of \(other.batch.id)")
                try await parts.orchestrator.record(.failed(failure), for: batch.id)
                return
            }
            try await parts.orchestrator.record(.created(answer.snapshot), for: batch.id)
            guard let url = answer.uploadURL,
                let ready = try await parts.orchestrator.intendToUpload(batch.id)
            else { return }
            try await send(ready, to: url, client)
        case .failure(let failure) where failure.isPassing:
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        case .failure(let failure):
            try await parts.orchestrator.createRefused(batch.id, failure)
        }
    }

    /// Looks whether the file arrived; sends it when it did not, and when the window allows.
    ///
    /// The look also brings the URL, which is a secret and was never stored.
    func resume(_ batch: Batch) async throws {
        let (_, client) = try parts.lane(of: batch)
        switch try await parts.retrieve(batch.phase.job ?? JobID(""), of: batch) {
        case .success(let answer):
            guard answer.snapshot.status == .readyForUpload, let url = answer.uploadURL,
                try await parts.orchestrator.mayUploadAgain(batch.id)
            else {
                try await parts.orchestrator.record(.observed(answer.snapshot), for: batch.id)
                return
            }
            guard try await Stager(parts: parts).provideFile(of: batch) else { return }
            try await send(batch, to: url, client)
        case .failure(let failure):
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        }
    }

    private func send(_ batch: Batch, to url: SecretURL, _ client: StripeClient) async throws {
        guard case .uploading(let file, _, let deadline) = batch.phase else { return }
        let left = max(.seconds(1), deadline - parts.clock.now())
        let spooled = try parts.spool.reader(of: batch.id)
        let pieces = OutgoingPieces(
            bytes: file.bytes, name: parts.spool.path(of: batch.id), next: spooled.next)
        let began = parts.clock.now()
        let sent = SentBytes()
        let answer = try await client.upload(pieces, to: url, within: left, sent: sent)
        parts.faults.hit(.uploadAnswered)
        var sending = Sending(bytes: sent.value, time: parts.clock.now() - began, arrived: false)
        if case .success = answer { sending.arrived = true }
        parts.orchestrator.meters.uploaded(sending, by: batch.account)
        await parts.orchestrator.sent(sending, of: batch.id)
        switch answer {
        case .success: try await parts.orchestrator.record(.uploaded, for: batch.id)
        case .failure(let failure): try await parts.orchestrator.record(.failed(failure), for: batch.id)
        }
    }
}

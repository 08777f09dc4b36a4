import BatchCore
import BatchStore
import Env
import Spool
import StripeBatch

/// Brings results into the archive.
struct Collector {
    let parts: Parts

    /// Failures after which results of another size than the stated one are taken as they are.
    private static let failuresBeforeDoubt = 3

    /// Downloads what a job left, publishes it, and records that it is there.
    ///
    /// A cut is continued where it happened; a URL that has died is renewed by another look at the job.
    func collect(_ batch: Batch) async throws {
        guard case .collecting(let job, let ending, let until) = batch.phase else { return }
        let (_, client) = try parts.lane(of: batch)
        let folder = try parts.folder(of: batch)
        do {
            // A crash between publishing and recording it: what is there is not fetched again.
            if let there = try folder.published(job) {
                return try await parts.orchestrator.archived(
                    batch.id, there.manifest.results, manifest: there.digest, as: there.manifest.ending)
            }
        } catch let damage as ArchiveDamage {
            return try await parts.orchestrator.stall(batch.id, "archive_damaged: \(damage)")
        }
        switch try await parts.retrieve(job, of: batch) {
        case .failure(.refused(404, _, _)) where parts.clock.now() >= until || !batch.expectsResults(ending):
            try await giveUp(batch, ending, folder)
        case .failure(let failure):
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        case .success(let answer):
            guard answer.snapshot.hasOutput, let url = answer.downloadURL else {
                guard batch.expectsResults(ending) else {
                    return try await publish(batch, ending, nil, answer, folder)
                }
                if parts.clock.now() >= until { return try await giveUp(batch, ending, folder) }
                let failure = CallFailure.unanswered(reason: "the job has ended, but offers no results yet")
                try await parts.orchestrator.record(.failed(failure), for: batch.id)
                return
            }
            try await download(batch, ending, answer, url, client, folder)
        }
    }

    private func download(
        _ batch: Batch, _ ending: JobEnding, _ answer: JobAnswer, _ url: SecretURL, _ client: StripeClient,
        _ folder: WorkloadFolder
    ) async throws {
        var writer = try folder.writer(for: batch.id)
        var bounds = DownloadBounds(
            stated: answer.snapshot.outputBytes, isStatedWrong: batch.failures >= Self.failuresBeforeDoubt,
            minFree: parts.settings.minFree)
        let result: Result<DownloadEnd, CallFailure>
        let (began, had) = (parts.clock.now(), writer.rawBytes)
        do {
            result = try await client.download(url, from: writer.rawBytes) { bytes in
                try bounds.check(writer.rawBytes + Int64(bytes.count)) {
                    try FileSystem.available(at: folder.path)
                }
                try writer.append(bytes)
            }
        } catch let overrun as DownloadBounds.Overrun {
            // Its space is given back, and the next try begins anew.
            try writer.pause()
            try folder.discardPartial(of: batch.id)
            let failure = CallFailure.unanswered(reason: overrun.reason)
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
            return
        }
        parts.faults.hit(.downloadEnded)
        parts.orchestrator.meters.downloaded(
            writer.rawBytes - had, in: parts.clock.now() - began, by: batch.account,
            isWhole: result.isComplete)
        switch result {
        case .success(.complete(let end)):
            let stated = answer.snapshot.outputBytes
            guard writer.rawBytes == end,
                stated == nil || stated == end || batch.failures >= Self.failuresBeforeDoubt
            else {
                // Shorter or longer than Stripe says: fetched anew, and taken as it is when it stays so.
                try writer.pause()
                try folder.discardPartial(of: batch.id)
                let failure = CallFailure.unanswered(
                    reason: "\(end) bytes of results, but Stripe states \(stated ?? end)")
                try await parts.orchestrator.record(.failed(failure), for: batch.id)
                return
            }
            let facts = try writer.finish()
            try await publish(batch, ending, facts, answer, folder)
        case .success(.expired):
            try writer.pause()
            let failure = CallFailure.unanswered(reason: "the download URL has expired")
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        case .success(.offsetBeyondEnd):
            try writer.pause()
            try folder.discardPartial(of: batch.id)
            let failure = CallFailure.unanswered(reason: "the results are shorter than what was read of them")
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        case .failure(let failure):
            try writer.pause()
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        }
    }

    private func publish(
        _ batch: Batch, _ ending: JobEnding, _ facts: ArchivedFacts?, _ answer: JobAnswer?,
        _ folder: WorkloadFolder
    ) async throws {
        let manifest = try manifest(of: batch, ending, facts, answer)
        do {
            let digest = try folder.publish(manifest)
            try await parts.orchestrator.archived(batch.id, facts, manifest: digest, as: ending)
        } catch let damage as ArchiveDamage {
            try await parts.orchestrator.stall(batch.id, "archive_damaged: \(damage)")
        }
    }

    /// The results can no longer be had. What was had of them is archived all the same, so that nobody looks
    /// for the rest in vain.
    private func giveUp(_ batch: Batch, _ ending: JobEnding, _ folder: WorkloadFolder) async throws {
        guard batch.expectsResults(ending) else { return try await publish(batch, ending, nil, nil, folder) }
        let writer = try folder.writer(for: batch.id)
        let facts = writer.rawBytes > 0 ? try writer.finish() : nil
        try await publish(batch, .resultsExpired, facts, nil, folder)
    }

    private func manifest(
        of batch: Batch, _ ending: JobEnding, _ facts: ArchivedFacts?, _ answer: JobAnswer?
    ) throws -> Manifest {
        let (policy, _) = try parts.lane(of: batch)
        let record = try parts.store.batch(batch.id)
        return Manifest(
            account: batch.account, queue: batch.queue, workload: batch.workload, batch: batch.id,
            job: batch.phase.job ?? JobID(""), ending: ending, endpoint: "\(policy.endpoint)",
            apiVersion: batch.apiVersion, rows: batch.rows, succeeded: answer?.snapshot.succeeded,
            failed: answer?.snapshot.failed, input: record?.input, results: facts,
            created: answer?.snapshot.created, uploaded: record?.uploadedAt, ended: record?.endedAt,
            archived: parts.clock.now(), jobObject: answer?.redactedObject ?? [])
    }
}

extension Batch {
    /// True when Stripe should have an output file. A canceled job has one only if rows of it ran.
    ///
    /// Source: `stripe-batch-api.md` section 2.
    fileprivate func expectsResults(_ ending: JobEnding) -> Bool {
        switch ending {
        case .complete, .timeout, .validationFailed: true
        case .canceled: (seen?.succeeded ?? 0) + (seen?.failed ?? 0) > 0
        case .batchFailed, .uploadTimeout, .resultsExpired: false
        }
    }
}

extension Result where Success == DownloadEnd {
    fileprivate var isComplete: Bool {
        if case .success(.complete) = self { true } else { false }
    }
}

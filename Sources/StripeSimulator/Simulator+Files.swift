import Foundation

/// Uploads and downloads by presigned URL.
extension Simulator {
    /// Permission to store one file.
    struct UploadTicket: Sendable {
        let jobID: String
        /// Where the bytes go until they are all there.
        let path: String
    }

    func admitUpload(token: String, stamp: String, signature: String) throws(StorageError) -> UploadTicket {
        guard let id = jobsByToken[token], let job = jobs[id] else { throw .gone }
        try links.check(.upload, token: token, stamp: stamp, signature: signature, now: clock.now)
        guard case .readyForUpload = job.phase else { throw .alreadyUploaded }
        return UploadTicket(jobID: id, path: inputPath(id) + "." + random.token(length: 8))
    }

    /// The whole file has arrived: processing starts by itself.
    ///
    /// The deadline is held against the end of the transfer. Stripe does not say which end counts.
    func acceptUpload(_ ticket: UploadTicket, _ file: InputFile) throws {
        guard var job = jobs[ticket.jobID], case .readyForUpload(let deadline) = job.phase else {
            throw StorageError.alreadyUploaded
        }
        guard clock.now < deadline else { throw StorageError.expired }
        let path = inputPath(job.id)
        let moved = rename(ticket.path, path)
        _ = try FileFault.check(moved, path)
        let work = try JobWork(input: file.moved(to: path), resultPath: resultPath(job.id))
        job.rowCount = file.rowCount
        job.inputBytes = file.byteCount
        job.uploadedAt = clock.now
        job.fault = jobFaults.strike()
        self.work[job.id] = work
        jobs[job.id] = job
        try become(job.phaseAfterUpload(at: clock.now), job.id)
    }

    /// The result file's place and size.
    func admitDownload(
        token: String, stamp: String, signature: String
    ) throws(StorageError) -> (path: String, size: Int) {
        guard let id = jobsByToken[token], let job = jobs[id] else { throw .gone }
        try links.check(.download, token: token, stamp: stamp, signature: signature, now: clock.now)
        guard let ending = job.phase.ending, ending.hasOutput, clock.now < ending.at + Job.resultLife else {
            throw .gone
        }
        return (resultPath(id), job.outputBytes)
    }
}

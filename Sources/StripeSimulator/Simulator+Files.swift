import Foundation

/// Uploads and downloads by presigned URL.
extension Simulator {
    /// Permission to store one file.
    struct UploadTicket: Sendable {
        let jobID: String
        /// Where the bytes go until they are all there.
        let path: String
        let contentType: Quirks.UploadType
    }

    func admitUpload(token: String, stamp: String, signature: String) throws(StorageError) -> UploadTicket {
        guard let id = jobsByToken[token], let job = jobs[id] else { throw .gone }
        try links.check(.upload, token: token, stamp: stamp, signature: signature, now: clock.now)
        if case .readyForUpload = job.phase {
            if quirks.putDeadline == .start { jobs[id]?.heldOpen += 1 }
        } else if !takesSecondFile(job) {
            throw .alreadyUploaded
        }
        return UploadTicket(
            jobID: id, path: inputPath(id) + "." + random.token(length: 8),
            contentType: quirks.uploadContentType)
    }

    /// The transfer is over, whole or not.
    func endUpload(_ ticket: UploadTicket) {
        if let held = jobs[ticket.jobID]?.heldOpen, held > 0 { jobs[ticket.jobID]?.heldOpen = held - 1 }
    }

    private func takesSecondFile(_ job: Job) -> Bool {
        quirks.secondPut == .replaces && job.uploadedAt != nil
    }

    /// The whole file has arrived: processing starts by itself.
    ///
    /// The deadline is held against the end of the transfer, unless the quirks say otherwise. A second
    /// file takes the place of the first as long as that is only being validated; later it is ignored.
    func acceptUpload(_ ticket: UploadTicket, _ file: InputFile) throws {
        guard var job = jobs[ticket.jobID] else { throw StorageError.gone }
        switch job.phase {
        case .readyForUpload(let deadline):
            guard clock.now < deadline || job.heldOpen > 0 else { throw StorageError.expired }
        case .validating where takesSecondFile(job):
            break
        default:
            guard takesSecondFile(job) else { throw StorageError.alreadyUploaded }
            return
        }
        let path = inputPath(job.id)
        let moved = rename(ticket.path, path)
        _ = try FileFault.check(moved, path)
        let work = try JobWork(
            input: file.moved(to: path), resultPath: resultPath(job.id),
            seed: options.seed ^ Chance.digest(job.id))
        job.rowCount = file.rowCount
        job.inputBytes = file.byteCount
        if job.uploadedAt == nil { job.fault = try drawFault(for: job, work) }
        job.uploadedAt = clock.now
        self.work[job.id] = work
        jobs[job.id] = job
        try become(job.phaseAfterUpload(at: clock.now), job.id)
    }

    private func drawFault(for job: Job, _ work: JobWork) throws -> JobFault? {
        let wanted = Set(jobFaults.active.compactMap(\.withRow))
        var there: Set<String> = []
        if !wanted.isEmpty {
            for index in 0..<job.rowCount {
                // What is no row has no id.
                let row = try? work.reader.withRow(index) {
                    try RowLine.parse($0, placeholders: job.request.endpoint.placeholders)
                }
                if let id = row?.id, wanted.contains(id) { there.insert(id) }
            }
        }
        return jobFaults.strike { $0.withRow.map(there.contains) ?? true }
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

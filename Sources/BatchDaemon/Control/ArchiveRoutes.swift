import BatchCore
import BatchStore
import ControlAPI
import Env
import Hummingbird
import NIOCore
import Orchestration
import Spool
import Synchronization

/// `/v1/archive`: the jobs that are kept, whether they are still what was published, and their results.
struct ArchiveRoutes {
    let facts: Facts
    let archive: Archive
    let workers: Workers

    private static let piece = 1 << 20

    func add(to router: ControlRouter) {
        router.get(Routes.archive, .queue, .workload) { [self] call in
            // A queue that is not configured any more has an archive all the same.
            let queue = call.text(.queue)
            let jobs = try archive.folders(of: try facts.workloadFilter(call)).flatMap { folder in
                try folder.jobs().map { (folder, try manifest(of: $0, in: folder)) }
            }
            let kept = jobs.filter { queue == nil || $0.1.queue == queue }
                .sorted { ($0.1.archived, $0.1.batch) < ($1.1.archived, $1.1.batch) }
            return try .json(List(data: kept.map { ArchivedJob($0.1, in: $0.0) }))
        }
        router.get(Routes.verifyArchive, .workload) { [self] call in
            let workload = try facts.workloadFilter(call)
            let verdict = try ArchiveVerifier(archive: archive, store: facts.store).verify(workload)
            return try .json(ArchiveReport(verdict, of: workload))
        }
        router.get(Routes.archivedJob(":id")) { [self] call in
            let (folder, manifest) = try find(call.id)
            return try .json(ArchivedJob(manifest, in: folder))
        }
        router.get(Routes.archivedResults(":id"), .stored) { [self] call in
            let (folder, manifest) = try find(call.id)
            guard let facts = manifest.results else {
                throw Refusal(
                    .conflict, "no_results", "The job \(Refusal.shown(call.id)) has no results.",
                    hint: "It ended as \(manifest.ending.rawValue): batchctl explain \(manifest.batch)")
            }
            let path = folder.resultsPath(of: manifest.job)
            let (bytes, digest) = try folder.storedFacts(of: path)
            guard bytes == facts.storedBytes, digest == facts.storedSHA256 else {
                throw Refusal.damaged("\(path): differs from its manifest")
            }
            return try call.flag(.stored) ? stored(path) : try raw(path)
        }
    }

    /// A job in the archive.
    private func find(_ id: String) throws -> (WorkloadFolder, Manifest) {
        let record = try facts.batch(ofJob: id)
        let job = JobID(id)
        let folders = try archive.existingFolders(queue: record.batch.queue, workload: record.batch.workload)
        guard let folder = folders.first(where: { FileSystem.exists($0.path(of: job)) }) else {
            throw Refusal(
                .notFound, "not_found", "The job \(Refusal.shown(id)) is not in the archive.",
                hint: "It is \(record.batch.phase.name). See: batchctl explain \(record.batch.id)")
        }
        return (folder, try manifest(of: job, in: folder))
    }

    private func manifest(of job: JobID, in folder: WorkloadFolder) throws -> Manifest {
        do {
            return try folder.manifest(of: job).manifest
        } catch let damage as ArchiveDamage {
            throw Refusal.damaged("\(damage)")
        }
    }

    private func stored(_ path: String) -> Response {
        .pieces(from: Int64(0), on: workers, type: "application/zstd") { offset in
            let file = try OpenFile(path, .read)
            try file.seek(to: offset)
            var count = 0
            var buffer = ByteBuffer()
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.piece) {
                count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0.prefix(Self.piece)))
                return count
            }
            return (buffer, count < Self.piece ? nil : offset + Int64(count))
        }
    }

    private func raw(_ path: String) throws -> Response {
        let results = OpenResults(try ResultReader(path))
        return .pieces(from: 0, on: workers, type: "application/jsonl") { _ in
            var buffer = ByteBuffer()
            let goesOn = try results.reader.withLock { reader in
                try reader.next { buffer.writeBytes($0) }
            }
            return (buffer, goesOn ? 0 : nil)
        }
    }
}

/// Results that are read bit by bit, on one thread after the other.
private final class OpenResults: Sendable {
    let reader: Mutex<ResultReader>

    init(_ reader: consuming sending ResultReader) { self.reader = Mutex(reader) }
}

extension Refusal {
    /// A file of the archive is not what was published.
    static func damaged(_ what: String) -> Refusal {
        Refusal(
            .internalServerError, "archive_damaged", "\(what).",
            hint: "Put it back from a backup. See all of it: batchctl archive verify")
    }
}

extension ArchivedJob {
    init(_ manifest: Manifest, in folder: WorkloadFolder) {
        let results = manifest.results
        self.init(
            id: manifest.job.rawValue, batch: "\(manifest.batch)", workload: "\(manifest.workload)",
            queue: manifest.queue, account: manifest.account, state: manifest.ending.rawValue,
            rows: Int(manifest.rows), lines: results.map { Int($0.lines) },
            bytes: results.map { Int($0.rawBytes) }, storedBytes: results.map { Int($0.storedBytes) },
            sha256: results.map { "\($0.rawSHA256)" }, createdAt: manifest.created?.rfc3339,
            endedAt: manifest.ended?.rfc3339, archivedAt: manifest.archived.rfc3339,
            path: folder.path(of: manifest.job))
    }
}

extension ArchiveReport {
    init(_ verdict: ArchiveVerifier.Verdict, of workload: WorkloadID?) {
        self.init(
            ok: verdict.count == 0, workload: workload.map { "\($0)" }, jobs: verdict.jobs,
            bytes: Int(verdict.bytes), differing: Int(verdict.count),
            differences: verdict.differences.map { AuditDifference($0) })
    }
}

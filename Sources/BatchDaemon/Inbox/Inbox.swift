import BatchCore
import BatchStore
import ControlAPI
import Env
import HTTPTypes
import Logging
import Orchestration
import ServiceLifecycle

/// Submits the files that are renamed into `inbox/<queue>/`, one after the other.
///
/// A file is taken when two looks in a row have found it the same, and it is still the same when it was read: so one that
/// somebody writes there instead of renaming it is left alone as long as it grows. The file itself is its submission key, by
/// its name, number, size and time: one that was accepted and not yet moved when the daemon ended is recognized.
struct Inbox: Service {
    private static let pause = Duration.seconds(1)
    private static let chunk = 1 << 18

    let root: String
    let facts: Facts
    let orchestrator: Orchestrator
    let alarm: Alarm
    let workers: Workers
    let logger: Logger

    func run() async throws {
        // What is wrong with it now is seen by whoever starts us; what is wrong later is logged.
        for queue in facts.configuration.queues { try InboxFolder(inbox: root, queue: queue.name).make() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: workers) { await look() }
            await facts.daemon.untilStopping()
            group.cancelAll()
        }
        // A service must not end before it is its turn.
        try await gracefulShutdown()
    }

    /// What is remembered from one look to the next.
    private struct Memory {
        var files: [String: FileSystem.Status] = [:]
        /// The queues that were configured at the last look.
        var queues: Set<String> = []
        /// Those of them whose folders are there.
        var made: Set<String> = []
        /// What was wrong with the folder of each queue: said once.
        var complaints: [String: String] = [:]
    }

    /// Looks again and again, until it is canceled.
    private func look() async {
        var memory = Memory()
        while !Task.isCancelled {
            if facts.daemon.phase == .running {
                do { try await look(&memory) } catch { return }
            }
            do { try await facts.clock.sleep(for: Self.pause) } catch { return }
        }
    }

    /// Looks at the folder of each queue that is configured now. One that is in trouble does not hold up the others.
    private func look(_ memory: inout Memory) async throws(CancellationError) {
        let queues = facts.configuration.queues
        let names = Set(queues.map(\.name))
        if names != memory.queues { warnOfStrangers(names) }
        memory.queues = names
        memory.made.formIntersection(names)
        var now: [String: FileSystem.Status] = [:]
        for queue in queues {
            do {
                if memory.made.insert(queue.name).inserted {
                    try InboxFolder(inbox: root, queue: queue.name).make()
                }
                try await look(at: queue, memory.files, &now)
                memory.complaints[queue.name] = nil
            } catch let canceled as CancellationError {
                throw canceled
            } catch {
                // A disk that is full, a folder that is gone or not to be made: tried again.
                memory.made.remove(queue.name)
                guard memory.complaints.updateValue("\(error)", forKey: queue.name) != "\(error)" else {
                    continue
                }
                logger.error(
                    "the inbox has to wait", metadata: ["queue": "\(queue.name)", "error": "\(error)"])
            }
        }
        memory.files = now
    }

    private func warnOfStrangers(_ queues: Set<String>) {
        // Without the folder there are none; whether it can be made is seen right after this.
        let names = (try? FileSystem.names(in: root)) ?? []
        for name in names where !name.hasPrefix(".") && !queues.contains(name) {
            logger.warning(
                "nothing is taken from here: there is no such queue", metadata: ["path": "\(root)/\(name)"])
        }
    }

    private func look(
        at queue: QueuePolicy, _ seen: [String: FileSystem.Status], _ now: inout [String: FileSystem.Status]
    ) async throws {
        let folder = InboxFolder(inbox: root, queue: queue.name)
        for (name, status) in try folder.files() {
            let path = "\(folder.path)/\(name)"
            now[path] = status
            if seen[path] == status { try await take(name, status, from: folder, to: queue) }
        }
    }

    private func take(
        _ name: String, _ status: FileSystem.Status, from folder: InboxFolder, to queue: QueuePolicy
    ) async throws {
        let key = "inbox:\(status.inode):\(status.modifiedAt):\(status.size):\(name)"
        do {
            let known = try facts.store.workload(submittedWith: key, to: queue.name)?.0
            let submitted: WorkloadID? =
                if let known { known } else {
                    try await submit(name, status, from: folder, to: queue, key: key)
                }
            guard let workload = submitted else { return }
            try folder.accept(name, as: workload)
            logger.notice(
                "taken from the inbox",
                metadata: ["file": "\(queue.name)/\(name)", "workload": "\(workload)"])
        } catch SubmissionRefused.diskFull {
            // It is submitted when there is space.
        } catch let refused as SubmissionRefused {
            try reject(name, Refusal(refused, queue: queue.name).detail, in: folder)
        } catch let refusal as Refusal {
            try reject(name, refusal.detail, in: folder)
        }
    }

    /// Submits a file; nil when it changed meanwhile.
    private func submit(
        _ name: String, _ status: FileSystem.Status, from folder: InboxFolder, to queue: QueuePolicy,
        key: String
    ) async throws -> WorkloadID? {
        let form = try form(of: name, queue)
        let path = "\(folder.path)/\(name)"
        let file: OpenFile
        do {
            file = try OpenFile(path, .read)
        } catch {
            if error.isMissing { return nil }
            throw Refusal(.conflict, "unreadable", "The file cannot be read: \(error)")
        }
        defer { alarm.ring() }
        var intake = try await Intake(
            to: queue, name: name, form: form, orchestrator: orchestrator, alarm: alarm)
        do {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 16)
            defer { buffer.deallocate() }
            while case let count = try file.read(into: buffer), count > 0 {
                try Task.checkCancellation()
                intake.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                if intake.isFull { try await intake.flush() }
            }
            guard try FileSystem.status(of: path) == status else {
                await intake.abandon()
                return nil
            }
            let (id, existing) = try await intake.finish(key: key, allowDuplicate: false)
            if existing { await intake.abandon() }
            return id
        } catch {
            await intake.abandon()
            throw error
        }
    }

    private func form(of name: String, _ queue: QueuePolicy) throws -> InputForm {
        let ending = name.lowercased().split(separator: ".").last.map(String.init) ?? ""
        switch ending {
        case "jsonl", "ndjson": return .jsonLines
        case "csv":
            guard let template = queue.csv else { throw Refusal.noTemplate(queue.name) }
            return .csv(template)
        default:
            throw Refusal(
                .conflict, "unknown_form", "The name of a file ends in .jsonl or .csv: this one does not.",
                hint: "Rename it, and put it into the folder again.")
        }
    }

    private func reject(_ name: String, _ detail: ErrorDetail, in folder: InboxFolder) throws {
        let bad = detail.details ?? []
        var lines = ["\(name) was not accepted: nothing of it was queued.", detail.message]
        lines += bad.map { "line \($0.line), column \($0.column): \($0.reason)" }
        let more = (detail.badLines ?? bad.count) - bad.count
        if more > 0 { lines.append("… and \(more) more") }
        if let hint = detail.hint { lines.append(hint) }
        try folder.reject(name, because: lines.joined(separator: "\n") + "\n")
        logger.warning(
            "rejected from the inbox",
            metadata: [
                "file": "\(folder.path)/\(name)", "code": "\(detail.code)", "why": "\(detail.message)",
            ])
    }
}

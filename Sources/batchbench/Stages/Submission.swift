import Env
import Orchestration

/// Feeds a file to the daemon's intake as the control socket does, until its rows are promised.
func submit(_ path: String, to orchestrator: Orchestrator, _ alarm: Alarm) async throws {
    guard let policy = orchestrator.settings.queues["update-customers"] else { throw BenchFault("no queue") }
    let file = try OpenFile(path, .read)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { piece.deallocate() }
    var intake = try await Intake(to: policy, name: "bench", orchestrator: orchestrator, alarm: alarm)
    try await withThrowingTaskGroup(of: Void.self) { writes in
        while true {
            let count = try file.read(into: piece)
            if count == 0 { break }
            intake.feed(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            if intake.isFull { try await intake.flush(in: &writes) }
        }
        try await writes.waitForAll()
    }
    _ = try await intake.finish(key: nil, allowDuplicate: true)
}

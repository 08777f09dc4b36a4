import BatchCore
import BatchStore
import Env
import Spool

/// Writes input files.
struct Stager {
    let parts: Parts

    /// Writes the rows of a batch to the spool, in the one order and form that the claim fixed: after a
    /// crash the same bytes come out.
    func stage(_ batch: Batch) async throws {
        if let input = try await write(batch) {
            try await parts.orchestrator.record(.staged(input), for: batch.id)
        }
    }

    /// Writes a file that is under way again where it is gone: a restored backup brings none. False when that
    /// failed for good.
    func provideFile(of batch: Batch) async throws -> Bool {
        if parts.spool.hasFile(of: batch.id) { return true }
        guard let again = try await write(batch) else { return false }
        if again == batch.phase.fileUnderWay { return true }
        try parts.spool.remove(batch.id)
        let reason = "staging_failed: the rows of \(batch.id) make another file than they did"
        try await parts.orchestrator.stall(batch.id, reason)
        return false
    }

    /// Nil when rows could not be read; the batch then waits for a person.
    private func write(_ batch: Batch) async throws -> InputFile? {
        do {
            return try await copyRows(of: batch)
        } catch let fault as FileFault where fault.isOutOfSpace {
            // Half a file is of no use, and others may need the space.
            try parts.spool.remove(batch.id)
            throw fault
        }
    }

    private func copyRows(of batch: Batch) async throws -> InputFile? {
        var file = try parts.spool.writer(for: batch.id)
        let endings = LineEndings(batch)
        var cursor: InputCursor? = .start
        var rows: Int64 = 0
        while let position = cursor {
            cursor = try parts.store.input(of: batch, after: position) { line, traits in
                // The line is an object: its members stay as they came, and ours go behind them.
                guard let brace = line.lastIndex(of: UInt8(ascii: "}")) else { return }
                try file.append(UnsafeRawBufferPointer(rebasing: line[..<brace]))
                try file.append(endings[traits])
                rows += 1
            }
            try await makeWay()
        }
        guard rows == batch.rows else {
            let reason = "staging_failed: \(batch.id) has \(batch.rows) rows, but \(rows) could be read"
            try await parts.orchestrator.stall(batch.id, reason)
            return nil
        }
        return try file.finish()
    }
}

/// What closes a line: the members a row did not bring itself, the brace, the newline.
private struct LineEndings {
    private let byTraits: [[UInt8]]

    init(_ batch: Batch) {
        byTraits = (0..<4).map { bits in
            let traits = RowTraits(rawValue: bits)
            var ending = ""
            if let context = batch.context, !traits.contains(.context) {
                ending += ",\"context\":\(quoted(context))"
            }
            if !traits.contains(.stripeVersion) {
                ending += ",\"stripe_version\":\(quoted(batch.apiVersion))"
            }
            return Array((ending + "}\n").utf8)
        }
    }

    subscript(traits: RowTraits) -> [UInt8] { byTraits[traits.rawValue & 3] }
}

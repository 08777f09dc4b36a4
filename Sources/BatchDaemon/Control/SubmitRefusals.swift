import BatchCore
import ControlAPI
import HTTPTypes
import Orchestration

extension Refusal {
    /// A submission that was not accepted: nothing of it was queued.
    init(_ refused: SubmissionRefused, queue: String) {
        switch refused {
        case .defects(let defects, let total):
            self.init(
                .unprocessableContent, "bad_rows",
                total == 1 ? "One line is not a good row." : "\(total) lines are not good rows.",
                details: defects.map(BadLine.init), badLines: Int(total))
        case .repeatedIDs(let defects, let total):
            self.init(
                .unprocessableContent, "repeated_ids",
                total == 1 ? "One id stands there twice." : "\(total) ids stand there more than once.",
                hint: "Such rows are not left out: nobody knows which of the lines is meant.",
                details: defects.map(BadLine.init), badLines: Int(total))
        case .header(let mismatch): self.init(mismatch, queue: queue)
        case .empty:
            self.init(.unprocessableContent, "empty", "There is no row in the submission.")
        case .duplicateContent(let earlier):
            self.init(
                .conflict, "duplicate_content",
                "The same content was submitted to \(queue) before, as \(earlier).",
                hint: "See 'batchctl show \(earlier)'. To run it once more: --allow-duplicate.")
        case .keyTaken(let earlier):
            self.init(
                .conflict, "key_taken", "The key belongs to \(earlier), which has other content.",
                hint: "Choose another key, or see 'batchctl show \(earlier)'.")
        case .diskFull(let free, let needed):
            self.init(
                .serviceUnavailable, "disk_full",
                "Too little space is left: \(free.asBytes) are free, and \(needed.asBytes) must stay free.",
                hint: "Free some space, or lower storage.min_free.")
        }
    }

    /// CSV came for a queue that does not say how its lines become rows.
    static func noTemplate(_ queue: String) -> Refusal {
        Refusal(
            .conflict, "no_template", "The queue \(queue) takes no CSV: it has no template.",
            hint: "Give it one: 'csv' of the queue in the configuration says how a line becomes a row.")
    }

    private init(_ mismatch: CSVRows.HeaderMismatch, queue: String) {
        let message: String
        var hint: String?
        if mismatch.header.isEmpty {
            message = "The header line of the CSV cannot be read."
        } else if let missing = mismatch.missing.first {
            let names = mismatch.missing.map(Refusal.shown).joined(separator: ", ")
            let word = mismatch.missing.count == 1 ? "column" : "columns"
            message =
                "The template of \(queue) names the \(word) \(names), and the header has no such \(word)."
            let near = nearest(to: missing, among: mismatch.header)
            let question = near.map { "Does \(Refusal.shown(missing)) mean \(Refusal.shown($0))? " } ?? ""
            let known = mismatch.header.prefix(20).map(Refusal.shown).joined(separator: ", ")
            hint = "\(question)The header has: \(known)."
        } else {
            message =
                "The header has \(mismatch.repeated.map(Refusal.shown).joined(separator: ", ")) more than once."
            hint = "A column that the template of \(queue) names must be there once."
        }
        self.init(.unprocessableContent, "bad_header", message, hint: hint)
    }
}

extension BadLine {
    init(_ defect: SubmissionRefused.Defect) {
        self.init(line: Int(defect.line), column: defect.defect.column, reason: defect.defect.reason)
    }
}

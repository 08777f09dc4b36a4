import BatchCore
package import BatchStore

extension RowRecord {
    /// The row as one line of JSON with its newline, as in `interfaces.md` section 4.
    ///
    /// The submitted line goes in as the bytes it is, when it was fetched.
    package func json() -> [UInt8] {
        var text = "{\"row\":\(quoted(id)),\"state\":\"\(state.word)\",\"attempts\":\(attempts)"
        text += ",\"status\":\(status.map(String.init) ?? "null")"
        if let error {
            let members = [("type", error.type), ("code", error.code), ("message", error.message)]
            text += ",\"error\":{"
            text += members.map { "\"\($0)\":\($1.map(quoted) ?? "null")" }.joined(separator: ",") + "}"
        } else {
            text += ",\"error\":null"
        }
        text += ",\"reason\":\(reason.map(quoted) ?? "null")"
        text += ",\"batch\":\(batch.map { "\"\($0)\"" } ?? "null")"
        text += ",\"job\":\(job.map { quoted($0.rawValue) } ?? "null")"
        if let ahead {
            text += ",\"waits_for\":{\"workload\":\"\(ahead.workload)\",\"row\":\(quoted(ahead.id))}"
        }
        var bytes = Array(text.utf8)
        if let line {
            bytes += Array(",\"input\":".utf8) + line
        }
        bytes += Array("}\n".utf8)
        return bytes
    }
}

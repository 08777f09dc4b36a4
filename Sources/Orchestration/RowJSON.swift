import BatchCore
package import BatchStore

extension RowRecord {
    /// The row as one line of JSON with its newline, as in `interfaces.md` section 4.
    ///
    /// The submitted line goes in as the bytes it is, when it was fetched.
    package func json() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(256 + (line?.count ?? 0))
        text.add("{\"row\":", quoted(id), ",\"state\":\"", state.word, "\",\"attempts\":", "\(attempts)")
        text.add(",\"status\":", status.map { "\($0)" } ?? "null")
        if let error {
            text.add(",\"error\":{\"type\":", quoted(error.type), ",\"code\":", quoted(error.code))
            text.add(",\"message\":", quoted(error.message), "}")
        } else {
            text.add(",\"error\":null")
        }
        text.add(",\"reason\":", quoted(reason))
        text.add(",\"batch\":", quoted(batch?.description), ",\"job\":", quoted(job?.rawValue))
        if let ahead {
            text.add(",\"waits_for\":{\"workload\":", quoted(ahead.workload.description))
            text.add(",\"row\":", quoted(ahead.id), "}")
        }
        if let line {
            text.add(",\"input\":")
            text += line
        }
        text.add("}\n")
        return text
    }
}

extension [UInt8] {
    fileprivate mutating func add(_ parts: String...) {
        for part in parts { append(contentsOf: part.utf8) }
    }
}

private func quoted(_ text: String?) -> String { text.map(quoted) ?? "null" }

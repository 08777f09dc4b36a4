/// `text` without control characters, cut to at most `bytes` bytes of UTF-8.
///
/// What a server sends goes into logs, events and a terminal: it gets no way to write to them freely.
func bounded(_ text: String, bytes limit: Int) -> String {
    var kept = String.UnicodeScalarView()
    var size = 0
    for scalar in text.unicodeScalars {
        let scalar = isControl(scalar) ? " " : scalar
        size += Unicode.UTF8.width(scalar)
        if size > limit { break }
        kept.append(scalar)
    }
    return String(kept)
}

/// True for what moves a cursor, begins a line, or turns the direction in which text is shown.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
}

/// `text` with every word that looks like a URL with a query replaced by `redacted`.
///
/// A presigned URL is a permission; a link to the documentation is not, and stays.
func withoutURLs(_ text: String) -> String {
    guard text.contains("://") else { return text }
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return words.map { $0.contains("://") && $0.contains("?") ? "redacted" : String($0) }.joined(
        separator: " ")
}

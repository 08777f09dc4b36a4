import BatchCore

/// A single value as it stands in the file.
struct Word {
    /// The value without its quotes.
    let text: String
    /// False when it was quoted, and therefore is text whatever it looks like.
    let isPlain: Bool

    /// True for what YAML reads as null.
    var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }

    /// The value as it may be shown: whatever might be a key is not repeated.
    var shown: String {
        if looksSecret(text) { return "a secret (not shown)" }
        // Scalars, because one character may have any number of accents.
        let scalars = text.unicodeScalars
        return "\"\(scalars.count > 60 ? "\(String(scalars.prefix(60)))…" : text)\""
    }
}

/// True for what might be a Stripe key or a signing secret, also when it stands where it should not.
func looksSecret(_ text: String) -> Bool {
    ["sk_", "rk_", "whsec_"].contains { text.contains($0) }
}

/// Letters, digits and the underscore.
func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (48...57).contains(byte) || (97...122).contains(byte | 32)
}

/// How a kind of value is written.
struct Form<Value> {
    /// Completes the sentence "… must be".
    let expected: String
    /// The value, or nil when it is not written like that.
    let read: (Word) -> Value?

    init(_ expected: String, read: @escaping (Word) -> Value?) {
        self.expected = expected
        self.read = read
    }

    /// Narrows the form.
    func where_(_ expected: String, _ holds: @escaping (Value) -> Bool) -> Form {
        Form(expected) { word in read(word).flatMap { holds($0) ? $0 : nil } }
    }
}

extension Form<String> {
    static var text: Self {
        Form("text") { $0.text.isEmpty ? nil : $0.text }
    }

    static var absolutePath: Self {
        Form.text.where_("an absolute path") { $0.hasPrefix("/") }
    }
}

extension Form<Bool> {
    static var flag: Self {
        // YAML's yes and no are left out: one way to write it is enough.
        Form("true or false") { word in word.isPlain ? Bool(word.text) : nil }
    }
}

extension Form<Int64> {
    static func number(_ range: ClosedRange<Int64>) -> Self {
        let expected =
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): "a whole number"
            case (let low, .max): "a whole number, \(low) or more"
            case (let low, let high): "a whole number from \(low) to \(high)"
            }
        return Form(expected) { word in
            guard word.isPlain, let number = Int64(word.text), range.contains(number) else { return nil }
            return number
        }
    }

    /// Bytes: `64MB`, `4GB` (decimal), `64MiB`, `4GiB` (binary), `0`.
    static func size(_ range: ClosedRange<Int64>, _ expected: String) -> Self {
        Form(expected) { word in
            guard let size = parseSize(word.text), range.contains(size) else { return nil }
            return size
        }
    }
}

extension Form<Duration> {
    static var duration: Self {
        Form("a duration such as 500ms, 30s, 5m, 1h or 7d, at most 3650d") { word in
            parseDuration(word.text).flatMap { $0 <= longestDuration ? $0 : nil }
        }
    }

    /// A duration that is longer than nothing.
    static var pause: Self {
        Form.duration.where_("a duration such as 500ms, 30s, 5m, 1h or 7d, longer than 0, at most 3650d") {
            $0 > .zero
        }
    }
}

extension Form<FailureRate> {
    static var failureRate: Self {
        Form("a share of rows such as 2% or 0.5%, at most 100%") { FailureRate($0.text) }
    }
}

extension Form<UInt32> {
    /// The permissions of a file, in octal.
    static var mode: Self {
        Form("permissions in octal such as \"0660\", with 0600 in them") { word in
            guard (3...4).contains(word.text.count), let mode = UInt32(word.text, radix: 8),
                mode & ~0o777 == 0, mode & 0o600 == 0o600
            else { return nil }
            return mode
        }
    }
}

extension Form where Value: RawRepresentable<String> & CaseIterable {
    /// One of the raw values of an enumeration.
    static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        let expected =
            words.count > 1
            ? "\(words.dropLast().joined(separator: ", ")) or \(words.last!)" : words.joined()
        return Form(expected) { Value(rawValue: $0.text) }
    }
}

extension Form<Endpoint> {
    static var endpoint: Self {
        Form("POST or DELETE and a v1 path, such as POST /v1/customers/:customer") { Endpoint($0.text) }
    }
}

/// The longest duration that can be set: ten years. A longer one leads out of the calendar when it is added up.
let longestDuration = Duration.days(3650)

/// Splits `64MB` into its number and its unit; nil when there is no number or the unit is unknown.
private func quantity(_ text: String, units: [String: Int64]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard let number = Int64(digits) else { return nil }
    guard let factor = units[String(unit)] else { return number == 0 && unit.isEmpty ? 0 : nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
}

/// Reads a size in bytes: decimal `kB MB GB TB`, binary `KiB MiB GiB TiB`, or `0`.
func parseSize(_ text: String) -> Int64? {
    quantity(
        text,
        units: [
            "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
            "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
        ]
    )
}

/// Reads a duration: a whole number and one of `ms s m h d`, or `0`.
func parseDuration(_ text: String) -> Duration? {
    quantity(text, units: ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000])
        .map { .milliseconds($0) }
}

/// What intake needs to know of a row; its bytes are kept as they came.
package struct ScannedRow: Hashable, Sendable {
    /// Where in the line the id stands, without quotes.
    package var id: Range<Int>
    /// The members that staging must not add.
    package var traits: RowTraits
    /// The object it acts on; nil when the endpoint names none.
    package var object: ObjectKey?
}

/// Which optional members a row brings itself, if only as `null`. The raw value is stored.
package struct RowTraits: OptionSet, Hashable, Sendable {
    /// The bits.
    package let rawValue: Int

    /// Wraps bits from the database.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The row names the account it acts on.
    package static let context = RowTraits(rawValue: 1)
    /// The row names the API version it runs under.
    package static let stripeVersion = RowTraits(rawValue: 2)
    /// The row names what it creates, by `Endpoint.ownName`: Stripe refuses to create it twice.
    package static let named = RowTraits(rawValue: 4)
}

/// Checks one line of an input file as strictly as Stripe may.
///
/// What passes here should never fail Stripe's validation, which costs a whole
/// job to hear of. Source: `stripe-batch-api.md` sections 3 and 3.1.
package struct RowScanner: Sendable {
    /// The longest line in bytes: Stripe's limit is unknown, and a megabyte is far above any real row.
    package static let maximumLineBytes = 1_000_000
    /// The longest id in bytes; Stripe's limit is unknown.
    package static let maximumIDBytes = 255

    private let placeholders: [[UInt8]]
    private let placeholderList: String
    private let family: ObjectHash?
    private let context: String?
    private let ownName: Endpoint.OwnName?

    /// A scanner for the rows of one endpoint; `context` is that of rows that name none.
    package init(endpoint: Endpoint, context: String? = nil) {
        family = endpoint.family.map(ObjectHash.init(family:))
        self.context = context
        placeholders = endpoint.placeholders.map { Array($0.utf8) }
        ownName = endpoint.ownName
        placeholderList = endpoint.placeholders.map { "\"\($0)\"" }.joined(separator: ", ")
    }

    /// Checks `line`, which holds no newline.
    ///
    /// - Throws: `LineDefect`, with the column in bytes from 1.
    package func scan(_ line: UnsafeBufferPointer<UInt8>) throws(LineDefect) -> ScannedRow {
        try refuseOddLines(line)
        var scanner = JSONScanner(line, isStrict: true)
        scanner.skipSpace()
        guard scanner.here == UInt8(ascii: "{") else { throw scanner.defect("expected a JSON object") }
        var id: Range<Int>?
        var traits: RowTraits = []
        var seen: Member = []
        var hasPathParams = false
        var object: JSONScanner.Text?
        var context: JSONScanner.Text?
        try scanner.object { (scanner, key) throws(LineDefect) in
            let member = Member(scanner, key)
            guard seen.insert(member).inserted else {
                let name = String(decoding: scanner.bytes[key.range], as: UTF8.self)
                throw LineDefect(
                    column: key.range.lowerBound, reason: "the key \"\(name)\" stands here twice")
            }
            switch member {
            case .id: id = try self.id(&scanner)
            case .pathParams: hasPathParams = try pathParams(&scanner, object: &object)
            case .params: if try params(&scanner) { traits.insert(.named) }
            case .context:
                context = try text(&scanner, "context")
                traits.insert(.context)
            case .stripeVersion:
                _ = try text(&scanner, "stripe_version")
                traits.insert(.stripeVersion)
            default:
                throw LineDefect(
                    column: key.range.lowerBound,
                    reason: "unknown key; a row has id, path_params, params, context and stripe_version")
            }
        }
        scanner.skipSpace()
        guard scanner.at == line.count else { throw scanner.defect("text after the end of the object") }
        guard let id else { throw LineDefect(column: 1, reason: "\"id\" is missing") }
        guard hasPathParams || placeholders.isEmpty else {
            throw LineDefect(column: 1, reason: "\"path_params\" is missing; it must give \(placeholderList)")
        }
        return ScannedRow(
            id: id, traits: traits,
            object: object.flatMap { key(of: $0, in: context, isOwn: traits.contains(.context), scanner) })
    }

    /// A context of the row's own counts, even `null`; staging adds the queue's to rows without one.
    private func key(
        of object: JSONScanner.Text, in context: JSONScanner.Text?, isOwn: Bool, _ scanner: JSONScanner
    ) -> ObjectKey? {
        guard var hash = family else { return nil }
        if let context {
            hash.add(context, of: scanner)
        } else if !isOwn, let context = self.context {
            for byte in context.utf8 { hash.add(byte) }
        }
        hash.endPart()
        hash.add(object, of: scanner)
        return hash.key
    }

    /// The members that a row may have; as a set, those that were seen.
    private struct Member: OptionSet {
        let rawValue: UInt8

        static let id = Member(rawValue: 1)
        static let pathParams = Member(rawValue: 2)
        static let params = Member(rawValue: 4)
        static let context = Member(rawValue: 8)
        static let stripeVersion = Member(rawValue: 16)
        static let unknown = Member(rawValue: 32)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ scanner: JSONScanner, _ key: JSONScanner.Text) {
            self =
                if scanner.matches(key.range, "id") { .id } else if scanner.matches(key.range, "params") {
                    .params
                } else if scanner.matches(key.range, "path_params") {
                    .pathParams
                } else if scanner.matches(key.range, "stripe_version") {
                    .stripeVersion
                } else if scanner.matches(key.range, "context") { .context } else { .unknown }
        }
    }

    private func refuseOddLines(_ line: UnsafeBufferPointer<UInt8>) throws(LineDefect) {
        if line.isEmpty { throw LineDefect(column: 1, reason: "the line is empty") }
        if line[line.count - 1] == 0x0D {
            throw LineDefect(column: line.count, reason: "the line ends in CR LF; write LF alone")
        }
        if line.count >= 3, line[0] == 0xEF, line[1] == 0xBB, line[2] == 0xBF {
            throw LineDefect(column: 1, reason: "a byte order mark stands here; write UTF-8 without one")
        }
        if line.count > Self.maximumLineBytes {
            throw LineDefect(
                column: Self.maximumLineBytes + 1,
                reason: "the line is longer than \(Self.maximumLineBytes) bytes")
        }
    }

    private func id(_ scanner: inout JSONScanner) throws(LineDefect) -> Range<Int> {
        guard scanner.here == UInt8(ascii: "\"") else { throw scanner.defect("\"id\" must be a string") }
        let range = try scanner.string().range
        guard !range.isEmpty else {
            throw LineDefect(column: range.lowerBound + 1, reason: "\"id\" is empty")
        }
        guard range.count <= Self.maximumIDBytes else {
            throw LineDefect(
                column: range.lowerBound + 1, reason: "\"id\" is longer than \(Self.maximumIDBytes) bytes")
        }
        for i in range {
            guard isWord(scanner.bytes[i]) else {
                throw LineDefect(column: i + 1, reason: "\"id\" may hold only A-Z a-z 0-9 _ and -")
            }
        }
        return range
    }

    private func pathParams(
        _ scanner: inout JSONScanner, object: inout JSONScanner.Text?
    ) throws(LineDefect) -> Bool {
        let start = scanner.at
        if try scanner.null() { return false }
        guard scanner.here == UInt8(ascii: "{") else {
            throw scanner.defect("\"path_params\" must be an object")
        }
        var missing = Array(placeholders.indices)
        try scanner.object { (scanner, key) throws(LineDefect) in
            let name = scanner.bytes[key.range]
            guard let found = missing.firstIndex(where: { placeholders[$0].elementsEqual(name) }) else {
                let expected = placeholders.isEmpty ? "none" : placeholderList
                throw LineDefect(
                    column: key.range.lowerBound,
                    reason: "\"path_params\" has a key too many; the endpoint's placeholders are: \(expected)"
                )
            }
            let placeholder = missing.remove(at: found)
            guard scanner.here == UInt8(ascii: "\"") else {
                throw scanner.defect("a path parameter must be a string")
            }
            let value = try scanner.string()
            try fitsPath(value, scanner)
            if placeholder == 0 { object = value }
        }
        guard missing.isEmpty else {
            throw LineDefect(
                column: start + 1, reason: "\"path_params\" lacks a key; it must give \(placeholderList)")
        }
        return true
    }

    /// A path parameter becomes one segment of a URL: what would change the path never reaches Stripe.
    private func fitsPath(_ value: JSONScanner.Text, _ scanner: JSONScanner) throws(LineDefect) {
        func defect(_ reason: String) -> LineDefect {
            LineDefect(column: value.range.lowerBound, reason: reason)
        }
        if value.range.isEmpty { throw defect("a path parameter is empty") }
        // Nearly every one is an id of Stripe's, and needs no closer look.
        guard value.hasEscapes || !value.range.allSatisfy({ isWord(scanner.bytes[$0]) }) else { return }
        let text = scanner.decoded(value)
        if text == "." || text == ".." { throw defect("a path parameter is a step in the path") }
        guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F || "/?#\\".utf8.contains($0) }) else {
            throw defect("a path parameter holds a space, a control character, or one of / ? # and backslash")
        }
    }

    /// An object, or `null` as the official SDKs write it for a row without parameters.
    ///
    /// - Returns: true when it names what the row creates.
    private func params(_ scanner: inout JSONScanner) throws(LineDefect) -> Bool {
        if try scanner.null() { return false }
        guard scanner.here == UInt8(ascii: "{") else { throw scanner.defect("\"params\" must be an object") }
        guard let ownName else {
            try scanner.value()
            return false
        }
        var isNamed = false
        var mayEnd = false
        var keys = KeySet(objectAt: scanner.at)
        try scanner.object { (scanner, key) throws(LineDefect) in
            try keys.insert(key, in: scanner)
            // A key with escapes may spell anything: the row then counts as not named.
            if key.hasEscapes || ownName.unless.contains(where: { scanner.matches(key.range, text: $0) }) {
                mayEnd = true
            } else if scanner.matches(key.range, text: ownName.parameter), scanner.here == UInt8(ascii: "\"")
            {
                isNamed = try !scanner.string().range.isEmpty
                return
            }
            try scanner.value(depth: 1)
        }
        return isNamed && !mayEnd
    }

    /// A text, or nil for `null`.
    private func text(
        _ scanner: inout JSONScanner, _ name: String
    ) throws(LineDefect) -> JSONScanner.Text? {
        if try scanner.null() { return nil }
        guard scanner.here == UInt8(ascii: "\"") else {
            throw scanner.defect("\"\(name)\" must be a string")
        }
        let text = try scanner.string()
        guard !text.range.isEmpty else { throw scanner.defect("\"\(name)\" is empty") }
        return text
    }
}

/// A letter, a digit, `_` or `-`, all of ASCII.
@inline(__always) private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
}

import Foundation

/// A `GET` for a v2 list: filters, the size of a page, and where the page begins.
///
/// Pages are named by an opaque token inside `next_page_url` and `previous_page_url`. It holds
/// for the filters it was made with, and for no others.
struct ListRequest: Sendable {
    let path: String
    /// Names and values of the filters, percent-decoded, in their order.
    let filters: [(name: String, value: String)]
    let limit: Int
    private let cursor: Cursor?

    private enum Cursor {
        /// Entries older than this number.
        case older(than: Int)
        /// Entries newer than this number.
        case newer(than: Int)
    }

    /// Ours: the default and the maximum of `limit` are not documented.
    static let defaultLimit = 20
    static let maximumLimit = 100

    init(path: String, query: String?) throws(APIError) {
        var filters: [(name: String, value: String)] = []
        var limit = Self.defaultLimit
        var token: String?
        for (name, value) in Self.pairs(query) {
            switch name {
            case "limit":
                guard let count = Int(value), (1...Self.maximumLimit).contains(count) else {
                    throw .malformed("parameter_invalid", "Invalid limit: from 1 to \(Self.maximumLimit).")
                }
                limit = count
            case "page": token = value
            default: filters.append((name, value))
            }
        }
        self.path = path
        self.filters = filters
        self.limit = limit
        cursor = try token.map { text throws(APIError) in try Self.cursor(text, Self.digest(of: filters)) }
    }

    /// One page of a list.
    ///
    /// - Parameters:
    ///   - entries: All entries that pass the filters, newest first.
    ///   - number: Falls from each entry to the next.
    func page<Entry>(
        of entries: [Entry], number: (Entry) -> Int, _ render: (Entry) -> JSONValue
    ) -> JSONValue {
        let shown: ArraySlice<Entry> =
            switch cursor {
            case nil: entries.prefix(limit)
            case .older(let bound): entries.drop { number($0) >= bound }.prefix(limit)
            case .newer(let bound): entries.prefix { number($0) > bound }.suffix(limit)
            }
        var next = JSONValue.null
        var previous = JSONValue.null
        if let first = shown.first, let last = shown.last {
            if shown.endIndex < entries.endIndex { next = .string(url("o\(number(last))")) }
            if shown.startIndex > 0 { previous = .string(url("n\(number(first))")) }
        }
        return ["data": .array(shown.map(render)), "next_page_url": next, "previous_page_url": previous]
    }

    private func url(_ place: String) -> String {
        let text = place + "." + String(Self.digest(of: filters), radix: 36)
        let token = "page_" + Data(text.utf8).base64EncodedString().replacing("=", with: "")
        let pairs = filters + [("limit", String(limit)), ("page", token)]
        return path + "?" + pairs.map { Self.encode($0) + "=" + Self.encode($1) }.joined(separator: "&")
    }

    private static func cursor(_ token: String, _ digest: UInt64) throws(APIError) -> Cursor {
        var text = String(token.dropFirst("page_".count))
        while text.count % 4 != 0 { text += "=" }
        let parts = Data(base64Encoded: text).map { data in
            String(decoding: data, as: UTF8.self).split(separator: ".").map(String.init)
        }
        guard let parts, parts.count == 2, let number = Int(parts[0].dropFirst()) else {
            throw .malformed("parameter_invalid", "Invalid page: follow next_page_url as it stands.")
        }
        guard parts[1] == String(digest, radix: 36) else {
            throw .malformed("parameter_invalid", "Filters can't change between pages.")
        }
        return parts[0].first == "n" ? .newer(than: number) : .older(than: number)
    }

    private static func digest(of filters: [(name: String, value: String)]) -> UInt64 {
        Chance.digest(filters.map { "\($0.name)=\($0.value)" }.joined(separator: "&"))
    }

    private static func pairs(_ query: String?) -> [(String, String)] {
        (query ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decode(parts[0]), parts.count > 1 ? decode(parts[1]) : "")
        }
    }

    private static func decode(_ text: Substring) -> String {
        let spaced = String(text).replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? spaced
    }

    private static func encode(_ text: String) -> String {
        var plain = CharacterSet.alphanumerics
        plain.insert(charactersIn: "-._~")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
    }
}

import BatchCore
import Testing

/// Each kind of bad line with its column and its reason, and the good ones.
@Suite struct RowScannerTests {
    struct Bad: Sendable, CustomStringConvertible {
        var line: [UInt8]
        var column: Int
        var reason: String
        var endpoint = Sample.update

        init(_ line: String, _ column: Int, _ reason: String, at endpoint: Endpoint = Sample.update) {
            self.init(bytes: Array(line.utf8), column, reason, at: endpoint)
        }

        init(bytes: [UInt8], _ column: Int, _ reason: String, at endpoint: Endpoint = Sample.update) {
            line = bytes
            self.column = column
            self.reason = reason
            self.endpoint = endpoint
        }

        var description: String { "\(reason) \(String(decoding: line.prefix(60), as: UTF8.self))" }
    }

    private static let path = #""path_params":{"customer":"c"}"#
    /// The bytes of `{"id":"a",` and the path.
    private static let behind = 40

    private static let shape: [Bad] = [
        Bad("", 1, "the line is empty"),
        Bad("{\"id\":\"a\",\(path)}\r", behind + 2, "the line ends in CR LF; write LF alone"),
        Bad("\u{FEFF}{\"id\":\"a\",\(path)}", 1, "a byte order mark stands here; write UTF-8 without one"),
        Bad("   ", 4, "the line ends in the middle of its JSON"),
        Bad("[]", 1, "expected a JSON object"),
        Bad("null", 1, "expected a JSON object"),
        Bad("{", 2, "the line ends in the middle of its JSON"),
        Bad(#"{"id":"a""#, 10, "the line ends in the middle of its JSON"),
        Bad(#"{"id":"a"#, 9, "the line ends in the middle of its JSON"),
        Bad("{\"id\":\"a\",\(path)} x", behind + 3, "text after the end of the object"),
        Bad("{\"id\":\"a\",\(path)}{}", behind + 2, "text after the end of the object"),
        Bad("{\"id\":\"a\",\(path),}", behind + 2, "expected a string in double quotes"),
        Bad("{'id':'a'}", 2, "expected a string in double quotes"),
        Bad(#"{"id" "a"}"#, 7, "expected ':' after the key"),
        Bad(#"{"id":"a" "params":{}}"#, 11, "expected ',' or '}'"),
    ]

    private static let members: [Bad] = [
        Bad("{\(path)}", 1, #""id" is missing"#),
        Bad(#"{"id":7}"#, 7, #""id" must be a string"#),
        Bad(#"{"id":null}"#, 7, #""id" must be a string"#),
        Bad(#"{"id":""}"#, 8, #""id" is empty"#),
        Bad(#"{"id":"a b"}"#, 9, #""id" may hold only A-Z a-z 0-9 _ and -"#),
        Bad(#"{"id":"\u0061"}"#, 8, #""id" may hold only A-Z a-z 0-9 _ and -"#),
        Bad(#"{"id":"é"}"#, 8, #""id" may hold only A-Z a-z 0-9 _ and -"#),
        Bad("{\"id\":\"\(String(repeating: "a", count: 256))\"}", 8, #""id" is longer than 255 bytes"#),
        Bad("{\"id\":\"a\",\"id\":\"a\",\(path)}", 11, #"the key "id" stands here twice"#),
        Bad(
            "{\"id\":\"a\",\(path),\"params\":{},\"params\":{}}", behind + 14,
            #"the key "params" stands here twice"#),
        Bad(
            "{\"id\":\"a\",\(path),\(path)}", behind + 2, #"the key "path_params" stands here twice"#),
        Bad(
            "{\"id\":\"a\",\(path),\"parms\":{}}", behind + 2,
            "unknown key; a row has id, path_params, params, context and stripe_version"),
        Bad(
            #"{"\u0069d":"a"}"#, 2,
            "unknown key; a row has id, path_params, params, context and stripe_version"),
        Bad("{\"id\":\"a\",\(path),\"params\":[]}", behind + 11, #""params" must be an object"#),
        Bad("{\"id\":\"a\",\(path),\"params\":\"x\"}", behind + 11, #""params" must be an object"#),
        Bad("{\"id\":\"a\",\(path),\"context\":7}", behind + 12, #""context" must be a string"#),
        Bad("{\"id\":\"a\",\(path),\"context\":\"\"}", behind + 14, #""context" is empty"#),
        Bad(
            "{\"id\":\"a\",\(path),\"stripe_version\":{}}", behind + 19, #""stripe_version" must be a string"#
        ),
    ]

    private static let unfit =
        "a path parameter holds a space, a control character, or one of / ? # and backslash"
    private static let twice = "the key stands in this object twice"
    private static let many = (0..<40).map { "\"k\($0)\":{\"k\":[]}" }.joined(separator: ",")

    private static let paths: [Bad] = [
        Bad(#"{"id":"a"}"#, 1, #""path_params" is missing; it must give "customer""#),
        Bad(#"{"id":"a","path_params":null}"#, 1, #""path_params" is missing; it must give "customer""#),
        Bad(#"{"id":"a","path_params":[]}"#, 25, #""path_params" must be an object"#),
        Bad(#"{"id":"a","path_params":{}}"#, 25, #""path_params" lacks a key; it must give "customer""#),
        Bad(
            #"{"id":"a","path_params":{"customer":"c","id":"x"}}"#, 41,
            #""path_params" has a key too many; the endpoint's placeholders are: "customer""#),
        Bad(
            #"{"id":"a","path_params":{"customer":"c","customer":"c"}}"#, 41,
            #""path_params" has a key too many; the endpoint's placeholders are: "customer""#),
        Bad(#"{"id":"a","path_params":{"customer":7}}"#, 37, "a path parameter must be a string"),
        Bad(#"{"id":"a","path_params":{"customer":""}}"#, 37, "a path parameter is empty"),
        Bad(#"{"id":"a","path_params":{"customer":".."}}"#, 37, "a path parameter is a step in the path"),
        Bad(#"{"id":"a","path_params":{"customer":"c/pay"}}"#, 37, Self.unfit),
        Bad(#"{"id":"a","path_params":{"customer":"c\u002fpay"}}"#, 37, Self.unfit),
        Bad(#"{"id":"a","path_params":{"customer":"c\n"}}"#, 37, Self.unfit),
        Bad(#"{"id":"a","path_params":{"customer":"c?expand=x"}}"#, 37, Self.unfit),
        Bad(
            #"{"id":"a","path_params":{"customer":"c"}}"#, 26,
            #""path_params" has a key too many; the endpoint's placeholders are: none"#, at: Sample.create),
    ]

    private static func params(_ value: String, _ column: Int, _ reason: String) -> Bad {
        Bad("{\"id\":\"a\",\(path),\"params\":{\"k\":\(value)}}", behind + 15 + column, reason)
    }

    private static let values: [Bad] = [
        params("01", 2, "expected ',' or '}'"),
        params("+1", 1, "expected a JSON value"),
        params(".5", 1, "expected a JSON value"),
        params("1.", 3, "expected a digit"),
        params("1e", 3, "expected a digit"),
        params("1E400", 1, "the number is too large"),
        params(String(repeating: "9", count: 400), 1, "the number is too large"),
        params("-", 2, "expected a JSON value"),
        params(#"{"a":1,"a":2}"#, 8, Self.twice),
        params(#"{"a":1,"\u0061":2}"#, 8, Self.twice),
        params(#"{"\u0061":1,"a":2}"#, 13, Self.twice),
        params(#"[{"b":{"a":{"a":1},"c":[{"d":1}],"a":1}}]"#, 34, Self.twice),
        params("{\(many),\"k39\":0}", many.utf8.count + 3, Self.twice),
        params("{\(many),\"k0\":0}", many.utf8.count + 3, Self.twice),
        params("NaN", 1, "expected a JSON value"),
        params("tru", 4, "expected a JSON value"),
        params("nulll", 5, "expected ',' or '}'"),
        params("[1,]", 4, "expected a JSON value"),
        params("{\"a\":1,}", 8, "expected a string in double quotes"),
        params("", 1, "expected a JSON value"),
        params("\"\t\"", 2, "a control character inside a string must be escaped"),
        params("\"\u{0}\"", 2, "a control character inside a string must be escaped"),
        params("\u{0}", 1, "expected a JSON value"),
        params(#""\x""#, 3, "unknown escape in a string"),
        params(#""\u12G4""#, 6, "expected four hexadecimal digits"),
        params(#""\udc00""#, 8, "half of a surrogate pair stands alone"),
        params(#""\ud83dx""#, 8, "half of a surrogate pair stands alone"),
        params(#""\ud83d\u0041""#, 14, "half of a surrogate pair stands alone"),
        params(
            String(repeating: "[", count: 64) + String(repeating: "]", count: 64), 64,
            "nested deeper than 64 levels"),
    ]

    @Test(arguments: shape + members + paths + values) func aBadLineIsRefusedWhereItIsBad(bad: Bad) {
        #expect(throws: LineDefect(column: bad.column, reason: bad.reason)) {
            _ = try scan(bad.line, at: bad.endpoint)
        }
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xE0, 0x9F, 0xBF],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xC3, 0x28], [0xE2, 0x82, 0x28], [0xF0, 0x9F, 0x98, 0x28],
            [0xE2, 0x28, 0xA1],
        ] as [[UInt8]])
    func whatIsNotUTF8IsRefusedWhereItBegins(bytes: [UInt8]) {
        let head = Array("{\"id\":\"a\",\(Self.path),\"params\":{\"k\":\"".utf8)
        #expect(throws: LineDefect(column: head.count + 1, reason: "not UTF-8")) {
            _ = try scan(head + bytes + Array("\"}}".utf8))
        }
        // The same at the very end, where there is nothing behind it to look at.
        #expect(throws: LineDefect.self) { _ = try scan(head + bytes) }
    }

    @Test func aLineOverAMegabyteIsRefused() throws {
        func line(_ length: Int) -> [UInt8] {
            let head = "{\"id\":\"a\",\(Self.path),\"params\":{\"k\":\""
            return Array((head + String(repeating: "x", count: length - head.utf8.count - 3) + "\"}}").utf8)
        }
        #expect(throws: Never.self) { _ = try scan(line(1_000_000)) }
        #expect(
            throws: LineDefect(column: 1_000_001, reason: "the line is longer than 1000000 bytes")
        ) { _ = try scan(line(1_000_001)) }
    }

    @Test(arguments: GoodLines.updates) func aGoodLinePasses(line: String) throws {
        let row = try scan(Array(line.utf8))
        let id = String(decoding: Array(line.utf8)[row.id], as: UTF8.self)
        #expect(id == GoodLines.id)
        #expect(row.traits.contains(.context) == line.contains("\"context\""))
        #expect(row.traits.contains(.stripeVersion) == line.contains("\"stripe_version\""))
    }

    @Test func anEndpointWithoutPlaceholdersNeedsNoPathParams() throws {
        for line in [
            #"{"id":"a"}"#, #"{"id":"a","path_params":{}}"#, #"{"id":"a","path_params":null,"params":null}"#,
        ] {
            _ = try scan(Array(line.utf8), at: Sample.create)
        }
    }

    /// All keys of an object are told apart, however many there are and whatever bits they share.
    @Test func keysThatDifferPass() throws {
        for count in [1, 2, 15, 16, 17, 18, 64, 1000] {
            let keys = (0..<count).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
            _ = try scan(Array("{\"id\":\"a\",\(Self.path),\"params\":{\(keys)}}".utf8))
            _ = try scan(Array("{\"id\":\"a\",\"params\":{\(keys)}}".utf8), at: Sample.create)
        }
    }

    @Test func theDeepestNestingThatIsAllowedPasses() throws {
        let depth = 63
        let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        _ = try scan(Array("{\"id\":\"a\",\(Self.path),\"params\":{\"k\":\(value)}}".utf8))
    }

    @Test func aReasonNeverQuotesTheRow() {
        for bad in Self.shape + Self.members + Self.paths + Self.values {
            let secret = Array(
                String(decoding: bad.line, as: UTF8.self).replacing(#""id":"a""#, with: #""id":"s3cr3t""#)
                    .utf8)
            do throws(LineDefect) {
                _ = try scan(secret, at: bad.endpoint)
            } catch {
                #expect(!error.reason.contains("s3cr3t"))
            }
        }
    }

    private func scan(_ line: [UInt8], at endpoint: Endpoint = Sample.update) throws(LineDefect) -> ScannedRow
    {
        try BatchCoreTests.scan(line, at: endpoint)
    }
}

/// Scans a copy of exactly the line's size, so that a look past its end is seen.
func scan(_ line: [UInt8], at endpoint: Endpoint = Sample.update) throws(LineDefect) -> ScannedRow {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: line.count)
    _ = copy.initialize(from: line)
    defer { copy.deallocate() }
    return try RowScanner(endpoint: endpoint).scan(UnsafeBufferPointer(copy))
}

/// Rows as people and the official SDKs write them.
enum GoodLines {
    static let id = "r-000_1"
    static let updates = [
        #"{"id":"r-000_1","path_params":{"customer":"cus_1"},"params":{"name":"Ada","metadata":{"tier":"premium"}},"stripe_version":"2026-03-25.preview"}"#,
        // The official SDKs: all members, `null` where nothing was given.
        #"{"id": "r-000_1", "path_params": {"customer": "cus_1"}, "params": null, "context": null, "stripe_version": "2026-03-25.preview"}"#,
        #"{"id":"r-000_1","params":null,"path_params":{"customer":"cus_1"},"stripe_version":"2026-03-25.preview"}"#,
        #"{"context":"acct_123/acct_4","path_params":{"customer":"cus_2"},"params":{"description":"x"},"id":"r-000_1"}"#,
        #"{"id":"r-000_1","path_params":{"customer":"cus_1"}}"#,
        #"{"id":"r-000_1","path_params":{"customer":"50% \u00e9"},"params":{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"A":1,"":0}}"#
            .replacing("% ", with: "%"),
        #"{"id":"r-000_1","path_params":{"customer":"c"},"params":{"n":[0,-0,1.5e3,-2E-7,1E+2,12345678901234567890],"t":[true,false,null,{}, []]}}"#,
        #"{"id":"r-000_1","path_params":{"customer":"c"},"params":{"s":"é ✓ 😀 \"\\\/\b\f\n\r\t \u00e9 \ud83d\ude00 "}}"#,
        " \t{ \"id\" : \"r-000_1\" ,\t\"path_params\" : { \"customer\" : \"c\" } , \"params\" : { } } ",
    ]
}

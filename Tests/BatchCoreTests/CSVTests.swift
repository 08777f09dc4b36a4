import BatchCore
import Testing

/// A table that arrives in pieces, and what becomes of its lines.
@Suite struct CSVTests {
    private enum Item: Equatable {
        case record(Int64, [String])
        case defect(Int64, Int, String)
    }

    /// What comes of a text that arrives in pieces of this size.
    private func parse(_ text: [UInt8], pieces: Int = .max, limit: Int = 1_000) -> [Item] {
        var parser = CSVParser(limit: limit)
        var items: [Item] = []
        func take(_ item: CSVParser.Item) {
            switch item {
            case .record(let record):
                let fields = (0..<record.count).map { String(decoding: record[$0], as: UTF8.self) }
                items.append(.record(record.line, fields))
            case .defect(let line, let field, let reason): items.append(.defect(line, field, reason))
            }
        }
        var at = 0
        while at < text.count {
            let end = pieces < text.count - at ? at + pieces : text.count
            text[at..<end].withUnsafeBytes { parser.feed($0, take) }
            at = end
        }
        parser.finish(take)
        return items
    }

    private func parse(_ text: String, limit: Int = 1_000) -> [Item] { parse(Array(text.utf8), limit: limit) }

    @Test func quotesLineEndsAndByteOrderMarksAreReadAsTheStandardHasThem() {
        let expected: [Item] = [.record(1, ["a", "b"]), .record(2, ["1", "2"])]
        #expect(parse("a,b\n1,2\n") == expected)
        #expect(parse("a,b\r\n1,2\r\n") == expected)
        #expect(parse("a,b\r\n1,2") == expected)
        #expect(parse("\u{FEFF}a,b\n1,2\n") == expected)
        #expect(parse("\"a\",\"b\"\n\"1\",\"2\"\n") == expected)
        #expect(
            parse("x\n\"a,\"\"b\"\"\nc\"\ny\n")
                == [.record(1, ["x"]), .record(2, ["a,\"b\"\nc"]), .record(4, ["y"])])
        #expect(parse("a,,\n,\n") == [.record(1, ["a", "", ""]), .record(2, ["", ""])])
        #expect(parse("a\n\"\"\n") == [.record(1, ["a"]), .record(2, [""])])
        #expect(parse("a\r") == [.record(1, ["a"])])
    }

    @Test func anEmptyLineIsNoRecord() {
        #expect(parse("a\n\n\r\nb\n\n") == [.record(1, ["a"]), .record(4, ["b"])])
        #expect(parse("") == [])
        #expect(parse("\u{FEFF}") == [])
    }

    @Test func whatASpreadsheetWouldGuessAtIsADefectAndTheNextLineIsRead() {
        let next = Item.record(2, ["ok"])
        let quote = "a quote stands inside of a field that does not begin with one"
        #expect(parse("a,b\"c,d\nok\n") == [.defect(1, 2, quote), next])
        let text = "text follows a closing quote; a quote inside quotes is written twice"
        #expect(parse("\"a\"b,c\nok\n") == [.defect(1, 1, text), next])
        let carriage = "a carriage return outside of quotes must be followed by a line feed"
        #expect(parse("a\rb\nok\n") == [.defect(1, 1, carriage), next])
        #expect(
            parse("ok\nx,\"a\nb") == [
                .record(1, ["ok"]), .defect(2, 2, "a quote is opened on line 2 and never closed"),
            ])
    }

    @Test func aRecordOverTheLimitIsSkippedToItsEnd() {
        let long = String(repeating: "x", count: 50)
        let reason = "the record has more than 20 bytes"
        #expect(
            parse("a\n\(long),b\nc\n", limit: 20) == [
                .record(1, ["a"]), .defect(2, 1, reason), .record(3, ["c"]),
            ])
        // Its quotes are still followed: the line end inside is not its end.
        #expect(parse("\"\(long)\n,\"\nc\n", limit: 20) == [.defect(1, 1, reason), .record(3, ["c"])])
    }

    /// Whatever it is cut into, the same comes of it; and nothing crashes.
    @Test(arguments: 0..<200) func piecesDoNotMatter(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let alphabet = Array("a,\"\"\n\r\u{FEFF}é x\n,".utf8)
        let text = (0..<Int.random(in: 0...120, using: &random)).map { _ in
            alphabet.randomElement(using: &random)!
        }
        let whole = parse(text, limit: 30)
        for pieces in [1, 2, 3, 7] { #expect(parse(text, pieces: pieces, limit: 30) == whole) }
    }

    // MARK: - Templates

    private func rows(_ members: [CSVTemplate.Member], _ table: String) throws -> [String] {
        var parser = CSVParser(limit: 1_000)
        var records: [CSVParser.Record] = []
        let take: (CSVParser.Item) -> Void = { if case .record(let record) = $0 { records.append(record) } }
        Array(table.utf8).withUnsafeBytes { parser.feed($0, take) }
        parser.finish(take)
        var rows = try CSVRows(CSVTemplate(members), header: try #require(records.first))
        return try records.dropFirst().map { record in
            try rows.make(record)
            return String(decoding: rows.line, as: UTF8.self)
        }
    }

    private func member(_ key: String, _ text: String) throws -> CSVTemplate.Member {
        CSVTemplate.Member(key, try CSVTemplate.Value(text: text))
    }

    @Test func fieldsBecomeTextsUnlessTheTemplateSaysOtherwise() throws {
        let members = [
            try member("id", "row_{n}"),
            .init(
                "params",
                .object([
                    try member("a", "{a}"), try member("i", "{i:int}"), try member("x", "{x:number}"),
                    try member("f", "{f:bool}"), try member("b", "{{{a}}}"), .init("l", .literal("true")),
                    .init("list", .array([try .init(text: "{a}"), .literal("5")])),
                ])),
        ]
        #expect(
            try rows(members, "n,a,i,x,f\n1,\"q\"\"\\\t\",-12,0.50,TRUE\n") == [
                #"{"id":"row_1","params":{"a":"q\"\\\t","i":-12,"x":0.50,"f":true,"b":"{q\"\\\t}","l":true,"list":["q\"\\\t",5]}}"#
            ])
    }

    @Test func emptyFieldsLeaveOutWhatMayBeLeftOut() throws {
        let members = [
            try member("id", "{n}"),
            .init(
                "params",
                .object([
                    try member("a", "{a?}"), try member("i", "{i:int?}"),
                    .init("metadata", .object([try member("m", "{m?}")])),
                ])), try member("context", "{c?}"),
        ]
        #expect(
            try rows(members, "n,a,i,m,c\n1,,,,\n2,x,3,y,acct_1\n") == [
                #"{"id":"1","params":{}}"#,
                #"{"id":"2","params":{"a":"x","i":3,"metadata":{"m":"y"}},"context":"acct_1"}"#,
            ])
    }

    @Test(arguments: [
        ("{i:int}", "1.5", "the field is not a whole number such as 1200 or -5"),
        ("{i:int}", "007", "the field is not a whole number such as 1200 or -5"),
        ("{i:int}", "\"\"", "the field is empty, and a whole number such as 1200 or -5 is needed"),
        ("{i:number}", "1e5", "the field is not a number such as 12, -5 or 12.50"),
        ("{i:number}", "\"1,5\"", "the field is not a number such as 12, -5 or 12.50"),
        ("{i:bool}", "yes", "the field is not true or false"),
    ])
    func aFieldThatIsNotWhatItShouldBeIsNamedWithoutItsContent(text: String, field: String, reason: String)
        throws
    {
        let members = [
            try member("id", "{n}"), CSVTemplate.Member("params", .object([try member("i", text)])),
        ]
        #expect(throws: CSVRows.FieldDefect(field: 2, reason: reason)) {
            try rows(members, "n,i\n1,\(field)\n")
        }
    }

    @Test func aLineWithAnotherNumberOfFieldsIsADefect() throws {
        let reason = "the line has 3 fields, and the header has 2"
        #expect(throws: CSVRows.FieldDefect(field: 0, reason: reason)) {
            try rows([try member("id", "{n}")], "n,i\n1,2,3\n")
        }
    }

    @Test func aHeaderWithoutWhatTheTemplateNamesIsRefused() throws {
        #expect(throws: CSVRows.HeaderMismatch(missing: ["n"], repeated: [], header: ["m", "i"])) {
            try rows([try member("id", "{n}")], "m,i\n1,2\n")
        }
        #expect(throws: CSVRows.HeaderMismatch(missing: [], repeated: ["n"], header: ["n", "n"])) {
            try rows([try member("id", "{n}")], "n,n\n1,2\n")
        }
    }

    @Test(
        arguments: [
            ("{a", .unclosed), ("a}", .unopened), ("{}", .empty), ("{:int}", .empty),
            ("{a:date}", .kind("date")),
            ("x{a:int}", .joined), ("x{a?}", .joined), ("{a}{b?}", .joined),
        ] as [(String, CSVTemplate.Value.Mistake)])
    func aTextThatIsNoTemplateIsRefused(text: String, mistake: CSVTemplate.Value.Mistake) {
        #expect(throws: mistake) { try CSVTemplate.Value(text: text) }
    }
}

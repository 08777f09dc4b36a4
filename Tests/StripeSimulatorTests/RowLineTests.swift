import Testing

@testable import StripeSimulator

@Suite struct RowLineTests {
    private func parse(_ text: String) throws -> RowLine {
        try Array(text.utf8).withUnsafeBufferPointer { bytes in
            try RowLine.parse(bytes, placeholders: ["customer"])
        }
    }

    @Test func theFormOfTheOfficialSerializersIsARow() throws {
        let row = try parse(
            "{\"id\": \"a-1_B\", \"path_params\": {\"customer\": \"cus_\\u00e4\"}, \"params\": null, "
                + "\"context\": null, \"stripe_version\": \"2026-09-30.preview\"}\r")
        #expect(row.id == "a-1_B")
        #expect(row.pathParams == ["cus_ä"])
        #expect(row.params.isEmpty && row.context == nil)
    }

    @Test func parametersKeepTheirBytes() throws {
        let row = try parse(
            "{\"id\":\"a\",\"path_params\":{\"customer\":\"c\"},\"params\":{\"n\":1.2300e+1,\"o\":{ \"b\":[1, {}],\"a\":\"\\/\"}}}"
        )
        #expect(row.params.map(\.json) == ["1.2300e+1", "{ \"b\":[1, {}],\"a\":\"\\/\"}"])
    }

    @Test(arguments: [
        "", "{", "{}x", "[1]", "{\"id\":\"a\",}", "{\"id\":\"a\" \"b\":1}", "{\"a\":01}", "{\"a\":1.}",
        "{\"a\":tru}",
        "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":[1,]}", "{\"a\":-}", "{'a':1}",
        "\u{feff}{}",
    ])
    func whatIsNotJSONIsNoRow(text: String) throws {
        let defect = #expect(throws: RowLine.Defect.self) { try parse(text) }
        #expect(defect?.code == "invalid_json")
    }

    @Test(arguments: [
        ("2026-09-30.preview", true), ("2024-06-20", true), ("latest", false), ("2026-9-30", false),
    ])
    func aVersionIsADate(version: String, isOne: Bool) throws {
        let line = "{\"id\":\"a\",\"path_params\":{\"customer\":\"c\"},\"stripe_version\":\"\(version)\"}"
        if isOne {
            #expect(try parse(line).id == "a")
        } else {
            let defect = #expect(throws: RowLine.Defect.self) { try parse(line) }
            #expect(defect?.param == "stripe_version" && defect?.id == "a")
        }
    }

    @Test func deepNestingIsRefusedNotCrashedOn() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: RowLine.Defect.self) { try parse("{\"a\":" + deep) }
    }
}

import BatchCore
import Testing

/// Which rows act on the same object.
@Suite struct ObjectKeyTests {
    private static let update = "POST /v1/customers/:customer"

    private func key(
        _ line: String, at endpoint: String = Self.update, in context: String? = nil
    ) throws -> ObjectKey? {
        let scanner = RowScanner(endpoint: try #require(Endpoint(endpoint)), context: context)
        return try Array(line.utf8).withUnsafeBufferPointer { line throws(LineDefect) in
            try scanner.scan(line)
        }.object
    }

    private func row(_ customer: String, more: String = "", placeholder: String = "customer") -> String {
        "{\"id\":\"r\",\"path_params\":{\"\(placeholder)\":\"\(customer)\"}\(more)}"
    }

    @Test func itIsMadeOfFamilyContextAndTheFirstPathParameter() throws {
        let expected = ObjectKey(family: "/v1/customers/", context: nil, value: "cus_1")
        #expect(try key(row("cus_1")) == expected)
        #expect(try key(row("cus_1", more: #","params":{"name":"x"}"#)) == expected)
        #expect(try key(row("cus_2")) != expected)
        let inContext = ObjectKey(family: "/v1/customers/", context: "acct_1", value: "cus_1")
        #expect(try key(row("cus_1"), in: "acct_1") == inContext)
        #expect(try key(row("cus_1", more: #","context":"acct_1""#)) == inContext)
        #expect(try key(row("cus_1", more: #","context":"acct_1""#), in: "acct_2") == inContext)
        // Staging adds no context to a row that says it has none.
        #expect(try key(row("cus_1", more: #","context":null"#), in: "acct_2") == expected)
    }

    @Test(arguments: [
        #"cus\u005f1"#, #"\u0063us_1"#, #"\u0063\u0075\u0073\u005F\u0031"#,
    ])
    func spellingMakesNoDifference(escaped: String) throws {
        #expect(try key(row(escaped)) == key(row("cus_1")))
        #expect(try key(row("c", more: ",\"context\":\"\(escaped)\"")) == key(row("c"), in: "cus_1"))
    }

    @Test func everyEscapeIsReadAsWhatItMeans() throws {
        let escaped = #"\"\\\/\b\f\n\r\té✓\u00e9\u2713\ud83d\ude00a\uD83D\uDE00"#
        let meant = "\"\\/\u{08}\u{0C}\n\r\té✓é✓😀a😀"
        #expect(
            try key(row("c", more: ",\"context\":\"\(escaped)\""))
                == ObjectKey(family: "/v1/customers/", context: meant, value: "c"))
        // Control characters and slashes have no place in a path.
        #expect(
            try key(row(#"\"é✓\u00e9\u2713\ud83d\ude00a\uD83D\uDE00"#))
                == ObjectKey(family: "/v1/customers/", context: nil, value: "\"é✓é✓😀a😀"))
    }

    @Test func endpointsOfOneFamilyShareTheirObjects() throws {
        let all = [
            "POST /v1/subscriptions/:x", "DELETE /v1/subscriptions/:x", "POST /v1/subscriptions/:x/migrate",
        ]
        let keys = try all.map { try key(row("sub_1", placeholder: "x"), at: $0) }
        #expect(Set(keys).count == 1)
        #expect(try key(row("sub_1", placeholder: "x"), at: "POST /v1/subscription_items/:x") != keys[0])
    }

    @Test func aPartOfAnObjectBelongsToIt() throws {
        let endpoint = "POST /v1/customers/:customer/tax_ids/:id"
        for params in [#""customer":"cus_1","id":"txi_9""#, #""id":"txi_8","customer":"cus_1""#] {
            #expect(
                try key("{\"id\":\"r\",\"path_params\":{\(params)}}", at: endpoint) == key(row("cus_1")))
        }
    }

    @Test func whatIsCreatedIsNoObjectYet() throws {
        #expect(Endpoint("POST /v1/promotion_codes")?.family == nil)
        #expect(try key(#"{"id":"r"}"#, at: "POST /v1/promotion_codes") == nil)
    }

    @Test func theBorderBetweenPartsCounts() {
        #expect(
            ObjectKey(family: "a", context: "bc", value: "d")
                != ObjectKey(family: "a", context: "b", value: "cd"))
        #expect(
            ObjectKey(family: "a", context: nil, value: "b")
                != ObjectKey(family: "ab", context: nil, value: ""))
    }

    /// The hash is stored: another one would let rows of an older database run together.
    @Test func itNeverChanges() {
        let key = ObjectKey(family: "/v1/customers/", context: "acct_1", value: "cus_1")
        #expect(key.rawValue == -5_697_105_620_290_439_533)
    }

    @Test func similarIdsSpreadEvenly() {
        var keys: Set<Int64> = []
        var buckets = [Int](repeating: 0, count: 64)
        for number in 0..<100_000 {
            let key = ObjectKey(family: "/v1/customers/", context: nil, value: "cus_\(number)").rawValue
            keys.insert(key)
            buckets[Int(UInt64(bitPattern: key) >> 58)] += 1
        }
        #expect(keys.count == 100_000)
        // 1,562 are expected in each; 200 more or less is five standard deviations.
        #expect(buckets.allSatisfy { (1362...1762).contains($0) })
    }
}

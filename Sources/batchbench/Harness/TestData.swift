import Env

/// The files that the stages work on: the same bytes for the same number of rows, on every machine.
struct TestData {
    /// In which order the ids come: the worst and the best case of an index.
    enum Order: String {
        case random, ordered
    }

    let rows: Int
    let order: Order
    let folder: String

    /// The submission: about 200 bytes a row.
    var input: String { "\(folder)/\(order).rows.jsonl" }
    /// Stripe's results in random order: about 975 bytes a line; of 20 rows one is refused, one goes again.
    var results: String { "\(folder)/\(order).results.jsonl" }

    /// Writes both files.
    func write() throws {
        try FileSystem.makeFolders(folder)
        try writeRows()
        try writeResults()
    }

    private func writeRows() throws {
        var file = try TextFile(input)
        for row in 0..<rows {
            let (id, customer) = names(of: row)
            try file.append(
                #"{"id":"\#(id)","path_params":{"customer":"\#(customer)"},"params":{"metadata":{"tier":"gold","#,
                #""plan":"2027-standard","moved":"yes"},"description":"account \#(row), moved in November"}}"#,
                "\n")
        }
        try file.flush()
    }

    private func writeResults() throws {
        let filler =
            #","preferred_locales":[],"shipping":null,"tax_exempt":"none","invoice_settings":"#
            + #"{"custom_fields":null,"default_payment_method":null,"footer":null,"rendering_options":null}"#
            + #","livemode":false,"address":{"city":null,"country":"DE","line1":null,"line2":null,"postal_code":null},"#
            + #""balance":0,"currency":null,"default_source":null,"delinquent":false,"discount":null,"phone":null,"#
            + #""metadata":{"tier":"gold","plan":"2027-standard","moved":"yes"},"next_invoice_sequence":1,"#
            + #""test_clock":null,"subscriptions":{"object":"list","data":[],"has_more":false,"total_count":0,"url":"#
        var file = try TextFile(results)
        for row in shuffled() {
            let (id, customer) = names(of: row)
            try file.append(#"{"id":"\#(id)","response":{"#)
            switch row % 20 {
            case 7:
                try file.append(
                    #""error":{"type":"invalid_request_error","code":"resource_missing","message":"No such customer"#,
                    #": '\#(customer)'","param":"customer","doc_url":"https://docs.stripe.com/error-codes"}},"#,
                    #""status":404}"#, "\n")
            case 13:
                try file.append(
                    #""error":{"type":"invalid_request_error","code":"lock_timeout","message":"This object cannot be "#,
                    #"accessed right now because another API request is accessing it."}},"status":429}"#, "\n"
                )
            default:
                try file.append(
                    #""id":"\#(customer)","object":"customer","created":\#(1_700_000_000 + row),"email":"#,
                    #""\#(customer)@example.com","invoice_prefix":"\#(customer)","description":"account \#(row), moved"#,
                    #" in November""#, filler, #""/v1/customers/\#(customer)/subscriptions"}},"status":200}"#,
                    "\n")
            }
        }
        try file.flush()
    }

    private func names(of row: Int) -> (id: String, customer: String) {
        let mixed = mix(UInt64(row))
        let id = order == .random ? "r-" + hexadecimal(mixed, 16) : "r-" + hexadecimal(UInt64(row), 16)
        return (id, "cus_" + hexadecimal(mixed >> 8, 14))
    }

    /// All rows in random order, the same one each time (Fisher and Yates).
    private func shuffled() -> [Int32] {
        var all = Array(Int32(0)..<Int32(rows))
        for last in stride(from: rows - 1, to: 0, by: -1) {
            all.swapAt(last, Int(mix(UInt64(last) &+ 0x5EED) % UInt64(last + 1)))
        }
        return all
    }
}

extension TestData {
    private func names(of row: Int32) -> (id: String, customer: String) { names(of: Int(row)) }
}

/// SplitMix64's finish: every number goes to another one, and none meets another.
private func mix(_ number: UInt64) -> UInt64 {
    var mixed = number &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
}

private func hexadecimal(_ number: UInt64, _ digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text.suffix(digits)
}

/// A file that is written in large pieces.
private struct TextFile: ~Copyable {
    private let file: OpenFile
    private var pending: [UInt8] = []

    init(_ path: String) throws {
        file = try OpenFile(path, .create)
        pending.reserveCapacity(1 << 21)
    }

    mutating func append(_ parts: String...) throws {
        for part in parts { pending.append(contentsOf: part.utf8) }
        if pending.count > 1 << 20 { try flush() }
    }

    mutating func flush() throws {
        try pending.withUnsafeBytes { try file.write($0) }
        pending.removeAll(keepingCapacity: true)
    }
}

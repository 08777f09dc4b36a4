import Foundation

/// Where mutation begins, and what it puts in.
enum Corpus {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Good examples of what a target reads.
    static func seeds(of target: FuzzTarget) -> [[UInt8]] {
        let texts: [String] =
            switch target {
            case .job, .value: files(in: "Fixtures/stripe").map { String(decoding: $0, as: UTF8.self) }
            case .json: documents
            case .result: results
            case .row: rows
            case .lines: ["\u{8}\u{1}" + rows.joined(separator: "\n"), "\u{3}x\n\n\nab\nabcd\n", "\0\0\n"]
            case .download:
                ["bytes 5-9/10", "bytes */10", "bytes 0-0/*", "<Error><Code>AccessDenied</Code></Error>"]
            case .time:
                ["2026-03-09T20:55:31.000Z", "0000-01-01t00:00:00+23:59", "9999-12-31 23:59:60.1-00:01"]
            case .control:
                ["w12?queue=a&name=b%20c", "b3?since=5&id=w1", "/v1/x?a=b&a=c", "http://h:1/p?q#f"]
            case .manifest: manifests
            case .form:
                ["64MB", "4 GiB", "30s", "7d", "0660", "POST /v1/customers/:customer", "null", "sk_live_1"]
            case .configuration: configurations
            case .csv: tables
            case .event:
                EventOracles.seeds
                    + files(in: "Fixtures/stripe").map {
                        "t=1700000000\n" + String(decoding: $0, as: UTF8.self)
                    }
            case .frames: []
            }
        return texts.map { Array($0.utf8) } + frames(of: target) + files(in: "Fixtures/fuzz/\(target)")
    }

    /// Pieces that formats are made of, and values at the edge.
    static let tokens: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ":", ",", "null", "true", "id", "status", "\\u0000", "\\ud800",
            "\\udc00",
            "\\u0069d", "9223372036854775807", "-9223372036854775808", "18446744073709551616", "1e999", "-0",
            "0.1",
            "NaN", "\n", "\r\n", "\0", "\u{FEFF}", "\u{2028}", "é", "\u{1F600}", "e\u{301}", "../", "%00",
            "%zz", "&",
            "=", "?", "https://x/?s=1", "+23:59", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60Z", "complete",
            "response",
            "error", "message", "status_details", "  - ", "&a ", "*a", "<<: ", "|\n", "d", "GB",
            "path_params", "\"\"", ",\"", "\",", "t=", ",v1=", "v2.core.batch_job.",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x28, 0xB5, 0x2F, 0xFD],
        ]

    /// The tokens in the form that libFuzzer reads.
    static var dictionary: String {
        tokens.map { token in
            "\"" + token.map { "\\x" + (String($0 >> 4, radix: 16)) + String($0 & 15, radix: 16) }.joined()
                + "\"\n"
        }.joined()
    }

    private static let documents = [
        #"{"a":[1,-2.5e-3,true,false,null,"x\n\u00e9\ud83d\ude00"],"b":{"c":{}}}"#, #"[[[[]]], "é", 0]"#,
        #""x""#,
        "-1", String(repeating: "[", count: 63) + String(repeating: "]", count: 63),
    ]
    private static let results = [
        #"{"id":"r-1","status":200,"response":{"id":"cus_1","object":"customer"}}"#,
        #"{"id":"r-2","status":402,"response":{"error":{"type":"card_error","code":"declined","#
            + #""message":"No \"such\" \u00e9 \ud83d\ude00","advice_code":"try_again_later"}}}"#,
        #"{"status":400,"id":"a","response":{"error":null}}"#,
    ]
    private static let rows = [
        #"{"id":"r-1","path_params":{"customer":"cus_1"},"params":{"metadata":{"tier":"gold"},"n":[1,2.5]}}"#,
        #"{"id":"r-2","params":null,"context":"acct_1","stripe_version":"2026-09-30.preview"}"#,
        #"{"id":"r-3","path_params":{"d":"1","b":"2"}}"#,
    ]
    private static let configurations = [
        """
        accounts: {main: {api_key_file: /dev/null, api_base: "http://127.0.0.1:1", poll: {min: 5s, max: 10m}}}
        queues:
          customers: {endpoint: "POST /v1/customers/:customer", retry: {max_attempts: 5, max_delay: 6h}}
        """,
        "storage:\n  min_free: 2GB\n  state_dir: /x\ncontrol: {socket: /s, socket_mode: \"0660\"}\nqueues: null\n",
        "a: &a {b: c}\nd: *a\ne: [*a, *a]\n",
    ]
    private static let tables = [
        "id,name,balance,share,active\nr-1,Ada,12,0.5,true\r\nr-2,\"Lovelace, \"\"A\"\"\n2\",,,FALSE\n",
        "\u{FEFF}name,id,balance,share,active,more\n\n\"\",a,-5,12.50,,x\n\"\u{1F600}\t\\\",b,0,0,true,\"\"",
        "\"id\"\n\"open\n", "a,b\rc,d\n", "a\"b\n\"c\"d,e\nf,g\r",
    ].flatMap { ["\0\u{1}" + $0, "\u{7FF}" + $0] }
    private static let manifests = [
        """
        {"account":"main","queue":"q","workload":"w1","batch":"b2","job":"batchv2_1","status":"complete",
        "endpoint":"POST /v1/coupons","api_version":"2026-09-30.preview","version":1,
        "rows":{"sent":2,"result_lines":2,"succeeded":1,"failed":1},
        "input":{"bytes":9,"sha256":"\(String(repeating: "0a", count: 32))"},
        "results":{"raw_bytes":5,"raw_sha256":"\(String(repeating: "1b", count: 32))","stored_bytes":4,
        "stored_sha256":"\(String(repeating: "2C", count: 32))","lines":2},
        "times":{"created":"2026-03-09T20:55:31.000Z","archived":"2026-03-09T21:55:31.500Z"}}
        """
    ]

    private static func frames(of target: FuzzTarget) -> [[UInt8]] {
        target == .frames ? FrameSeeds.all : []
    }

    /// The files of a folder of the tests, by name; none when there is no such folder.
    private static func files(in folder: String) -> [[UInt8]] {
        let path = tests.appending(path: folder).path()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().compactMap { FileManager.default.contents(atPath: "\(path)/\($0)") }.map {
            Array($0)
        }
    }
}

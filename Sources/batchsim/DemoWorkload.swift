import Foundation

/// The sample workload, and what goes wrong with it.
enum DemoWorkload {
    /// The rule for good comes first, so that a row it strikes never takes effect.
    static let scenario = """
        {"rows": [
          {"name": "gone", "share": 0.01, "status": 404, "code": "resource_missing",
           "message": "No such customer."},
          {"name": "busy", "share": 0.05, "times": 1, "status": 429, "code": "lock_timeout",
           "message": "This object cannot be accessed right now because another request is accessing it."},
          {"name": "hiccup", "share": 0.02, "times": 1, "status": 500, "executed": true,
           "message": "An unknown error occurred."},
          {"name": "lost", "share": 0.01, "times": 1, "line": "missing"}
        ]}
        """

    static let rules = """
             5 in 100 are refused once (429 lock_timeout)
             2 in 100 take effect, and report a 500, once
             1 in 100 fail for good (404 resource_missing)
             1 in 100 take effect once without a result line
        """

    /// Ids as the official SDK draws them.
    static func ids(_ count: Int) -> [String] {
        (0..<count).map { _ in UUID().uuidString.lowercased() }
    }

    /// One row in the form of the official SDK's serializer; every tenth has no parameters.
    static func line(_ id: String, _ index: Int) -> String {
        let params =
            index % 10 == 9
            ? "null" : "{\"metadata\": {\"tier\": \"gold\"}, \"name\": \"Customer \(index)\"}"
        return
            "{\"id\": \"\(id)\", \"path_params\": {\"customer\": \"cus_\(String(index + 100_000, radix: 36))\"}, "
            + "\"params\": \(params), \"stripe_version\": \"2026-09-30.preview\"}"
    }

    static func write(_ ids: [String], to path: String) throws {
        let text = ids.enumerated().map { line($1, $0) + "\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

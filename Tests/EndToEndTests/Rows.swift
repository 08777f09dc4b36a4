/// Input as a user would write it.
enum Rows {
    /// Updates of `count` customers, each another one.
    static func updates(_ count: Int) -> some Sequence<String> {
        (1...count).lazy.map { number in
            #"{"id":"r-\#(number)","path_params":{"customer":"cus_\#(number)"},"params":{"name":"Ada \#(number)"}}"#
        }
    }

    /// Updates of other customers, which wait for none of those.
    static func otherUpdates(_ count: Int) -> some Sequence<String> {
        updates(count).lazy.map { line in
            line.replacing("cus_", with: "cus_other_").replacing("\"r-", with: "\"o-")
        }
    }

    /// New promotion codes, with codes that Stripe chooses: made twice, they are two.
    static func codes(_ count: Int) -> some Sequence<String> {
        (1...count).lazy.map { number in
            #"{"id":"p-\#(number)","params":{"promotion":{"type":"coupon","coupon":"SPRING"}}}"#
        }
    }
}

/// The counts of a workload document.
func counts(_ workload: [String: Any]) -> [String: Int] {
    (workload["rows"] as? [String: Any] ?? [:]).compactMapValues { $0 as? Int }
}

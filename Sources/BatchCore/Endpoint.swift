/// The one v1 endpoint to which every row of a queue goes: a method and a path template.
///
/// Source: `stripe-batch-api.md` section 1.4.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// What Stripe lets a batch do.
    package enum Method: String, Hashable, Sendable {
        case post, delete
    }

    /// What happens when a row that may already have run is sent again.
    ///
    /// Source: `stripe-batch-api.md` section 4.3.
    package enum Repetition: Hashable, Sendable {
        /// Absolute values: the end state is the same.
        case harmless
        /// The second call is refused in a way that tells us the first one worked.
        case detectable
        /// It may be done twice: a second promotion code, a second refund.
        case harmful
    }

    /// The HTTP method of every row.
    package let method: Method
    /// The path with its placeholders: `/v1/customers/:customer`.
    package let path: String
    /// The names of the placeholders, in order.
    package let placeholders: [String]

    /// Reads `POST /v1/customers/:customer`; nil when it is not a method and a v1 path.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 2, let method = Method(rawValue: words[0].lowercased()),
            words[1].hasPrefix("/v1/")
        else { return nil }
        var placeholders: [String] = []
        for segment in words[1].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let name = segment.first == ":" ? segment.dropFirst() : segment
            guard !name.isEmpty,
                name.utf8.allSatisfy({ $0 == 95 || (48...57).contains($0) || (97...122).contains($0 | 32) })
            else { return nil }
            if segment.first == ":" {
                guard !placeholders.contains(String(name)) else { return nil }
                placeholders.append(String(name))
            }
        }
        self.method = method
        self.path = String(words[1])
        self.placeholders = placeholders
    }

    /// `POST /v1/customers/:customer`.
    package var description: String { "\(method.rawValue.uppercased()) \(path)" }

    /// What all endpoints have in common that act on the same objects: the path up to the first placeholder,
    /// `/v1/subscriptions/` for an update, a deletion and a migration alike. Nil for an endpoint that names no
    /// object, because it makes one.
    package var family: String? {
        path.firstIndex(of: ":").map { String(path[..<$0]) }
    }

    /// How a row of a create names what it makes, so that Stripe refuses to make it twice.
    package struct OwnName: Hashable, Sendable {
        /// The member of `params` that holds the name.
        package let parameter: String
        /// Members that may end the name's life by themselves: beside one of them a second object can come to be.
        package let unless: [String]
    }

    /// How rows may name what they create; nil where Stripe makes up every id.
    ///
    /// A coupon's id stays taken. A promotion code is taken only while it is active, so a row that says when it
    /// ends is not counted. Source: `stripe-batch-api.md` section 4.3.
    package var ownName: OwnName? {
        guard method == .post else { return nil }
        switch path {
        case "/v1/coupons": return OwnName(parameter: "id", unless: [])
        case "/v1/promotion_codes":
            return OwnName(parameter: "code", unless: ["active", "expires_at", "max_redemptions"])
        default: return nil
        }
    }

    /// What a repetition does, judged by the form of the endpoint.
    ///
    /// A POST whose path ends in a placeholder updates that object; any other POST creates or acts.
    package var repetition: Repetition {
        if method == .delete { return .detectable }
        if path.hasSuffix("/migrate") { return .detectable }
        let last = path.split(separator: "/").last ?? ""
        return last.first == ":" ? .harmless : .harmful
    }
}

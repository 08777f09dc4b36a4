/// A secret key of a Stripe account. It is never shown: not in logs, errors or descriptions.
package struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key itself, for the `Authorization` header and nothing else.
    package let secret: String

    /// True for a key that acts on real data.
    package var isLive: Bool { secret.contains("_live_") }

    /// Wraps what looks like a secret or restricted key; nil for everything else.
    package init?(_ text: String) {
        let kinds = ["sk_test_", "sk_live_", "rk_test_", "rk_live_", "sk_org_test_", "sk_org_live_"]
        guard let kind = kinds.first(where: text.hasPrefix), text.count > kind.count, text.count <= 255,
            text.utf8.allSatisfy({ isWordByte($0) })
        else { return nil }
        self.secret = text
    }

    /// `API key (not shown)`.
    package var description: String { "API key (not shown)" }
    /// `API key (not shown)`.
    package var debugDescription: String { description }
    /// Nothing to see for `dump` either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Letters, digits and the underscore.
func isWordByte(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (48...57).contains(byte) || (97...122).contains(byte | 32)
}

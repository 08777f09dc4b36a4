/// A key to Stripe's API. It never prints itself, not even in a dump of what holds it.
package struct APIKey: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The key itself, for the `Authorization` header and nothing else.
    package let reveal: String

    /// Wraps a key, as read from its file, without the white space around it.
    package init(_ text: String) {
        reveal = trimmed(text)
    }

    /// True when it acts on real money: `sk_live_…` or `rk_live_…`.
    package var isLive: Bool { reveal.hasPrefix("sk_live_") || reveal.hasPrefix("rk_live_") }

    /// Always `redacted`.
    package var description: String { "redacted" }
    /// Always `redacted`.
    package var debugDescription: String { "redacted" }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A URL that is a permission: who knows it may upload or download. It never prints itself.
///
/// Never stored and never logged; a retrieve of the job gives a fresh one.
package struct SecretURL: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The URL itself, byte for byte as Stripe sent it.
    package let reveal: String

    /// Wraps a URL, unchanged.
    package init(_ text: String) {
        reveal = text
    }

    /// Always `redacted`.
    package var description: String { "redacted" }
    /// Always `redacted`.
    package var debugDescription: String { "redacted" }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

private func trimmed(_ text: String) -> String {
    let kept = text.drop(while: \.isWhitespace)
    return String(kept.reversed().drop(while: \.isWhitespace).reversed())
}

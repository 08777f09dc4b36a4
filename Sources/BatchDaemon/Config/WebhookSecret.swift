/// What Stripe signs events with. It never prints itself, not even in a dump of what holds it.
package struct WebhookSecret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The secret itself, with its `whsec_`: all of it is the key.
    package let reveal: String

    /// Wraps a secret, without the white space around it.
    package init(_ text: String) {
        let kept = text.drop(while: \.isWhitespace)
        reveal = String(kept.reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Always `redacted`.
    package var description: String { "redacted" }
    /// Always `redacted`.
    package var debugDescription: String { "redacted" }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// How many may be in force at once: Stripe overlaps two while one is rolled.
    private static let most = 10

    /// What is wrong with the secrets of a file; nil when nothing is.
    static func complaint(_ secrets: [WebhookSecret]) -> String? {
        let form =
            "it should hold the signing secret of the event destination, whsec_…; several stand one a line"
        if secrets.isEmpty { return "is empty; \(form)" }
        if secrets.count > most { return "holds more than \(most) lines; \(form)" }
        let isGood = secrets.allSatisfy {
            $0.reveal.hasPrefix("whsec_") && (7...255).contains($0.reveal.utf8.count)
                && $0.reveal.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
        return isGood ? nil : "does not look like a webhook's secret: \(form)"
    }
}

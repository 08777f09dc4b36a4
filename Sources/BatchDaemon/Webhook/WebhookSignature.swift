package import BatchCore
import Crypto
import Env

/// The signature of an event: `t=…,v1=…`, an HMAC over the time and the body.
///
/// Source: `stripe-batch-api.md` section 5.2.
package enum WebhookSignature {
    /// What a signature proves.
    package enum Verdict: Hashable, Sendable {
        /// Who sent it knows a secret, and sent it just now.
        case good
        /// There is no signature that could be checked.
        case malformed
        /// No secret made it.
        case wrong
        /// A secret made it, but too long ago or ahead: a replay, or a clock that is wrong.
        case outdated
    }

    /// How far the time of a signature may be from ours, either way.
    static let tolerance = Duration.seconds(300)
    /// Stripe sends one for each secret that is in force.
    private static let mostSignatures = 16

    /// Checks a `Stripe-Signature` header.
    ///
    /// - Parameter now: the wall clock, whatever clock the daemon runs by: the sender stamped its own.
    package static func check(
        _ header: String?, body: [UInt8], secrets: [WebhookSecret], now: Timestamp
    ) -> Verdict {
        var time: Substring?
        var signatures: [[UInt8]] = []
        for part in (header ?? "").split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "t" where time == nil: time = pair[1]
            case "v1" where signatures.count < mostSignatures:
                if let bytes = bytes(ofHex: pair[1]) { signatures.append(bytes) }
            default: break
            }
        }
        guard let time, time.utf8.allSatisfy({ (48...57).contains($0) }), let seconds = Int64(time),
            seconds < 1 << 40, !signatures.isEmpty
        else { return .malformed }
        let signed = Array(time.utf8) + [UInt8(ascii: ".")] + body
        var isMade = false
        for secret in secrets {
            let key = SymmetricKey(data: Array(secret.reveal.utf8))
            // Each comparison takes the same time wherever the two differ, and none is left out.
            for signature in signatures {
                let fits = HMAC<SHA256>.isValidAuthenticationCode(
                    signature, authenticating: signed, using: key)
                isMade = fits || isMade
            }
        }
        guard isMade else { return .wrong }
        let distance = now - Timestamp(milliseconds: seconds * 1000)
        return distance <= tolerance && distance >= .zero - tolerance ? .good : .outdated
    }

    private static func bytes(ofHex text: Substring) -> [UInt8]? {
        let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, !digits.contains(nil) else { return nil }
        return stride(from: 0, to: 64, by: 2).map { UInt8((digits[$0] ?? 0) << 4 | (digits[$0 + 1] ?? 0)) }
    }
}

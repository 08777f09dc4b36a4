import Crypto
import Foundation

/// The `Stripe-Signature` header of a delivery.
enum WebhookSignature {
    /// `t=…,v1=…` over the timestamp, a dot and the body.
    ///
    /// - Parameters:
    ///   - secret: The whole secret, `whsec_` included.
    ///   - timestamp: Unix seconds.
    static func header(secret: String, timestamp: Int64, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data(secret.utf8)))
        code.update(data: Data("\(timestamp).".utf8))
        code.update(data: body)
        return "t=\(timestamp),v1=\(code.finalize().hexadecimal)"
    }
}

extension Sequence<UInt8> {
    /// Two lower-case digits for each byte.
    var hexadecimal: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

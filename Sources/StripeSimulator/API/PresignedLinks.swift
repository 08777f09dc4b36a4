import Crypto
import Foundation

/// Signs the URLs that carry files, and checks them when they come back.
///
/// They look and fail like an object store's: opaque, with an expiry, and XML errors.
struct PresignedLinks: Sendable {
    private let key: SymmetricKey

    init(seed: UInt64) {
        key = SymmetricKey(data: SHA256.hash(data: Data("links \(seed)".utf8)))
    }

    /// What a URL lets its bearer do.
    enum Purpose: String, Sendable {
        case upload, download
    }

    /// - Parameter nonce: Makes the URL differ from others to the same file.
    func url(
        _ purpose: Purpose, token: String, base: String, expires: SimulatedTime, nonce: String? = nil
    ) -> String {
        let stamp = String(expires.milliseconds)
        return "\(base)/files/\(purpose.rawValue)/\(token)?Expires=\(stamp)"
            + "&Signature=\(signature(purpose, token: token, stamp: stamp))"
            + (nonce.map { "&Nonce=" + $0 } ?? "")
    }

    /// - Throws: `StorageError` when the URL was tampered with or is too old.
    func check(
        _ purpose: Purpose, token: String, stamp: String, signature given: String, now: SimulatedTime
    ) throws(StorageError) {
        guard let milliseconds = Int64(stamp), given == signature(purpose, token: token, stamp: stamp) else {
            throw .badSignature
        }
        guard now < SimulatedTime(milliseconds: milliseconds) else { throw .expired }
    }

    private func signature(_ purpose: Purpose, token: String, stamp: String) -> String {
        let text = "\(purpose.rawValue)\n\(token)\n\(stamp)"
        return HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key).hexadecimal
    }
}

/// A refusal of the file store, which speaks XML and knows nothing of Stripe's errors.
struct StorageError: Error, Equatable, Sendable {
    let status: Int
    let code: String
    let message: String

    static let badSignature = StorageError(
        status: 403, code: "SignatureDoesNotMatch", message: "The request signature does not match.")
    static let expired = StorageError(status: 403, code: "AccessDenied", message: "Request has expired")
    static let gone = StorageError(
        status: 404, code: "NoSuchKey", message: "The specified key does not exist.")
    static let alreadyUploaded = StorageError(
        status: 403, code: "AccessDenied", message: "This upload has already been completed.")
    static let contentType = StorageError(
        status: 403, code: "AccessDenied", message: "Content-Type is not the one that was signed.")
    static let authorization = StorageError(
        status: 400, code: "InvalidArgument",
        message: "Only one auth mechanism allowed; a presigned URL takes no Authorization header.")
    static let noLength = StorageError(
        status: 411, code: "MissingContentLength", message: "You must provide the Content-Length HTTP header."
    )
    static let tooLarge = StorageError(
        status: 400, code: "EntityTooLarge", message: "Your proposed upload exceeds the maximum allowed size."
    )
    static let incomplete = StorageError(
        status: 400, code: "IncompleteBody", message: "Fewer bytes arrived than Content-Length announced.")
    static let range = StorageError(
        status: 416, code: "InvalidRange", message: "The requested range is not satisfiable")

    var xml: String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<Error><Code>\(code)</Code><Message>\(message)</Message></Error>"
    }
}

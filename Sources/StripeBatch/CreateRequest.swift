package import BatchCore

/// The body of a create: the same wish always gives the same bytes.
///
/// A replay with the same idempotency key must send what was sent before; the body is therefore made
/// once, stored with its key, and never made again. Source: `stripe-batch-api.md` sections 1.2 and 6.2.
package enum CreateRequest {
    /// The first API version that refuses `maximum_rps`.
    private static let versionWithoutMaximumRPS = "2026-06-24"

    /// One JSON object in UTF-8.
    ///
    /// - Parameters:
    ///   - endpointPath: the path template, with `:name` placeholders: `/v1/customers/:customer`.
    ///   - method: `POST` or `DELETE`, in any case.
    ///   - maximumRPS: rows a second; left out for API versions that do not know it.
    ///   - metadata: sent even when empty, because older versions demand it.
    package static func body(
        endpointPath: String, method: String, skipValidation: Bool,
        notificationSuppression: QueuePolicy.NotificationSuppression, maximumRPS: Int?,
        metadata: [String: String], apiVersion: String
    ) -> [UInt8] {
        var wish: [String: JSONValue] = [
            "endpoint": .object(["path": .string(endpointPath), "http_method": .string(method.lowercased())]),
            "skip_validation": .bool(skipValidation),
            "metadata": .object(metadata.mapValues { .string($0) }),
        ]
        if notificationSuppression != .none {
            wish["notification_suppression"] = .object(["scope": .string(notificationSuppression.rawValue)])
        }
        // Versions begin with their date, so the order of the text is the order of time.
        if let maximumRPS, apiVersion.prefix(10) < versionWithoutMaximumRPS {
            wish["maximum_rps"] = .integer(Int64(maximumRPS))
        }
        return JSONValue.object(wish).bytes
    }
}

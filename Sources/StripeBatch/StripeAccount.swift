/// One Stripe credential, and where and how it is used.
package struct StripeAccount: Hashable, Sendable {
    /// Its name in the configuration.
    package var name: String
    /// Scheme, host and port, for example `https://api.stripe.com`; without a slash at the end.
    package var baseURL: String
    /// The `Stripe-Version` of every call, for example `2026-09-30.preview`.
    package var apiVersion: String
    /// The secret key.
    package var key: APIKey
    /// The `Stripe-Context` of every call, or nil for the key's own account.
    package var context: String?

    /// An account; slashes at the end of `baseURL` are dropped.
    package init(name: String, baseURL: String, apiVersion: String, key: APIKey, context: String? = nil) {
        self.name = name
        self.baseURL = String(baseURL.reversed().drop { $0 == "/" }.reversed())
        self.apiVersion = apiVersion
        self.key = key
        self.context = context
    }
}

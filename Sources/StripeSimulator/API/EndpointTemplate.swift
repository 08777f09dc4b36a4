/// The one endpoint that all rows of a job go to, such as `POST /v1/customers/:customer`.
struct EndpointTemplate: Hashable, Sendable {
    /// As given at create, placeholders included.
    let path: String
    /// `POST` or `DELETE`.
    let method: String

    /// `POST /v1/customers/:`: the operation, whatever its placeholders are called.
    ///
    /// The guide writes `:id` where the SDKs write `:customer`, so names are free and shapes count.
    var shape: String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return method + " " + parts.map { $0.hasPrefix(":") ? ":" : String($0) }.joined(separator: "/")
    }

    /// Names that each row's `path_params` must hold, exactly.
    var placeholders: [String] {
        path.split(separator: "/").filter { $0.hasPrefix(":") }.map { String($0.dropFirst()) }
    }

    init(path: String, method: String) {
        self.path = path
        self.method = method
    }

    /// - Parameter operation: Method and path, as in `VersionRules.operations`.
    init(operation: String) {
        let parts = operation.split(separator: " ", maxSplits: 1)
        self.init(path: String(parts[1]), method: String(parts[0]))
    }

    /// The path with `values` in the places of the placeholders.
    func filled(with values: [String: String]) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(":") ? values[String($0.dropFirst())] ?? String($0) : String($0) }
            .joined(separator: "/")
    }
}

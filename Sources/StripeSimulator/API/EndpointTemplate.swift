/// The one endpoint that all rows of a job go to, such as `POST /v1/customers/:customer`.
struct EndpointTemplate: Hashable, Sendable {
    /// As given at create, placeholders included.
    let path: String
    /// `POST` or `DELETE`.
    let method: String

    /// `POST /v1/customers/:`: the operation, whatever its placeholders are called.
    ///
    /// The guide writes `:id` where the SDKs write `:customer`, so names are free and shapes count.
    let shape: String
    /// Names that each row's `path_params` must hold, exactly.
    let placeholders: [String]
    /// The path between its slashes.
    private let parts: [String]

    init(path: String, method: String) {
        self.path = path
        self.method = method
        parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        placeholders = parts.filter { $0.hasPrefix(":") }.map { String($0.dropFirst()) }
        shape = method + " " + parts.map { $0.hasPrefix(":") ? ":" : $0 }.joined(separator: "/")
    }

    /// - Parameter operation: Method and path, as in `VersionRules.operations`.
    init(operation: String) {
        let parts = operation.split(separator: " ", maxSplits: 1)
        self.init(path: String(parts[1]), method: String(parts[0]))
    }

    /// The path with `values` in the places of the placeholders, in their order.
    func filled(with values: [String]) -> String {
        var path = ""
        var next = 0
        for (index, part) in parts.enumerated() {
            if index > 0 { path += "/" }
            if part.hasPrefix(":") {
                path += values[next]
                next += 1
            } else {
                path += part
            }
        }
        return path
    }
}

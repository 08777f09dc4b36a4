/// A list: `{"data":[…]}`.
package struct List<Element: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    /// The elements, in the order that the route promises.
    package var data: [Element]

    /// A list of `data`.
    package init(data: [Element]) {
        self.data = data
    }

    enum CodingKeys: String, CodingKey {
        case data
    }
}

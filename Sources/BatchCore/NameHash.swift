/// A row's id as 64 bits: what rows are found by, so that an id of any length takes the same little space.
///
/// Two ids with one hash are told apart by the lines they stand in. The hash is stored: it is the same on every
/// machine and in every version.
package struct NameHash: Hashable, Comparable, Sendable {
    /// The hash.
    package let rawValue: Int64

    /// The hash of an id, from its bytes as they stand in the line.
    package init(_ id: UnsafeRawBufferPointer) {
        var hash = ObjectHash()
        for byte in id { hash.add(byte) }
        rawValue = hash.key.rawValue
    }

    /// The hash of an id.
    package init(_ id: String) {
        var id = id
        self = id.withUTF8 { NameHash(UnsafeRawBufferPointer($0)) }
    }

    /// Orders as the database does.
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

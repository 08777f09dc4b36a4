/// How much of a download is taken, so that one that never ends does not fill the disk.
///
/// What Stripe stated may use the space that `min_free` keeps. What it did not state may not.
package struct DownloadBounds: Sendable {
    /// How many bytes are taken between two looks at the disk.
    package static let stride: Int64 = 16 << 20
    /// The most bytes that are taken of results whose size is not stated, or was stated wrong: 256 GiB. The
    /// input of a job has at most 5 GB.
    package static let mostUnstated: Int64 = 256 << 30

    /// Why no more is taken, for people.
    package struct Overrun: Error, Hashable, Sendable {
        /// For example `results go on behind the 8514 bytes that Stripe states`.
        package let reason: String
    }

    private let stated: Int64?
    private let isStatedWrong: Bool
    private let minFree: Int64
    private var nextLook: Int64 = 0

    /// Bounds for one download. `isStatedWrong` is true once the stated size was seen not to hold.
    package init(stated: Int64?, isStatedWrong: Bool, minFree: Int64) {
        self.stated = stated
        self.isStatedWrong = isStatedWrong
        self.minFree = minFree
    }

    /// Looks whether the results may grow to `end` bytes. `free` tells the bytes that are left on the disk.
    ///
    /// - Throws: `Overrun`, or what `free` throws.
    package mutating func check(_ end: Int64, free: () throws -> Int64) throws {
        if let stated, end <= stated { return }
        if let stated, !isStatedWrong {
            throw Overrun(reason: "the results go on behind the \(stated) bytes that Stripe states")
        }
        guard end <= Self.mostUnstated else {
            throw Overrun(reason: "the results go on behind \(Self.mostUnstated) bytes")
        }
        guard end >= nextLook else { return }
        nextLook = end + Self.stride
        let left = try free()
        guard left >= minFree else {
            throw Overrun(reason: "the results go on behind what Stripe states, and \(left) bytes are left")
        }
    }
}

import Env
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A request body that knows how much of it was asked for.
struct OutgoingBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private enum Source: Sendable {
        case bytes([UInt8])
        case pieces(OutgoingPieces)
    }

    /// Its length in bytes.
    let length: Int64
    private let source: Source
    private let progress = Progress()
    private let sent: SentBytes?

    /// Nil when there is no body.
    init?(_ body: WireRequest.Body, sent: SentBytes? = nil) {
        self.sent = sent
        switch body {
        case .none: return nil
        case .bytes(let bytes):
            length = Int64(bytes.count)
            source = .bytes(bytes)
        case .pieces(let pieces):
            length = pieces.bytes
            source = .pieces(pieces)
        }
    }

    /// True once the connection stood and the first piece was wanted.
    var wasAskedFor: Bool { progress.asked.load(ordering: .acquiring) }

    /// True once the last piece was handed over.
    var isSpent: Bool { progress.given.load(ordering: .acquiring) == length }

    func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let body: OutgoingBody

        mutating func next() async throws -> ByteBuffer? {
            let progress = body.progress
            progress.asked.store(true, ordering: .releasing)
            let given = progress.given.load(ordering: .acquiring)
            guard given < body.length else { return nil }
            let piece: ByteBuffer
            switch body.source {
            case .bytes(let bytes): piece = ByteBuffer(bytes: bytes)
            case .pieces(let pieces):
                // Reading blocks, so a thread does it that may.
                piece = try await NIOThreadPool.singleton.runIfActive {
                    guard let bytes = try pieces.next(), given + Int64(bytes.count) <= pieces.bytes else {
                        throw FileFault(errno: EIO, operation: "find the stated size of", path: pieces.name)
                    }
                    return ByteBuffer(bytes: bytes)
                }
            }
            progress.given.store(given + Int64(piece.readableBytes), ordering: .releasing)
            body.sent?.set(given + Int64(piece.readableBytes))
            return piece
        }
    }

    private final class Progress: Sendable {
        let asked = Atomic(false)
        let given = Atomic<Int64>(0)
    }
}

/// How much of a body was handed to the network: for whoever wants to know how fast that goes.
package final class SentBytes: Sendable {
    private let count = Atomic<Int64>(0)

    /// Nothing was sent yet.
    package init() {}

    /// Bytes so far.
    package var value: Int64 { count.load(ordering: .acquiring) }

    func set(_ bytes: Int64) { count.store(bytes, ordering: .releasing) }
}

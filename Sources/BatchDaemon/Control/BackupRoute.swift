import BatchCore
import BatchStore
import ControlAPI
import Env
import Hummingbird
import NIOCore
import Orchestration
import Synchronization

/// `POST /v1/backup`: a copy of the database as of now, as a stream of bytes.
///
/// It is made beside the database, because a slow client must not hold a snapshot open.
struct BackupRoute {
    private static let piece = 1 << 20

    let facts: Facts
    let workers: Workers
    private let place = Place()

    init(facts: Facts, workers: Workers) {
        self.facts = facts
        self.workers = workers
    }

    /// Room for one backup: each needs as much space as the database.
    private final class Place: Sendable {
        let isTaken = Atomic(false)
    }

    /// The right to make a backup, until nobody holds it any more.
    private final class Turn: Sendable {
        private let place: Place

        init?(at place: Place) {
            guard !place.isTaken.exchange(true, ordering: .acquiring) else { return nil }
            self.place = place
        }

        deinit { place.isTaken.store(false, ordering: .releasing) }
    }

    /// Where it is made.
    static func path(in state: String) -> String { state + "/backup.db" }

    func add(to router: ControlRouter) {
        router.post(Routes.backup) { [self] _ in
            guard let turn = Turn(at: place) else {
                throw Refusal(
                    .serviceUnavailable, "try_again", "Another backup is being made.",
                    hint: "Ask again when it has ended.")
            }
            let path = Self.path(in: facts.store.folder)
            do {
                try requireRoom()
                _ = try FileSystem.removeFile(path)
                try facts.store.backUp(to: path, at: facts.clock.now())
                return try stream(path, turn)
            } catch {
                _ = try FileSystem.removeFile(path)
                throw error
            }
        }
    }

    private func requireRoom() throws {
        let needed = try facts.store.bytes() + facts.disk.minFree
        let free = try facts.disk.free()
        guard free < needed else { return }
        throw Refusal(
            .serviceUnavailable, "disk_full",
            "A copy of the database does not fit: \(free.asBytes) are free, and \(needed.asBytes) are needed.",
            hint: "Free some space, or stop the daemon and copy \(facts.store.folder)/batchd.db.")
    }

    private func stream(_ path: String, _ turn: Turn) throws -> Response {
        let copy = Copy(file: try OpenFile(path, .read), turn: turn)
        let size = try copy.file.size()
        // Open, it can be read to its end; and nothing stays when we or the client die.
        _ = try FileSystem.removeFile(path)
        let body = ResponseBody(contentLength: Int(size)) { [workers] writer in
            while true {
                let bytes = try await workers.run { try copy.next(Self.piece) }
                guard bytes.readableBytes > 0 else { break }
                try await writer.write(bytes)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/vnd.sqlite3"], body: body)
    }

    /// An open file that a response carries along, sent or not; read one piece after the other.
    private final class Copy: Sendable {
        let file: OpenFile
        private let turn: Turn

        init(file: consuming OpenFile, turn: Turn) {
            self.file = file
            self.turn = turn
        }

        func next(_ count: Int) throws -> ByteBuffer {
            var buffer = ByteBuffer()
            _ = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { room in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(count)))
            }
            return buffer
        }
    }
}

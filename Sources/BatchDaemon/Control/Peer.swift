import Glibc
import Hummingbird
import NIOCore

/// What a route knows of its request: besides the usual, over which connection it came.
struct ControlContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// Who is at the other end of a connection, as the kernel says.
struct Peer: Hashable, Sendable {
    /// The user.
    var uid: UInt32
    /// The groups of the process, when it connected.
    var groups: Set<UInt32>

    /// glibc's `struct ucred`, which its Swift module does not show.
    private struct Credentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }

    private static let moreGroups = NIOBSDSocket.Option(rawValue: 59)  // SO_PEERGROUPS

    /// The one at the other end of `channel`.
    init(of channel: any Channel) async throws {
        guard let socket = channel as? any SocketOptionProvider else { throw NoCredentials() }
        let peer: Credentials = try await socket.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
        ).get()
        // More groups than fit are an error of the call. Zeros behind the last one are none: nobody is in group 0
        // by this list, but by the first line only.
        let groups: InlineArray<1024, UInt32> = try await socket.unsafeGetSocketOption(
            level: .socket, name: Self.moreGroups
        ).get()
        uid = peer.uid
        self.groups = [peer.gid]
        for index in groups.indices where groups[index] != 0 { self.groups.insert(groups[index]) }
    }

    private struct NoCredentials: Error {}
}

/// The names of users and groups of this machine.
enum Names {
    /// `alice`; nil when nobody has this number any more.
    static func user(_ uid: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { room -> String? in
            guard let place = room.baseAddress,
                getpwuid_r(uid, &entry, place, room.count, &found) == 0, found != nil
            else { return nil }
            return entry.pw_name.map { String(cString: $0) }
        }
    }

    /// The number of the group called `name`; nil when there is none.
    static func group(_ name: String) -> UInt32? {
        var entry = group_entry()
        var found: UnsafeMutablePointer<group_entry>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256 << 10) { room -> UInt32? in
            guard let place = room.baseAddress,
                getgrnam_r(name, &entry, place, room.count, &found) == 0, found != nil
            else { return nil }
            return entry.gr_gid
        }
    }

    /// `alice (uid 1000)`
    static func shown(_ uid: UInt32) -> String {
        Self.user(uid).map { "\($0) (uid \(uid))" } ?? "uid \(uid)"
    }
}

private typealias group_entry = Glibc.group

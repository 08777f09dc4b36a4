import BatchCore
import Glibc
import HTTPTypes

/// Who may change things. Whoever can connect may look: that is what the socket's own permissions decide.
struct Doorkeeper: Sendable {
    /// Members may change things; nil when everybody may who can connect.
    let adminGroup: Configuration.Group?

    /// Refuses callers who may only look. Root and the daemon's own user may do everything.
    func admit(_ peer: Peer) throws {
        guard let adminGroup, peer.uid != 0, peer.uid != geteuid(), !peer.groups.contains(adminGroup.id)
        else { return }
        throw Refusal(
            .forbidden, "not_permitted",
            "\(Names.shown(peer.uid)) may look, but not change anything: that is for members of \(adminGroup.name).",
            hint: "See who is one: getent group \(adminGroup.name). A new member has to log in again.",
            endsConnection: true)
    }
}

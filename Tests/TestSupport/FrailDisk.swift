import BatchCore
import Env
import Glibc
import Synchronization

/// The disk of one world. It forgets what was not synced when the power is cut, refuses a step now and then, and is
/// full at times.
final class FrailDisk: Sendable {
    private struct State {
        /// Files whose content may be in memory alone.
        var unsynced: Set<String> = []
        /// Those among them whose sync has failed: the kernel believes that they are on the disk.
        var lost: Set<String> = []
        /// Names that their folder may have in memory alone, with the name before.
        var renamed: [String: String] = [:]
    }

    private let state = Mutex(State())

    /// What a power cut leaves of a path.
    enum Remains {
        case whole
        /// Its content was not synced.
        case torn
    }

    /// Takes note of a step that is taken.
    func note(_ step: DiskWatch.Step, _ path: String) {
        state.withLock { state in
            switch step {
            case .make:
                state.unsynced.insert(path)
                state.lost.remove(path)
            case .change: state.unsynced.insert(path)
            case .sync:
                if !state.lost.contains(path) { state.unsynced.remove(path) }
                state.renamed = state.renamed.filter { folder(of: $0.key) != path }
            case .rename(let new):
                func moved(_ name: String) -> String {
                    name == path || name.hasPrefix(path + "/") ? new + name.dropFirst(path.count) : name
                }
                state.unsynced = Set(state.unsynced.map(moved))
                state.lost = Set(state.lost.map(moved))
                let pairs = state.renamed.map { (moved($0.key), moved($0.value)) }
                state.renamed = Dictionary(pairs, uniquingKeysWith: { $1 })
                state.renamed[new] = path
            }
        }
    }

    /// Takes note of a sync that has failed.
    func syncFailed(_ path: String) {
        state.withLock { if $0.unsynced.contains(path) { $0.lost.insert(path) } }
    }

    /// The power is cut: says what is left of each path, and under which name. What it said is on the disk then.
    func cut(_ dice: Entropy) -> (_ path: String) -> (name: String, Remains) {
        let state = state.withLock { state in
            defer { state = State() }
            return state
        }
        let undone = state.renamed.sorted { $0.key < $1.key }.filter { _ in dice.chance(0.5) }
        return { path in
            var name = path
            for (new, old) in undone where name == new || name.hasPrefix(new + "/") {
                name = old + name.dropFirst(new.count)
            }
            return (name, state.unsynced.contains(path) ? .torn : .whole)
        }
    }

    /// Everything that stands on the disk now is there to stay.
    func reset() { state.withLock { $0 = State() } }
}

private func folder(of path: String) -> String { FileSystem.folder(of: path) }

extension World {
    /// What the daemon's files meet on their way to the disk.
    func diskWatch() -> DiskWatch {
        DiskWatch(free: { [self] in isDiskFull ? 0 : nil }) { [self] step, path throws(FileFault) in
            guard let life = state.withLock({ $0.life }), !life.isOver, path.hasPrefix(life.folder + "/")
            else { return }
            if let fault = fault(step, path) { throw fault }
            disk.note(step, path)
        }
    }

    /// True while no byte is free.
    private var isDiskFull: Bool {
        let elapsed = scheduler.now - scheduler.start
        return !isHealed && swarm.fullDisk.contains { $0.contains(elapsed) }
    }

    /// What a step meets, if anything.
    private func fault(_ step: DiskWatch.Step, _ path: String) -> FileFault? {
        guard !isHealed else { return nil }
        if step == .make || step == .change, isDiskFull {
            count("no space")
            return FileFault(errno: ENOSPC, operation: "write", path: path)
        }
        guard swarm.diskErrors > 0, dice.chance(swarm.diskErrors) else { return nil }
        count("disk error")
        trace("disk error: \(step) \(path)")
        if step == .sync { disk.syncFailed(path) }
        let life = state.withLock { state in
            state.hasDiskFailed = true
            return state.life
        }
        scheduler.at(scheduler.now + .minutes(5)) { [self] in
            if state.withLock({ $0.life === life }), life?.isOver == false {
                violated("the disk has failed, and the daemon lives on")
            }
        }
        return FileFault(errno: EIO, operation: step == .sync ? "fsync" : "write", path: path)
    }
}

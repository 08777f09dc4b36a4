import Env
import Foundation

/// Copies what a crash leaves of a life into the folder of the next one.
///
/// We are outside a transaction, and everything committed is synced, so the database and its log are copied as
/// they are. A whole file is never written again, so a second name is enough; what was not synced may be cut or
/// gone, and a new name may be the old one again, if `dice` says that the disk forgets.
func salvage(_ old: String, to new: String, from disk: FrailDisk, forgetting dice: Entropy?) throws {
    let files = FileManager.default
    let remains = dice.map(disk.cut)
    disk.reset()
    for path in try files.subpathsOfDirectory(atPath: old).sorted() {
        let from = "\(old)/\(path)"
        let (name, state) = remains?(from) ?? (from, .whole)
        let to = new + name.dropFirst(old.count)
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: from, isDirectory: &isFolder), !path.hasSuffix("-shm") else {
            continue
        }
        if isFolder.boolValue {
            try FileSystem.makeFolders(to)
        } else if let dice, state == .torn {
            if dice.chance(0.3) { continue }
            let bytes = try Data(contentsOf: URL(filePath: from))
            try bytes.prefix(dice.int(0...bytes.count)).write(to: URL(filePath: to))
        } else if path.hasSuffix(".db") || path.hasSuffix("-wal") || path.contains(".partial") {
            if files.fileExists(atPath: to) { try files.removeItem(atPath: to) }
            try files.copyItem(atPath: from, toPath: to)
        } else if !files.fileExists(atPath: to) {
            try files.linkItem(atPath: from, toPath: to)
        }
    }
}

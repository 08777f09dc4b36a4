import Env
import Foundation

/// Copies what a crash leaves of a life into the folder of the next one.
///
/// We are outside a transaction, and everything committed is synced, so the database and its log are copied as
/// they are. A whole file is never written again, so a second name is enough; what was not synced may be cut or
/// gone, if `dice` says that the disk forgets.
func salvage(_ old: String, to new: String, forgetting dice: Entropy?) throws {
    let files = FileManager.default
    for path in try files.subpathsOfDirectory(atPath: old).sorted() {
        let (from, to) = ("\(old)/\(path)", "\(new)/\(path)")
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: from, isDirectory: &isFolder), !path.hasSuffix("-shm") else {
            continue
        }
        if isFolder.boolValue {
            try FileSystem.makeFolders(to)
        } else if path.contains(".partial") {
            var bytes = try Data(contentsOf: URL(filePath: from))
            if let dice {
                if dice.chance(0.3) { continue }
                bytes = bytes.prefix(dice.int(0...bytes.count))
            }
            try bytes.write(to: URL(filePath: to))
        } else if path.hasSuffix(".db") || path.hasSuffix("-wal") {
            try files.copyItem(atPath: from, toPath: to)
        } else {
            try files.linkItem(atPath: from, toPath: to)
        }
    }
}

import BatchCore
import BatchDaemon
import Env
import Foundation
import Testing

@Suite struct StateLockTests {
    @Test func aSecondOwnerIsRefusedAndToldOfTheFirst() throws {
        let folder = try TemporaryFolder()
        let state = folder.path + "/deep/state"
        let first = try StateLock(directory: state, pid: 812, now: Timestamp(milliseconds: 0))
        #expect(
            throws: StateLockError.taken(directory: state, owner: "pid 812 since 1970-01-01T00:00:00.000Z")
        ) {
            _ = try StateLock(directory: state, pid: 813, now: Timestamp(milliseconds: 1))
        }
        withExtendedLifetime(first) {}
    }

    @Test func theLockEndsWithItsOwnerAndTheFileItLeavesMeansNothing() throws {
        let folder = try TemporaryFolder()
        for pid: Int32 in 1...2 {
            let lock = try StateLock(directory: folder.path, pid: pid, now: Timestamp(milliseconds: 0))
            let text = try String(contentsOfFile: folder.path + "/batchd.lock", encoding: .utf8)
            #expect(text == "pid \(pid)\nsince 1970-01-01T00:00:00.000Z\n")
            withExtendedLifetime(lock) {}
        }
    }

    @Test func foldersAndTheLockBelongToTheirOwnerAlone() throws {
        let folder = try TemporaryFolder()
        let lock = try StateLock(directory: folder.path + "/state", pid: 1, now: Timestamp(milliseconds: 0))
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder.path + path)[.posixPermissions] as? Int
        }
        #expect(try mode("/state") == 0o700)
        #expect(try mode("/state/batchd.lock") == 0o600)
        withExtendedLifetime(lock) {}
    }

    @Test func aPathThatIsNoFolderIsRefusedWithTheReason() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("file", "")
        #expect(
            throws: StateLockError.unusable(
                FileFault(errno: ENOTDIR, operation: "open", path: file + "/batchd.lock"))
        ) {
            _ = try StateLock(directory: file, pid: 1, now: Timestamp(milliseconds: 0))
        }
    }
}

import BatchCore
import Foundation
import GRDB
import Testing

@testable import BatchStore

/// What the machine refuses is named, with what to do, and leaves nothing half done.
@Suite struct FaultTests {
    @Test func aFullDatabaseTakesNothingAndGoesOnWhenThereIsSpace() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let pages = try bench.store.database.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA max_page_count = 1") ?? 0
        }
        let fault = #expect(throws: StoreFault.self) { _ = try bench.workload(5_000) }
        #expect(fault?.kind == .full && fault?.isOutOfSpace == true)
        #expect(fault?.description.contains("database \(bench.path): database or disk is full") == true)
        #expect(fault?.description.contains("free some space") == true)
        #expect(pages > 1)
        #expect(try bench.store.workloads().map(\.id) == [workload])
        try bench.store.database.writeWithoutTransaction {
            try $0.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        #expect(try bench.claim(workload)?.rows == 10)
    }

    @Test func anotherProgramThatHoldsTheDatabaseIsWaitedForAndThenNamed() throws {
        let bench = try Bench()
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: bench.path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let fault = #expect(throws: StoreFault.self) { _ = try bench.workload(1) }
        #expect(fault?.kind == .busy)
        #expect(fault?.description.contains("fuser \(bench.path)") == true)
        try other.inDatabase { try $0.execute(sql: "ROLLBACK") }
        _ = try bench.workload(1)
    }

    @Test func aFileThatIsNoDatabaseIsNamed() throws {
        let bench = try Bench()
        let path = bench.folder + "/other.db"
        try Data(repeating: 0x5A, count: 8192).write(to: URL(filePath: path))
        let fault = #expect(throws: StoreFault.self) { _ = try Store(path: path) }
        #expect(fault?.kind == .damaged && fault?.path == path)
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let fault = #expect(throws: StoreFault.self) { _ = try Store(path: "/nowhere/batchd.db") }
        #expect(fault?.kind == .unreachable)
    }

    @Test func whatWasAskedWronglyIsNoFaultOfTheMachine() throws {
        let bench = try Bench()
        #expect(throws: DatabaseError.self) {
            try bench.store.write { try $0.execute(sql: "SELECT * FROM nothing") }
        }
    }

    @Test func aCopyIsReadWithItsLogAndNothingIsWritten() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let folder = bench.folder + "/copy"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["batchd.db", "batchd.db-wal"] {
            try FileManager.default.copyItem(atPath: "\(bench.folder)/\(name)", toPath: "\(folder)/\(name)")
        }
        // With a name that an address would have to escape.
        let odd = bench.folder + "/a copy? 100%"
        try FileManager.default.moveItem(atPath: folder, toPath: odd)
        let copy = try Store(copyAt: odd + "/batchd.db")
        #expect(try copy.workloads().map(\.id) == [workload])
        #expect(throws: (any Error).self) { try copy.beginWorkload(queue: "q", name: "n", at: bench.now) }
        try copy.close()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: odd).sorted() == [
                "batchd.db", "batchd.db-wal",
            ])
        for name in ["batchd.db", "batchd.db-wal"] {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: "\(bench.folder)/\(name)", andPath: "\(odd)/\(name)"))
        }
    }
}

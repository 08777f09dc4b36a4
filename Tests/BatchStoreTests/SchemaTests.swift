import BatchCore
import Foundation
import GRDB
import Testing

@testable import BatchStore

/// What the database itself refuses, whoever writes.
@Suite struct SchemaTests {
    private static let workloads = [
        "UPDATE workload SET state = 'lost'",
        "UPDATE workload SET queued = queued + 1",
        "UPDATE workload SET queued = queued - 1",
        "UPDATE workload SET total = total + 1",
        "UPDATE workload SET queued = -1, in_flight = in_flight + queued + 1",
        "UPDATE workload SET queued = 0, in_flight = 0, succeeded = total + 1, failed = -1",
        "UPDATE workload SET state = 'finished'",
        "UPDATE workload SET finished_at = 5",
        "UPDATE workload SET state = 'finished', finished_at = 5",
        "UPDATE workload SET state = 'canceled', finished_at = 5",
        "UPDATE workload SET state = 'finished', finished_at = 5, queued = 0, in_flight = 0, held = total",
        "UPDATE workload SET state = 'loading'",
        "UPDATE workload SET source_sha256 = NULL",
        "UPDATE workload SET stored_bytes = 5",
        "UPDATE workload SET state = 'held', reason = NULL",
        "UPDATE workload SET cancel_wanted = 2",
        "UPDATE workload SET created_at = 'today'",
        "UPDATE workload SET waiting = 1",
        "UPDATE workload SET turns = -1",
        "UPDATE workload SET waiting = -1, turns = 1",
        "UPDATE workload SET waiting = total + 1, turns = total + 1",
        "UPDATE workload SET family = '/v1/customers/'",
        "UPDATE workload SET state = 'finished', finished_at = 5, queued = 0, in_flight = 0, succeeded = total, turns = 1",
        "INSERT INTO workload (id, queue, name, state, created_at) VALUES (2147483648, 'q', 'n', 'loading', 1)",
        """
        INSERT INTO workload (id, queue, name, state, created_at, source_sha256)
        VALUES (-1, 'q', 'n', 'queued', 1, zeroblob(32))
        """,
    ]

    private static let rows = [
        "INSERT INTO slice VALUES (1, 50, 49, 0, NULL, NULL)",
        "INSERT INTO slice VALUES (1, -1, 5, 0, NULL, NULL)",
        "INSERT INTO slice VALUES (1, 50, 60, 1, NULL, NULL)",
        "INSERT INTO slice VALUES (1, 50, 60, 0, 1, NULL)",
        "INSERT INTO slice VALUES (1, 50, 60, 2, NULL, NULL)",
        "INSERT INTO slice VALUES (9, 50, 60, 0, NULL, NULL)",
        "INSERT INTO slice VALUES (1, 50, 60, 1, 99, NULL)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, 6, 1, 0, 0)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, -1, 1, 0, 0)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, 0, 1, 0, 0)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts, due_at) VALUES (1, 1, 1, 0, 0, 5)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, 2, 1, 1, 0)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts, status) VALUES (1, 3, 1, 1, 0, 400)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts, status) VALUES (1, 4, 1, 1, 0, 500)",
        """
        INSERT INTO row_state (key, state, batch, attempts, doubts, status, reason) VALUES (1, 2, 1, 1, 0, 200, 'x')
        """,
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, 1, 1, -1, 0)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, 1, 1, 1, 2)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts) VALUES (1, 1, 1, 1, -1)",
        "INSERT INTO row_state (key, state, attempts, doubts) VALUES (1, 1, 0, 0)",
        "INSERT INTO row_state (key, state, attempts, doubts, status) VALUES (1, 2, 1, 0, 200)",
        "INSERT INTO row_state (key, state, attempts, doubts, due_at) VALUES (1, 0, 1, 0, 5)",
        "INSERT INTO row_state (key, state, attempts, doubts) VALUES (1, 0, 0, 0)",
        "INSERT INTO row_state (key, state, waits, attempts, doubts, due_at) VALUES (1, 0, 1, 0, 0, 5)",
        "INSERT INTO row_state (key, state, waits, attempts, doubts) VALUES (1, 5, 1, 0, 0)",
        "INSERT INTO row_state (key, state, batch, attempts, doubts, forgiven, due_at) VALUES (1, 0, 1, 1, 0, 2, 5)",
        "INSERT INTO pause (scope, name, since) VALUES ('all', 'q', 5)",
        "INSERT INTO pause (scope, name, since) VALUES ('queue', '', 5)",
        "INSERT INTO pause (scope, name, since) VALUES ('job', 'j', 5)",
        "INSERT INTO row_state (key, state, waits, attempts, doubts) VALUES (1, 0, 2, 0, 0)",
        "INSERT INTO object_block VALUES (1, 0, 5, 0, x'00')",
        "INSERT INTO object_block VALUES (1, 0, 5, 0, x'')",
        "INSERT INTO name_block VALUES (1, 0, 5, 9, x'00')",
        "INSERT INTO name_block VALUES (1, 0, 5, 9, x'')",
        "INSERT INTO name_block SELECT * FROM name_block LIMIT 1",
        "INSERT INTO row_input SELECT * FROM row_input LIMIT 1",
        "INSERT INTO intake_chunk VALUES (1, 500, 0, 0)",
    ]

    private static let batches = [
        "UPDATE batch SET phase = 'flying'",
        "UPDATE batch SET failed_rows = 1",
        "UPDATE batch SET ended_rows = rows + 1",
        "UPDATE batch SET phase = 'staged'",
        "UPDATE batch SET phase = 'staged', input_sha256 = x'00'",
        "UPDATE batch SET phase = 'staged', input_bytes = 5",
        "UPDATE batch SET phase = 'creating', input_bytes = 5, input_sha256 = x'00'",
        "UPDATE batch SET phase = 'awaiting_upload', input_bytes = 5, input_sha256 = x'00', job = 'j'",
        "UPDATE batch SET phase = 'uploading', input_bytes = 5, input_sha256 = x'00', upload_deadline = 5",
        "UPDATE batch SET phase = 'processing', input_bytes = 5, input_sha256 = x'00', job = 'j'",
        """
        UPDATE batch SET phase = 'collecting', input_bytes = 5, input_sha256 = x'00', job = 'j', ending = 'complete'
        """,
        "UPDATE batch SET phase = 'archived', input_bytes = 5, input_sha256 = x'00', job = 'j'",
        "UPDATE batch SET phase = 'settled', input_bytes = 5, input_sha256 = x'00', ending = 'complete'",
        "UPDATE batch SET phase = 'released'",
        "UPDATE batch SET release_reason = 'canceled'",
        "UPDATE batch SET swept = 1",
        "UPDATE batch SET swept = 2, phase = 'released', release_reason = 'canceled'",
        "UPDATE batch SET rows = 0",
        "UPDATE batch SET cancel_wanted = 7",
    ]

    @Test(arguments: workloads + rows + batches) func anIllegalLineIsRefused(statement: String) throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        _ = try bench.claim(workload, rows: 4)
        let before = try bench.everything()
        do {
            try bench.sql(statement)
            Issue.record("accepted: \(statement)")
        } catch let error as DatabaseError {
            #expect(error.resultCode == .SQLITE_CONSTRAINT, "\(error)")
        }
        #expect(try bench.everything() == before)
    }

    @Test func noTwoBatchesShareAJob() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        for _ in 1...2 { _ = try bench.claim(workload, rows: 4) }
        #expect(throws: DatabaseError.self) { try bench.sql("UPDATE batch SET job = 'j'") }
    }

    @Test(arguments: [
        "UPDATE event SET message = 'x'", "DELETE FROM event", "DELETE FROM event WHERE seq = 1",
        "INSERT OR REPLACE INTO event (seq, at, kind, message) VALUES (1, 0, 'x', 'x')",
        "REPLACE INTO event (seq, at, kind, message) VALUES (1, 0, 'x', 'x')",
        "UPDATE OR REPLACE event SET seq = 1 WHERE seq = 2",
    ])
    func theHistoryIsNeitherChangedNorDeleted(statement: String) throws {
        let bench = try Bench()
        _ = try bench.claim(try bench.workload(3))
        let before = try bench.store.events()
        #expect(before.map(\.kind) == ["accepted", "staging"])
        #expect(throws: DatabaseError.self) { try bench.sql(statement) }
        #expect(try bench.store.events() == before)
    }

    @Test func theWriterWaitsForTheDisk() throws {
        let bench = try Bench()
        try bench.store.database.writeWithoutTransaction { db throws in
            #expect(try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2)
            #expect(try Bool.fetchOne(db, sql: "PRAGMA foreign_keys") == true)
            #expect(try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal")
        }
        try bench.reopen()
        try bench.store.database.writeWithoutTransaction { db throws in
            #expect(try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2)
        }
    }

    @Test func aDatabaseOfANewerVersionIsRefusedAndLeftAlone() throws {
        let bench = try Bench()
        _ = try bench.workload(3)
        try bench.store.close()
        try bench.sql("INSERT INTO grdb_migrations VALUES ('99.0.0')")
        let before = try bench.everything()
        #expect(throws: StoreError.newerSchema) { _ = try Store(path: bench.path) }
        #expect(try bench.everything() == before)
    }

    @Test func whatWasWrittenIsThereAfterReopening() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let batch = try #require(try bench.claim(workload, rows: 4))
        try bench.lead(batch, to: "processing")
        let before = try bench.everything()
        try bench.reopen()
        #expect(try bench.everything() == before)
        #expect(try bench.store.liveBatches().map(\.phase.name) == ["processing"])
    }

    @Test func noFieldOfABatchIsLostOnTheWayThroughTheDatabase() throws {
        let bench = try Bench()
        var batch = try #require(try bench.claim(try bench.workload(10)))
        for phase in bench.journey(batch, to: "archived", ending: .timeout).dropFirst() {
            let before = batch.phase
            batch.phase = phase
            batch.failures += 1
            batch.unchanged += 2
            batch.notBefore = batch.notBefore + .seconds(3)
            if phase.name == "processing" {
                batch.runsSince = bench.now
                batch.pace = RowPace(since: bench.now, done: 5, rate: 2.5, measuredAt: bench.now)
                batch.sending = Sending(bytes: 10, time: .milliseconds(7), arrived: true)
            }
            if let job = phase.job {
                batch.aliveAt = bench.now + .seconds(9)
                batch.seen = JobSnapshot(
                    id: job, status: .unknown("odd"), validated: 1, succeeded: 2, failed: 3, failure: "f")
            }
            try bench.store.record(batch, was: before, at: bench.now)
            #expect(try bench.store.batch(batch.id)?.batch == batch, "\(phase.name)")
        }
    }
}

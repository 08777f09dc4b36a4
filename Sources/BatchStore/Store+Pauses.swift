package import BatchCore
import GRDB

extension Store {
    /// What is paused, in no order.
    package func pauses() throws -> [Pause] {
        try read { db in try db.all("SELECT * FROM pause", [], Pause.init(stored:)) }
    }

    /// True while this, and not only something that it belongs to, is paused.
    package func isPaused(_ scope: PauseScope) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM pause WHERE scope = ? AND name = ?)",
                arguments: [scope.kind, scope.name]) == true
        }
    }

    /// Stops something for a while; a second stop of the same takes the place of the first.
    ///
    /// - Throws: `StoreError.wrongState` for a workload that is over or is being canceled, `noWorkload`.
    package func pause(_ pause: Pause) throws {
        try write { db in
            if case .workload(let id) = pause.scope {
                try db.requireOpen(id)
                try db.execute(
                    sql: "UPDATE workload SET state = 'paused', reason = ? WHERE id = ?",
                    arguments: [pause.reason, id.rawValue])
            }
            try db.begin(pause)
        }
    }

    /// Lets something go on: ends its stop, and a workload's hold.
    ///
    /// - Parameter byPerson: false for a pause that is over: that fills no budget anew.
    /// - Returns: false when it was neither paused nor held; nothing is changed then.
    /// - Throws: `StoreError.wrongState` for a workload that is over or is being canceled, `noWorkload`.
    @discardableResult
    package func resume(_ scope: PauseScope, byPerson: Bool, at now: Timestamp) throws -> Bool {
        try write { db in
            var changed = 0
            if case .workload(let id) = scope {
                try db.requireOpen(id)
                try db.letGuardsGo(of: id)
                try db.execute(
                    sql: """
                        UPDATE workload SET state = iif(started_at IS NULL, 'queued', 'running'), reason = NULL
                        WHERE id = ? AND state IN ('paused', 'held')
                        """, arguments: [id.rawValue])
                changed += db.changesCount
            }
            try db.endPause(scope)
            changed += db.changesCount
            guard changed > 0 else { return false }
            try db.note(
                byPerson ? "resumed" : "pause_over", at: now, workload: scope.workload,
                byPerson ? "\(scope) resumed by the operator" : "\(scope) goes on: its pause is over")
            return true
        }
    }
}

extension Database {
    /// Stops something.
    func begin(_ pause: Pause) throws {
        try execute(
            sql: "INSERT OR REPLACE INTO pause (scope, name, reason, since, until) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                pause.scope.kind, pause.scope.name, pause.reason, pause.since.milliseconds,
                pause.until?.milliseconds,
            ])
        let until = pause.until.map { " until \($0.rfc3339)" } ?? ""
        try note(
            "paused", at: pause.since, workload: pause.scope.workload,
            "\(pause.scope)\(until)" + (pause.reason.map { ": \($0)" } ?? ""))
    }

    /// Ends the stop of something, if there is one.
    func endPause(_ scope: PauseScope) throws {
        try execute(
            sql: "DELETE FROM pause WHERE scope = ? AND name = ?", arguments: [scope.kind, scope.name])
    }

    /// - Throws: `StoreError.noWorkload`; `wrongState` when the workload is over, or is about to be.
    fileprivate func requireOpen(_ workload: WorkloadID) throws {
        let found = try Row.fetchOne(
            self, sql: "SELECT state, cancel_wanted FROM workload WHERE id = ? AND state <> 'loading'",
            arguments: [workload.rawValue])
        guard let found, let state = WorkloadState(rawValue: found["state"]) else {
            throw StoreError.noWorkload(workload)
        }
        if state.isOver { throw StoreError.wrongState(workload, state) }
        if found["cancel_wanted"] { throw StoreError.wrongState(workload, .canceled) }
    }
}

extension PauseScope {
    fileprivate var kind: String {
        switch self {
        case .all: "all"
        case .queue: "queue"
        case .workload: "workload"
        }
    }

    fileprivate var name: String {
        switch self {
        case .all: ""
        case .queue(let name): name
        case .workload(let id): "\(id)"
        }
    }

    /// The workload that it is about alone.
    var workload: WorkloadID? {
        if case .workload(let id) = self { id } else { nil }
    }
}

extension Pause {
    fileprivate init(stored row: Row) throws {
        let name: String = row["name"]
        let scope: PauseScope
        switch (row["scope"] as String, WorkloadID(name)) {
        case ("all", _): scope = .all
        case ("queue", _): scope = .queue(name)
        case ("workload", let id?): scope = .workload(id)
        default: throw StoreError.inconsistent("a pause of something unknown")
        }
        self.init(
            scope: scope, reason: row["reason"], since: Timestamp(milliseconds: row["since"]),
            until: Timestamp(stored: row["until"]))
    }
}

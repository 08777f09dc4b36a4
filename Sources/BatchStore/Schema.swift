import GRDB

/// The tables, one migration for each release that changed them. A released migration never changes.
///
/// Rows outnumber everything else by far, and four tables hold them so that each step
/// touches few pages: `row_input` is written once and read once; `name_block` finds a row by
/// its id; `slice` gives whole runs of rows their state, so that claiming a million rows
/// changes one line; `row_state` has the rows that have a fate of their own. A row that
/// stands in `row_state` has that state; any other has the state of its slice.
/// The view `row` says it for people.
///
/// Two tables keep rows for the same object apart: `object_block` has the objects of every open workload in
/// sorted runs, to be compared and for nothing else; `object_turn` has the few rows that share an object.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("0.1.0") { db in
            for statement in [
                workload, rowInput, nameBlock, intakeChunk, slice, rowState, rowError, batch, ruleUsed, event,
                readCount, objectBlock, objectTurn, pause,
            ] {
                try db.execute(sql: statement)
            }
            try db.execute(sql: rowView)
        }
        return migrator
    }

    /// `place` is its place among all submissions, given when its last row was stored; `late_place` the one of
    /// rows that a person had sent again, last. `waiting` counts its queued rows that wait for others with the
    /// same object, `turns` its lines in `object_turn`. The guard rails count the batches after `guarded_after`: the
    /// last one there was when a person let it go on that a guard had held. `stored_bytes` and `stored_sha256` are
    /// those of its lines as they are stored, where they are not what was submitted. Ids below 0 are those of dry runs,
    /// which are loaded, checked and removed.
    private static let workload = """
        CREATE TABLE workload (
          id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id < 2147483648),
          queue TEXT NOT NULL,
          name TEXT NOT NULL,
          submit_key TEXT,
          priority INTEGER NOT NULL DEFAULT 0,
          start_after INTEGER,
          state TEXT NOT NULL
            CHECK (state IN ('loading','queued','running','paused','held','finished','canceled')),
          reason TEXT,
          cancel_wanted INTEGER NOT NULL DEFAULT 0 CHECK (cancel_wanted IN (0, 1)),
          created_at INTEGER NOT NULL,
          started_at INTEGER,
          finished_at INTEGER,
          source_bytes INTEGER NOT NULL DEFAULT 0,
          source_sha256 BLOB,
          stored_bytes INTEGER,
          stored_sha256 BLOB,
          summary_sha256 BLOB,
          guarded_after INTEGER,
          family TEXT,
          place INTEGER UNIQUE,
          late_place INTEGER,
          waiting INTEGER NOT NULL DEFAULT 0 CHECK (waiting >= 0),
          turns INTEGER NOT NULL DEFAULT 0 CHECK (turns >= 0),
          total INTEGER NOT NULL DEFAULT 0,
          queued INTEGER NOT NULL DEFAULT 0 CHECK (queued >= 0),
          in_flight INTEGER NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
          succeeded INTEGER NOT NULL DEFAULT 0 CHECK (succeeded >= 0),
          failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
          held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
          canceled INTEGER NOT NULL DEFAULT 0 CHECK (canceled >= 0),
          CHECK (queued + in_flight + succeeded + failed + held + canceled = total),
          CHECK ((state IN ('finished', 'canceled')) = (finished_at IS NOT NULL)),
          CHECK (state NOT IN ('finished', 'canceled') OR queued + in_flight = 0),
          CHECK (state <> 'finished' OR held = 0),
          CHECK ((state = 'loading') = (source_sha256 IS NULL)),
          CHECK (id > 0 OR state = 'loading'),
          CHECK (state <> 'held' OR reason IS NOT NULL),
          CHECK ((stored_bytes IS NULL) = (stored_sha256 IS NULL)),
          CHECK (state = 'loading' OR family IS NULL OR place IS NOT NULL),
          CHECK (state = 'loading' OR waiting <= min(queued, turns)),
          CHECK (state NOT IN ('finished', 'canceled') OR turns = 0)
        ) STRICT;
        CREATE UNIQUE INDEX workload_submit_key ON workload(queue, submit_key) WHERE submit_key IS NOT NULL;
        CREATE INDEX workload_source ON workload(queue, source_sha256);
        CREATE INDEX workload_family ON workload(family, place)
          WHERE family IS NOT NULL AND state NOT IN ('finished', 'canceled');
        CREATE INDEX workload_open ON workload(id) WHERE state NOT IN ('finished', 'canceled');
        """

    /// `key` is `workload << 32 | number`; the id stands in the line, at `id_at`, `id_length` bytes long.
    private static let rowInput = """
        CREATE TABLE row_input (
          key INTEGER PRIMARY KEY,
          traits INTEGER NOT NULL,
          id_at INTEGER NOT NULL,
          id_length INTEGER NOT NULL,
          line BLOB NOT NULL
        ) STRICT
        """

    /// `entries` are 12 bytes each, sorted: the hash of an id and the number of its row, both little-endian. Each
    /// run has the ids of one `intake_chunk`, the one that begins with `first_row`. `last` is the last hash among
    /// the entries.
    private static let nameBlock = """
        CREATE TABLE name_block (
          workload INTEGER NOT NULL,
          first_row INTEGER NOT NULL,
          last INTEGER NOT NULL,
          block INTEGER NOT NULL,
          entries BLOB NOT NULL CHECK (length(entries) > 0 AND length(entries) % 12 = 0),
          PRIMARY KEY (workload, first_row, last, block)
        ) STRICT
        """

    /// How many bytes each run of rows takes, so that a batch is cut to size without reading its rows.
    private static let intakeChunk = """
        CREATE TABLE intake_chunk (
          workload INTEGER NOT NULL,
          first_row INTEGER NOT NULL,
          rows INTEGER NOT NULL CHECK (rows > 0),
          bytes INTEGER NOT NULL,
          PRIMARY KEY (workload, first_row)
        ) STRICT, WITHOUT ROWID
        """

    /// `suspect` is set while Stripe has refused a file with these rows and named none: as many of them go into
    /// the next one at most, so that the row at fault is found by halves.
    private static let slice = """
        CREATE TABLE slice (
          workload INTEGER NOT NULL REFERENCES workload(id),
          first_row INTEGER NOT NULL CHECK (first_row >= 0),
          last_row INTEGER NOT NULL CHECK (last_row >= first_row),
          state INTEGER NOT NULL CHECK (state IN (0, 1, 5)),
          batch INTEGER REFERENCES batch(id),
          suspect INTEGER CHECK (suspect > 0),
          PRIMARY KEY (workload, first_row),
          CHECK ((state = 1) = (batch IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX slice_queued ON slice(workload, first_row) WHERE state = 0;
        CREATE INDEX slice_suspect ON slice(workload, suspect) WHERE state = 0 AND suspect IS NOT NULL;
        CREATE INDEX slice_batch ON slice(batch) WHERE batch IS NOT NULL;
        """

    /// `batch` is the last one that carried the row; `suspect` is as in `slice`. A row that `waits` becomes due
    /// when the rows before it with the same object have their outcome. `forgiven` of its attempts were made
    /// before a person had it sent again.
    private static let rowState = """
        CREATE TABLE row_state (
          key INTEGER PRIMARY KEY,
          state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
          waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1)),
          batch INTEGER,
          attempts INTEGER NOT NULL CHECK (attempts >= 0),
          doubts INTEGER NOT NULL CHECK (doubts BETWEEN 0 AND attempts),
          forgiven INTEGER NOT NULL DEFAULT 0 CHECK (forgiven BETWEEN 0 AND attempts),
          due_at INTEGER,
          status INTEGER,
          reason TEXT,
          suspect INTEGER CHECK (suspect > 0),
          CHECK ((state = 0 AND waits = 0) = (due_at IS NOT NULL)),
          CHECK (waits = 0 OR state = 0),
          CHECK (batch IS NOT NULL OR (state IN (0, 5) AND attempts = 0)),
          CHECK ((state IN (3, 4)) = (reason IS NOT NULL)),
          CHECK (state <> 2 OR status IS NOT NULL)
        ) STRICT;
        CREATE INDEX row_due ON row_state(key >> 32, due_at, key) WHERE state = 0;
        CREATE INDEX row_suspect ON row_state(key >> 32, suspect) WHERE state = 0 AND suspect IS NOT NULL;
        CREATE INDEX row_in_flight ON row_state(batch, key) WHERE state = 1;
        CREATE INDEX row_held ON row_state(key >> 32, key) WHERE state = 4;
        """

    private static let rowError = """
        CREATE TABLE row_error (
          key INTEGER PRIMARY KEY,
          type TEXT,
          code TEXT,
          message TEXT
        ) STRICT
        """

    /// `ended_rows` got their outcome in it, and `failed_rows` of those failed or are held: what the guard rails ask.
    private static let batch = """
        CREATE TABLE batch (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          workload INTEGER NOT NULL REFERENCES workload(id),
          queue TEXT NOT NULL,
          account TEXT NOT NULL,
          rows INTEGER NOT NULL CHECK (rows > 0),
          row_limit TEXT NOT NULL,
          phase TEXT NOT NULL CHECK (phase IN ('staging','staged','creating','awaiting_upload','uploading',
            'processing','collecting','archived','settled','released')),
          swept INTEGER NOT NULL DEFAULT 0 CHECK (swept IN (0, 1)),
          cancel_wanted INTEGER NOT NULL DEFAULT 0 CHECK (cancel_wanted IN (0, 1)),
          api_version TEXT NOT NULL,
          context TEXT,
          created_at INTEGER NOT NULL,
          changed_at INTEGER NOT NULL,
          not_before INTEGER NOT NULL,
          failures INTEGER NOT NULL DEFAULT 0,
          unchanged INTEGER NOT NULL DEFAULT 0,
          last_failure TEXT,
          input_bytes INTEGER, input_sha256 BLOB,
          create_key TEXT, create_body BLOB, asked_at INTEGER,
          job TEXT UNIQUE,
          upload_deadline INTEGER,
          upload_began_at INTEGER, uploaded_at INTEGER,
          poll_at INTEGER,
          seen_at INTEGER, seen_status TEXT, seen_validated INTEGER, seen_succeeded INTEGER, seen_failed INTEGER,
          seen_failure TEXT,
          runs_since INTEGER, pace_since INTEGER, pace_done INTEGER, row_rate REAL, rate_at INTEGER,
          sent_bytes INTEGER, sent_ms INTEGER,
          ending TEXT, ended_at INTEGER, results_until INTEGER,
          raw_bytes INTEGER, raw_sha256 BLOB, stored_bytes INTEGER, stored_sha256 BLOB, lines INTEGER,
          manifest_sha256 BLOB,
          settled_bytes INTEGER NOT NULL DEFAULT 0, settled_row INTEGER NOT NULL DEFAULT -1,
          settled_rows INTEGER NOT NULL DEFAULT 0,
          odd_lines INTEGER NOT NULL DEFAULT 0,
          ended_rows INTEGER NOT NULL DEFAULT 0,
          failed_rows INTEGER NOT NULL DEFAULT 0,
          release_reason TEXT,
          CHECK (phase = 'staging' OR phase = 'released' OR (input_bytes IS NOT NULL AND input_sha256 IS NOT NULL)),
          CHECK (phase <> 'creating' OR (create_key IS NOT NULL AND create_body IS NOT NULL AND asked_at IS NOT NULL)),
          CHECK (phase NOT IN ('awaiting_upload','uploading') OR (job IS NOT NULL AND upload_deadline IS NOT NULL)),
          CHECK (phase <> 'processing' OR (job IS NOT NULL AND poll_at IS NOT NULL)),
          CHECK (phase NOT IN ('collecting','archived','settled') OR (job IS NOT NULL AND ending IS NOT NULL)),
          CHECK (phase <> 'collecting' OR results_until IS NOT NULL),
          CHECK ((phase = 'released') = (release_reason IS NOT NULL)),
          CHECK (swept = 0 OR phase IN ('settled', 'released')),
          CHECK ((pace_since IS NULL) = (pace_done IS NULL)),
          CHECK ((row_rate IS NULL) = (rate_at IS NULL)),
          CHECK ((sent_bytes IS NULL) = (sent_ms IS NULL)),
          CHECK (failed_rows BETWEEN 0 AND ended_rows AND ended_rows <= rows)
        ) STRICT;
        CREATE INDEX batch_live ON batch(id) WHERE swept = 0;
        CREATE INDEX batch_workload ON batch(workload, id);
        CREATE INDEX batch_rates ON batch(queue, rate_at) WHERE rate_at IS NOT NULL;
        CREATE INDEX batch_sendings ON batch(upload_began_at) WHERE sent_ms IS NOT NULL;
        """

    /// The rules of a queue that made a success of an answer in a batch: the configuration may change, and the
    /// audit must know.
    private static let ruleUsed = """
        CREATE TABLE rule_used (
          batch INTEGER NOT NULL REFERENCES batch(id),
          status INTEGER,
          type TEXT,
          code TEXT,
          outcome TEXT NOT NULL CHECK (outcome = 'succeeded')
        ) STRICT;
        CREATE INDEX rule_used_batch ON rule_used(batch);
        """

    /// `entries` are 12 bytes each, sorted: the object's hash and the row's number, both little-endian. `last`
    /// is the last hash among them. Blocks are only ever appended, and go when their workload is over.
    private static let objectBlock = """
        CREATE TABLE object_block (
          workload INTEGER NOT NULL,
          run INTEGER NOT NULL,
          last INTEGER NOT NULL,
          block INTEGER NOT NULL,
          entries BLOB NOT NULL CHECK (length(entries) > 0 AND length(entries) % 12 = 0),
          PRIMARY KEY (workload, run, last, block)
        ) STRICT
        """

    /// The line in which rows for one object stand, the first of them ahead: by place of the workload, then by
    /// key. A row leaves it when nothing more happens to it.
    private static let objectTurn = """
        CREATE TABLE object_turn (
          object INTEGER NOT NULL,
          place INTEGER NOT NULL,
          key INTEGER NOT NULL UNIQUE,
          PRIMARY KEY (object, place, key)
        ) STRICT, WITHOUT ROWID
        """

    /// The history. It only ever grows. `INSERT OR REPLACE` deletes without firing the trigger on deletes,
    /// so an insertion is refused too when its number is taken.
    private static let event = """
        CREATE TABLE event (
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          at INTEGER NOT NULL,
          kind TEXT NOT NULL,
          workload INTEGER,
          batch INTEGER,
          job TEXT,
          message TEXT NOT NULL,
          uid INTEGER
        ) STRICT;
        CREATE INDEX event_workload ON event(workload, seq);
        CREATE INDEX event_resumed ON event(workload, at) WHERE kind = 'resumed';
        CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
          BEGIN SELECT RAISE(ABORT, 'the history only grows'); END;
        CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
          BEGIN SELECT RAISE(ABORT, 'the history only grows'); END;
        CREATE TRIGGER event_is_not_replaced BEFORE INSERT ON event
          WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq)
          BEGIN SELECT RAISE(ABORT, 'the history only grows'); END;
        """

    /// The GETs of each account in each calendar month (UTC): Stripe counts them.
    private static let readCount = """
        CREATE TABLE read_count (
          account TEXT NOT NULL,
          month TEXT NOT NULL,
          reads INTEGER NOT NULL CHECK (reads > 0),
          PRIMARY KEY (account, month)
        ) STRICT, WITHOUT ROWID
        """

    /// What a person has stopped: everything, a queue, or a workload. A workload that is here is `paused`.
    private static let pause = """
        CREATE TABLE pause (
          scope TEXT NOT NULL CHECK (scope IN ('all', 'queue', 'workload')),
          name TEXT NOT NULL CHECK ((scope = 'all') = (name = '')),
          reason TEXT,
          since INTEGER NOT NULL,
          until INTEGER,
          PRIMARY KEY (scope, name)
        ) STRICT, WITHOUT ROWID
        """

    /// For a person with `sqlite3` and a copy of the file.
    private static let rowView = """
        CREATE VIEW row AS
        SELECT 'w' || (i.key >> 32) AS workload, i.key & 4294967295 AS number,
          CAST(substr(i.line, i.id_at + 1, i.id_length) AS TEXT) AS id,
          CASE coalesce(r.state, s.state) WHEN 0 THEN 'queued' WHEN 1 THEN 'in_flight'
            WHEN 2 THEN 'succeeded' WHEN 3 THEN 'failed' WHEN 4 THEN 'held' WHEN 5 THEN 'canceled' END AS state,
          coalesce(r.waits, 0) AS waits, coalesce(r.attempts, 0) AS attempts,
          'b' || CASE WHEN r.key IS NULL THEN s.batch ELSE r.batch END AS batch,
          r.status, r.reason, e.type, e.code, e.message, CAST(i.line AS TEXT) AS input
        FROM row_input i
        LEFT JOIN row_state r ON r.key = i.key
        LEFT JOIN row_error e ON e.key = i.key
        LEFT JOIN slice s ON s.workload = i.key >> 32
          AND s.first_row = (SELECT max(first_row) FROM slice
            WHERE workload = i.key >> 32 AND first_row <= i.key & 4294967295)
          AND s.last_row >= i.key & 4294967295
        """
}

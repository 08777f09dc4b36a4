import CYardstick

/// The same work as loops in C over bare `sqlite3_*` calls: see `CYardstick`.
enum Loop: String, CaseIterable {
    /// Payload and state in one row, a unique text index kept: what one writes first.
    case obvious
    /// The daemon's layout.
    case ours
    /// A candidate: ids as texts in an index of their own.
    case named
    /// Another one: ids as hashes that are sorted before they enter their index.
    case hashed

    private var layout: yardstick_layout {
        switch self {
        case .obvious: YARDSTICK_OBVIOUS
        case .ours: YARDSTICK_OURS
        case .named: YARDSTICK_NAMED
        case .hashed: YARDSTICK_HASHED
        }
    }

    /// Lines in one transaction of settling: of two sizes the better one for each layout.
    private var linesPerTransaction: Int32 { self == .obvious ? 10_000 : 100_000 }

    /// Stores the rows, then settles them, in a database of its own.
    func run(_ data: TestData, in folder: String) throws -> [Sample] {
        let database = "\(folder)/\(rawValue).db"
        var watch = Stopwatch()
        guard yardstick_ingest(layout, database, data.input) == data.rows else {
            throw BenchFault("the loop \(rawValue) did not store every row")
        }
        let ingest = watch.read("ingest", rawValue, rows: data.rows, diskBytes: diskBytes(in: folder))
        watch = Stopwatch()
        guard yardstick_settle(layout, database, data.results, linesPerTransaction) == data.rows else {
            throw BenchFault("the loop \(rawValue) did not settle every row")
        }
        return [ingest, watch.read("settle", rawValue, rows: data.rows, diskBytes: diskBytes(in: folder))]
    }
}

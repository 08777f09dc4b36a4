extension Target {
    /// What the project promises, in the order of the path of a row.
    static let all: [Target] = [
        Target("ingest", .ratio(to: "obvious", 2), durableAs: "synchronous FULL, WAL"),
        Target("ingest", .ratio(to: "ours", 0.8), durableAs: "synchronous FULL, WAL"),
        Target("stage", .ratio(to: "copy", 0.7), durableAs: "fsync"),
        Target("upload", .ratio(to: "curl", 0.8)),
        Target("download", .ratio(to: "curl", 0.8)),
        Target("upload, HTTPS", .ratio(to: "curl", 0.8)),
        Target("download, HTTPS", .ratio(to: "curl", 0.8)),
        Target("archive", .ratio(to: "zstd -1", 0.8), durableAs: "fsync"),
        Target("settle", .ratio(to: "obvious", 4), durableAs: "synchronous FULL, WAL"),
        Target("whole", .ratio(to: "usual script", 10), durableAs: "synchronous FULL, WAL"),
        Target("ingest", .memory(128)),
        Target("stage", .memory(128)),
        Target("upload", .memory(128)),
        Target("archive", .memory(128)),
        Target("settle", .memory(128)),
        Target("whole", .memory(128)),
        Target("start", .memory(64)),
        Target(
            "before results",
            .ceiling(1.6, unit: "× the input on disk") { Double($0.diskBytes) / Double(max(1, $0.bytes)) }),
        Target("status p99", .milliseconds(10)),
        Target("status p99, 1,000 jobs", .milliseconds(10)),
        Target("plan", .milliseconds(5)),
        Target("start", .milliseconds(2000), durableAs: "synchronous FULL, WAL"),
    ]
}

extension Target.Measure {
    /// The most memory in use, in megabytes.
    fileprivate static func memory(_ most: Double) -> Self {
        .ceiling(most, unit: "MB in memory") { Double($0.peakBytes) / 1e6 }
    }

    fileprivate static func milliseconds(_ most: Double) -> Self {
        .ceiling(most, unit: "ms") { $0.seconds * 1000 }
    }
}

import Foundation
import Glibc

/// What one contestant did in one stage of one round.
struct Sample: Codable {
    /// `ingest`, `stage`, …
    var stage: String
    /// Who did it: `batchd`, `obvious`, `curl`, …
    var contestant: String
    /// How many rows it was about.
    var rows: Int
    /// Bytes that went through, as the stage counts them.
    var bytes: Int64 = 0
    /// From start to end on the wall.
    var seconds: Double = 0
    /// User and system time, of all threads.
    var cpuSeconds: Double = 0
    /// The most memory in use at once, in bytes.
    var peakBytes: Int64 = 0
    /// Bytes on the disk at its end.
    var diskBytes: Int64 = 0

    /// Rows a second.
    var rate: Double { Double(rows) / max(seconds, 1e-9) }
    /// Megabytes a second.
    var megabytesPerSecond: Double { Double(bytes) / 1e6 / max(seconds, 1e-9) }
}

/// Measures a span of this process: time, CPU, and the most memory in use.
struct Stopwatch {
    private let began = ContinuousClock.now
    private let cpu = Self.cpuSeconds(RUSAGE_SELF)

    /// Starts, and forgets how much memory was in use before.
    init() {
        // Writing 5 sets VmHWM back to what is in use now: proc(5).
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// The span so far.
    func read(_ stage: String, _ contestant: String, rows: Int, bytes: Int64 = 0, diskBytes: Int64 = 0)
        -> Sample
    {
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        return Sample(
            stage: stage, contestant: contestant, rows: rows, bytes: bytes, seconds: seconds,
            cpuSeconds: Self.cpuSeconds(RUSAGE_SELF) - cpu, peakBytes: peakBytes(of: "self"),
            diskBytes: diskBytes)
    }

    /// User and system seconds of this process, or of its children that have ended.
    static func cpuSeconds(_ who: __rusage_who) -> Double {
        var usage = rusage()
        getrusage(numericCast(who.rawValue), &usage)
        let times = [usage.ru_utime, usage.ru_stime]
        return times.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}

/// The most memory that a process has had in use, in bytes; 0 when it has gone.
func peakBytes(of process: String) -> Int64 {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = Int64(line.split(separator: " ").dropLast().last ?? "")
    else { return 0 }
    return kilobytes * 1024
}

/// Bytes that the files in and below `folder` take on the disk.
func diskBytes(in folder: String) -> Int64 {
    let names = FileManager.default.subpaths(atPath: folder) ?? []
    return names.reduce(0) { total, name in
        var facts = stat()
        guard stat("\(folder)/\(name)", &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return total }
        return total + Int64(facts.st_blocks) * 512
    }
}

/// How fast a job goes, in rows a second of simulated time.
struct Pace: Equatable, Sendable {
    var rowsPerSecond: Double
    var validatedRowsPerSecond: Double
    /// How long one row takes, and so what is in flight when a job is cut short.
    var latency = SimulatedTime.Span.seconds(1)

    static func rows(in span: SimulatedTime.Span, at rate: Double) -> Int {
        let count = Double(max(0, span.milliseconds)) * rate / 1000
        return count < 1e15 ? Int(count) : Int(1e15)
    }

    static func time(for rows: Int, at rate: Double) -> SimulatedTime.Span {
        .milliseconds(Int64((Double(rows) * 1000 / rate).rounded(.up)))
    }
}

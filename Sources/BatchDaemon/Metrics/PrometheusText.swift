/// Text in Prometheus' exposition format, version 0.0.4.
struct PrometheusText {
    /// What a family is.
    enum Kind: String {
        case counter, gauge
    }

    typealias Labels = [(String, String)]

    /// The media type of it.
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Writes a family; nothing when it has no samples.
    mutating func family(_ name: String, _ kind: Kind, _ help: String, _ samples: [(Labels, Double)]) {
        guard !samples.isEmpty else { return }
        head(name, kind.rawValue, help)
        for line in samples.map({ sample(name, $0.0, $0.1) }).sorted() { text += line }
    }

    /// Writes a family with one sample and no labels.
    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        family(name, .gauge, help, [([], value)])
    }

    /// Writes a family of histograms.
    mutating func histogram(_ name: String, _ help: String, _ samples: [(Labels, Histogram)]) {
        guard !samples.isEmpty else { return }
        head(name, "histogram", help)
        for (labels, histogram) in samples.sorted(by: { "\($0.0)" < "\($1.0)" }) {
            var below: Int64 = 0
            for (bound, count) in zip(Histogram.bounds, histogram.counts) {
                below += count
                text += sample(name + "_bucket", labels + [("le", number(bound))], Double(below))
            }
            let all = Double(below + (histogram.counts.last ?? 0))
            text += sample(name + "_bucket", labels + [("le", "+Inf")], all)
            text += sample(name + "_sum", labels, histogram.sum)
            text += sample(name + "_count", labels, all)
        }
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    private func sample(_ name: String, _ labels: Labels, _ value: Double) -> String {
        let shown = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
        return "\(name)\(shown.isEmpty ? "" : "{\(shown)}") \(number(value))\n"
    }

    private func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// Whole numbers without a point: counts of rows are read by people too.
    private func number(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}

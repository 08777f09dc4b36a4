import Foundation

/// Reads Prometheus' text format as strictly as its documents are, and complains of every line that is not so.
struct Exposition {
    /// One family.
    struct Family {
        var type = ""
        var help = ""
        /// By its name and its labels, as they stand.
        var samples: [String: Double] = [:]
    }

    private(set) var families: [String: Family] = [:]
    private(set) var complaints: [String] = []

    init(_ text: String) {
        if !text.hasSuffix("\n") { complaints.append("no line feed at the end") }
        var current = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        {
            if let head = line.wholeMatch(of: /# HELP ([a-z_]+) (.+)/) {
                current = String(head.1)
                if families[current] != nil { complaints.append("twice: \(line)") }
                families[current, default: Family()].help = String(head.2)
            } else if let head = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/) {
                if head.1 != current { complaints.append("not after its help: \(line)") }
                families[current]?.type = String(head.2)
            } else if let sample = line.wholeMatch(
                of:
                    /([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? (\S+)/
            ) {
                take(String(sample.1), String(sample.2 ?? ""), String(sample.3), current, line)
            } else {
                complaints.append("not in the format: \(line)")
            }
        }
        for (name, family) in families { judge(name, family) }
    }

    /// The value of a series, as in `batchd_rows{queue="a",state="held"}`.
    subscript(series: String) -> Double? {
        families[String(series.prefix { $0 != "{" })]?.samples[series]
    }

    private mutating func take(
        _ name: String, _ labels: String, _ value: String, _ family: String, _ line: String
    ) {
        let parts = families[family]?.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        if !parts.contains(where: { name == family + $0 }) { complaints.append("not of \(family): \(line)") }
        guard let number = Double(value) else { return complaints.append("no number: \(line)") }
        if families[family]?.samples.updateValue(number, forKey: name + labels) != nil {
            complaints.append("twice: \(line)")
        }
    }

    /// The rules of names that `promtool check metrics` has.
    private mutating func judge(_ name: String, _ family: Family) {
        if !name.hasPrefix("batchd_"), !name.hasPrefix("process_") { complaints.append("foreign: \(name)") }
        if (family.type == "counter") != name.hasSuffix("_total") { complaints.append("_total: \(name)") }
        if family.samples.isEmpty || family.type.isEmpty { complaints.append("empty: \(name)") }
        for unit in ["_milliseconds", "_ms", "_minutes", "_kilobytes", "_mb"] where name.contains(unit) {
            complaints.append("no base unit: \(name)")
        }
    }
}

/// Numbers in the form that people read, in what both programs print.
package enum Figures {
    /// `1,903,221`.
    package static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return (number < 0 ? "-" : "") + grouped
    }

    /// `1 row`, `5,000 rows`.
    package static func count(_ number: Int, _ noun: String) -> String {
        let plural = noun.hasSuffix("ch") ? noun + "es" : noun + "s"
        return "\(count(number)) \(number == 1 ? noun : plural)"
    }

    /// `12.3 GB`, decimal as disks are sold.
    package static func bytes(_ number: Int) -> String {
        var value = Double(number)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if value.magnitude < 999.5 || unit == "TB" {
                return unit == "B" ? "\(number) B" : "\(tenths(value)) \(unit)"
            }
            value /= 1000
        }
        return "\(number) B"
    }

    /// `41.2`, `99.0`.
    package static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

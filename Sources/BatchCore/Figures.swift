extension BinaryInteger {
    /// As people read it: `1,903,221`.
    package var grouped: String {
        let digits = String(magnitude)
        var text = self < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Bytes as people read them: `12.3 GB`, decimal as disks are sold. Rounded down, so that nothing looks like more
    /// than it is.
    package var asBytes: String {
        var (unit, value) = (0, Int64(self))
        let units = ["B", "kB", "MB", "GB", "TB"]
        var tenths: Int64 = 0
        while value >= 1000, unit < units.count - 1 {
            (value, tenths) = (value / 1000, value / 100 % 10)
            unit += 1
        }
        return unit == 0 ? "\(value) B" : "\(value).\(tenths) \(units[unit])"
    }
}

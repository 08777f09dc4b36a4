/// The one of `words` that `word` was probably meant to be; nil when none is near.
package func nearest(to word: String, among words: [String]) -> String? {
    // Nothing that we know is as long, and the count takes time with the square of the length.
    guard word.unicodeScalars.count <= 100 else { return nil }
    let candidates = words.map { (word: $0, distance: editDistance(word, $0)) }
    // A word that was cut short, or that says too much, is far away by counting.
    let related = words.filter { word.count > 3 && ($0.hasPrefix(word) || word.hasPrefix($0)) }
    if related.count == 1 { return related[0] }
    guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, word.count / 3) && best.distance < word.count ? best.word : nil
}

/// A command that a program does not have, and what its writer is told.
package struct UnknownCommand {
    /// What is wrong.
    package let message: String
    /// What was probably meant, or else where to look.
    package let hint: String

    /// `typed` is none of the commands that `program` has, or has in `group`.
    package init(_ typed: String, in group: String? = nil, of program: String, among names: [String]) {
        let place = group.map { "\($0) " } ?? ""
        message = "There is no command '\(place)\(typed)'."
        hint =
            nearest(to: typed, among: names).map { "Did you mean '\(place)\($0)'?" }
            ?? "See '\(program) \(place)--help' for the commands."
    }
}

/// How many characters must be added, dropped, changed or swapped with their neighbour to turn `a` into `b`.
private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var rows = [Array(0...b.count)]
    for i in 1..<(a.count + 1) {
        var row = [i]
        for j in 1..<(b.count + 1) {
            let changed = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
            var least = min(changed, rows[i - 1][j] + 1, row[j - 1] + 1)
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                least = min(least, rows[i - 2][j - 2] + 1)
            }
            row.append(least)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}

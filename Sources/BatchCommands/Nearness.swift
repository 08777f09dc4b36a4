/// Finds the word that a mistyped one was meant to be.
enum Nearness {
    /// The word among `words` that is fewest edits away; nil when none is near.
    static func nearest(to typed: String, among words: [String]) -> String? {
        let ranked = words.map { (word: $0, edits: edits(from: typed, to: $0)) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }), best.edits <= max(1, typed.count / 2) else {
            return nil
        }
        return best.word
    }

    /// How many letters must be added, removed or replaced (Levenshtein).
    static func edits(from: String, to: String) -> Int {
        let to = Array(to)
        var row = Array(0...to.count)
        for (index, letter) in from.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in to.indices {
                let replaced = diagonal + (letter == to[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[to.count]
    }
}

/// Names that a person may have mistyped.
package enum Names {
    /// What to say about a name that is none of `known`.
    static func refusal(_ name: String, in place: String, known: [String]) -> ScenarioFault {
        ScenarioFault(reason: "unknown member '\(name)'\(place)." + hint(name, known: known))
    }

    /// The nearest of the known names, if it is near, and all of them.
    package static func hint(_ name: String, known: [String]) -> String {
        let nearest = known.map { ($0, distance(name, $0)) }.min { $0.1 < $1.1 }
        let guess = nearest.flatMap { $0.1 <= 3 ? " Did you mean '\($0.0)'?" : nil } ?? ""
        return guess + " Known are \(known.joined(separator: ", "))."
    }

    /// How many letters must be put in, left out or changed to make one of the other (Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, letter) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let change = diagonal + (letter == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}

/// One of a few words; another word is refused with the nearest one.
protocol Choice: CaseIterable, Codable, RawRepresentable where RawValue == String {}

extension Choice {
    init(from decoder: any Decoder) throws {
        let word = try decoder.singleValueContainer().decode(String.self)
        guard let value = Self(rawValue: word) else {
            let known = Self.allCases.map(\.rawValue)
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "unknown value '\(word)'." + Names.hint(word, known: known)))
        }
        self = value
    }
}

/// All facts about one thing: a name and a value on each line.
struct Facts {
    let facts: [(name: String, value: Line)]

    init(_ facts: [(String, Cell?)]) {
        self.facts = facts.compactMap { name, value in value.map { (name, [$0]) } }
    }

    func lines() -> [Line] {
        let width = facts.reduce(0) { max($0, $1.name.count) } + 2
        return facts.map { name, value in
            [Cell(name, .dim), Cell(String(repeating: " ", count: width - name.count))] + value
        }
    }
}

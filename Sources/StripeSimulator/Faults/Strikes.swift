/// A fault that strikes so often, after so many that pass, or by chance.
protocol CountedFault: Sendable {
    /// How often it strikes; one, unless a probability is given.
    var count: Int? { get set }
    /// The chance that it strikes; by itself it has no end.
    var probability: Double? { get }
    /// How many pass before it begins.
    var skip: Int? { get }
    /// Strikes until it is cleared.
    var forever: Bool? { get }
}

/// The faults of one kind in force, with what is left of each.
struct Strikes<Fault: CountedFault>: Sendable {
    private var faults: [(fault: Fault, left: Int?, toSkip: Int)] = []
    private var random: SeededRandom

    init(seed: UInt64, faults: [Fault] = []) {
        random = SeededRandom(seed: seed)
        for fault in faults { add(fault) }
    }

    /// Those that can still strike.
    var active: [Fault] {
        faults.map { entry in
            var fault = entry.fault
            fault.count = entry.left
            return fault
        }
    }

    mutating func add(_ fault: Fault) {
        let isEndless = fault.forever == true || (fault.count == nil && fault.probability != nil)
        faults.append((fault, isEndless ? nil : fault.count ?? 1, fault.skip ?? 0))
    }

    /// The first fault that fits and strikes, if any; it is used up by one.
    mutating func strike(where fits: (Fault) -> Bool = { _ in true }) -> Fault? {
        for index in faults.indices where fits(faults[index].fault) {
            let fault = faults[index].fault
            if faults[index].toSkip > 0 {
                faults[index].toSkip -= 1
                continue
            }
            if let probability = fault.probability, Double.random(in: 0..<1, using: &random) >= probability {
                continue
            }
            if let left = faults[index].left {
                if left > 1 { faults[index].left = left - 1 } else { faults.remove(at: index) }
            }
            return fault
        }
        return nil
    }
}

/// How a whole job goes wrong.
///
/// Drawn when its file arrives.
struct JobFault: Codable, Equatable, Sendable {
    /// Ends with this status: `batch_failed`, `timeout`, `validation_failed`, `canceled`,
    /// `cancelled`, or anything else for a status that no one knows.
    var end: String?
    /// The part of the rows that are executed before that; 0.5 by default.
    var share: Double?
    /// `batch_failed`: the error text.
    ///
    /// `validation_failed`: the message about `row`.
    var message: String?
    /// `validation_failed`: the row that the result file names; without it, none is named.
    var row: String?
    /// Shows this status, unknown to clients, for a while before it ends.
    var show: String?
    /// Simulated seconds that `show` lasts; 60 by default.
    var seconds: Double?
    /// How many jobs it strikes; one by default.
    var count: Int?
    /// The chance that it strikes a job; by itself it has no end.
    var probability: Double?
    /// Jobs that pass before it begins.
    var skip: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case end
        case share = "after_share"
        case message, row, show
        case seconds = "for_seconds"
        case count, probability, skip
    }

    var afterShare: Double { share ?? 0.5 }
    var forSeconds: Double { seconds ?? 60 }
}

/// The job faults in force, with what is left of each.
struct JobFaults: Sendable {
    private var faults: [(fault: JobFault, left: Int?, toSkip: Int)] = []
    private var random: SeededRandom

    init(seed: UInt64, faults: [JobFault] = []) {
        random = SeededRandom(seed: seed)
        for fault in faults { add(fault) }
    }

    /// Those that can still strike.
    var active: [JobFault] {
        faults.map { entry in
            var fault = entry.fault
            fault.count = entry.left
            return fault
        }
    }

    mutating func add(_ fault: JobFault) {
        let isEndless = fault.count == nil && fault.probability != nil
        faults.append((fault, isEndless ? nil : fault.count ?? 1, fault.skip ?? 0))
    }

    /// The fault that strikes the job whose file has just arrived, if any.
    mutating func strike() -> JobFault? {
        for index in faults.indices {
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

package import BatchCore
import Env
import Foundation

/// One workload of a world, as its operator means it.
package struct Errand: Sendable {
    /// Its place among the errands.
    package let number: Int
    /// Where it goes.
    package var queue: QueuePolicy
    /// The ids of its rows, in the order of submission.
    package let rows: [String]
    /// The objects the rows are about; of a create, nothing.
    package let objects: [String]
    /// What is submitted.
    package let input: [UInt8]
    /// The submission key; without one the content alone tells that it was submitted already.
    package let key: String?
    /// When it is submitted, counted from the start.
    package var submitAt: Duration = .zero
    /// When it is canceled, if ever.
    package var cancelAt: Duration?
    /// Whether its running jobs are canceled too.
    package var cancelNow = false

    /// An errand of `count` rows. `objectOf` names the object of each row.
    package init(
        number: Int, queue: QueuePolicy, count: Int, key: String?, objectOf: (Int) -> String
    ) {
        self.number = number
        self.queue = queue
        self.key = key
        rows = (0..<count).map { "e\(number)-r\($0)" }
        objects = queue.endpoint.placeholders.isEmpty ? [] : (0..<count).map(objectOf)
        var text = ""
        for (index, row) in rows.enumerated() {
            text += "{\"id\":\"\(row)\""
            if let name = queue.endpoint.placeholders.first {
                text += ",\"path_params\":{\"\(name)\":\"\(objects[index])\"}"
            }
            if queue.endpoint.method == .post {
                text +=
                    queue.endpoint.path == "/v1/promotion_codes"
                    ? ",\"params\":{\"promotion\":{\"type\":\"coupon\",\"coupon\":\"SPRING\"}}"
                    : ",\"params\":{\"metadata\":{\"from\":\"\(row)\"}}"
            }
            text += "}\n"
        }
        input = Array(text.utf8)
    }
}

/// The four kinds of work: repeated without harm, refused the second time (twice), done twice.
private let endpoints = [
    "POST /v1/customers/:customer", "POST /v1/subscriptions/:subscription/migrate",
    "DELETE /v1/subscriptions/:subscription_exposed_id", "POST /v1/promotion_codes",
]

/// Draws the queues and the errands of a world.
func drawErrands(_ dice: Entropy, rowsPerSecond: Double) -> [Errand] {
    let version = dice.pick(["2026-09-30.preview", "2026-07-29.preview", "2026-05-27.preview"])
    // Jobs that last for days are looked at seldom, or nothing else would happen.
    let isSlow = rowsPerSecond < 1
    let poll = PollPolicy(
        min: .seconds(isSlow ? 300 : dice.pick([1, 5, 30])),
        max: .seconds(isSlow ? 600 : dice.pick([30, 600])))
    let account = AccountPolicy(
        name: "main", apiVersion: version, maxConcurrentJobs: dice.int(1...8), poll: poll)
    let queues = endpoints.enumerated().compactMap { number, text -> QueuePolicy? in
        guard let endpoint = Endpoint(text) else { return nil }
        return QueuePolicy(
            name: "q\(number)", account: account, endpoint: endpoint, priority: dice.int(0...2),
            skipValidation: dice.chance(0.4), maxConcurrentJobs: dice.int(1...4),
            maxRowsPerJob: dice.chance(0.2) ? nil : Int64(dice.pick([4, 10, 30, 100, 300])),
            retry: RetryPolicy(
                maxAttempts: dice.int(1...6), initialDelay: .seconds(dice.pick([1, 60, 600])),
                maxDelay: .seconds(dice.pick([600, 21_600]))),
            unknownOutcome: dice.pick([.auto, .auto, .auto, .auto, .retry, .retry, .hold]))
    }
    var left = dice.pick([20, 50, 100, 300])
    var errands: [Errand] = []
    let span = dice.logarithmic(1...100_000)
    while left > 0, errands.count < 6 {
        let number = errands.count
        let queue = dice.pick(queues)
        // A job of few rows costs as much as one of many.
        let most = min(left, Int(queue.maxRowsPerJob ?? 500) * 12)
        let count = dice.int(1...most)
        left -= count
        // Updates meet on few objects; what can be done once has an object of its own.
        let customers = dice.pick([3, 20, 1000])
        var errand = Errand(
            number: number, queue: queue, count: count, key: dice.chance(0.7) ? "key-\(number)" : nil
        ) { row in
            queue.endpoint.repetition == .harmless ? "cus_\(row % customers)" : "sub_\(number)x\(row)"
        }
        errand.submitAt = .milliseconds(dice.int(0...Int(span * 1000)))
        if dice.chance(0.25) {
            errand.cancelAt = errand.submitAt + .seconds(dice.logarithmic(1...200_000))
            errand.cancelNow = dice.chance(0.5)
        }
        errands.append(errand)
    }
    return errands
}

/// Draws the guard rails of the queues: held workloads are let go on by a person.
func drawGuards(_ dice: Entropy, _ errands: [Errand]) -> [Errand] {
    var guards: [String: (canary: Canary?, halt: Halt?)] = [:]
    for name in Set(errands.map(\.queue.name)).sorted() {
        guards[name] = (
            dice.chance(0.4)
                ? Canary(
                    rows: Int64(dice.pick([1, 3, 10, 50])),
                    maxFailureRate: .percent(Int64(dice.pick([0, 2, 30])))) : nil,
            dice.chance(0.4)
                ? Halt(
                    maxFailureRate: .percent(Int64(dice.pick([0, 20, 50]))),
                    minRows: Int64(dice.pick([1, 10, 50]))) : nil
        )
    }
    return errands.map { errand in
        var errand = errand
        (errand.queue.canary, errand.queue.halt) = guards[errand.queue.name] ?? (nil, nil)
        return errand
    }
}

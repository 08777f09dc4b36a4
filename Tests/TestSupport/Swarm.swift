import BatchCore
import Env
import Foundation
import StripeSimulator

/// What may go wrong between us and Stripe, one call at a time.
package enum Trouble: String, CaseIterable, Sendable {
    /// No connection.
    case refused = "no connection"
    /// The request never arrives, and nobody says so.
    case lostBefore = "request lost"
    /// It takes effect, and the answer is lost.
    case lostAfter = "answer lost"
    /// Slow, in one direction or both; longer than anybody waits, now and then.
    case slow
    /// The connection ends in the middle of what we send.
    case cutRequest = "request cut"
    /// The connection ends in the middle of the answer.
    case cutAnswer = "answer cut"
    /// It takes effect, and a gateway answers 502 with a page of HTML.
    case gateway = "502 with HTML"
    /// It has no effect: 500 or 503.
    case overloaded = "500 or 503"
    /// It has no effect: 429.
    case throttled = "429"
    /// An answer to an API call that says 200 and is no job.
    case nonsense = "200 without a job"
    /// A URL that has died before its time: 403.
    case deadLink = "dead URL"
}

/// Which troubles a seed has: each one switches a random part of them on, so that no two worlds are alike, and
/// one fault does not hide another.
package struct Swarm: Sendable {
    /// How likely each trouble is for one call, while anything may fail.
    package var troubles: [(trouble: Trouble, probability: Double)] = []
    /// Times at which nothing reaches Stripe, counted from the start.
    package var outages: [Range<Duration>] = []
    /// How long anything may fail.
    package var chaos: Duration
    /// Jobs of the scheduler between two crashes, on average; nil for none.
    package var jobsBetweenCrashes: Double?
    /// How likely a crash is at each fault point.
    package var crashAtPoint: Double = 0
    /// How likely a polite stop is at each crash.
    package var stopsPolitely: Double = 0
    /// The longest time between a crash and the next start.
    package var longestDowntime: Duration = .seconds(60)
    /// A crash cuts or drops files that were not synced.
    package var forgetsUnsynced = false
    /// How likely a step on the disk fails for good, which ends the daemon.
    package var diskErrors: Double = 0
    /// Times at which no byte is free on the disk, counted from the start.
    package var fullDisk: [Range<Duration>] = []
    /// Stripe's clock minus ours.
    package var skew: Duration = .zero
    /// The longest step of our own clock at a restart.
    package var clockStep: Duration = .zero
    /// Rows a second that Stripe executes.
    package var rowsPerSecond: Double = 100
    /// Stripe refuses calls that come too fast.
    package var hasRateLimits = false
    /// What goes wrong on Stripe's side.
    var scenario = Scenario()
    /// The same, as text.
    var scenarioText = "{}"

    /// Nothing goes wrong, for tests that say themselves what does.
    package init() {
        chaos = .zero
    }

    /// Draws what goes wrong.
    init(drawing dice: Entropy, rows: [String], rowsPerSecond: Double) throws {
        self.rowsPerSecond = rowsPerSecond
        chaos = .seconds(dice.logarithmic(600...800_000))
        for trouble in Trouble.allCases where dice.chance(0.4) {
            troubles.append((trouble, dice.pick([0.01, 0.05, 0.2])))
        }
        if dice.chance(0.3) { troubles = [] }
        for _ in 0..<(dice.chance(0.3) ? dice.int(1...2) : 0) {
            outages.append(drawSpan(dice, within: chaos, longest: 780_000))
        }
        if dice.chance(0.7) { jobsBetweenCrashes = dice.logarithmic(200...5000) }
        if dice.chance(0.5) { crashAtPoint = dice.pick([0.003, 0.01, 0.03]) }
        if dice.chance(0.3) { stopsPolitely = 0.3 }
        longestDowntime = .seconds(dice.logarithmic(1...700_000))
        forgetsUnsynced = dice.chance(0.5)
        if dice.chance(0.3) { skew = .seconds(dice.int(-900...900)) }
        if dice.chance(0.15) { clockStep = .seconds(dice.pick([2, 60, 400, 90_000])) }
        hasRateLimits = dice.chance(0.1)
        if dice.chance(0.2) { diskErrors = dice.pick([0.003, 0.02, 0.1]) }
        for _ in 0..<(dice.chance(0.2) ? dice.int(1...3) : 0) {
            let start = Duration.seconds(dice.logarithmic(1...chaos.seconds))
            fullDisk.append(start..<(start + .seconds(dice.logarithmic(3...3000))))
        }
        scenarioText = drawScenario(dice, rows: rows)
        scenario = try Scenario(json: Data(scenarioText.utf8))
    }
}

private func drawSpan(_ dice: Entropy, within chaos: Duration, longest: Double) -> Range<Duration> {
    let start = Duration.seconds(dice.int(0...Int(chaos.seconds)))
    return start..<(start + .seconds(dice.logarithmic(10...longest)))
}

/// A scenario of the simulator, as JSON. `rows` are ids that a validation may name.
private func drawScenario(_ dice: Entropy, rows: [String]) -> String {
    var rules: [String] = []
    if dice.chance(0.2) {
        // Rows that are done without a word, and turned down when they go again: the doubt must outlast that.
        let answer = dice.pick([402, 404, 409, 429])
        rules.append("{\"name\":\"unheard\",\"share\":0.4,\"times\":1,\"status\":500,\"executed\":true}")
        rules.append("{\"name\":\"turned down\",\"share\":0.5,\"status\":\(answer)}")
    }
    for (name, rule) in rowRules where dice.chance(0.25) {
        let often = dice.chance(0.7) ? ",\"times\":\(dice.int(1...3))" : ""
        let share = dice.pick([0.02, 0.1, 0.4])
        rules.append("{\"name\":\"\(name)\",\"share\":\(share)\(often),\(rule)}")
    }
    var jobs: [String] = []
    for fault in jobFaults where dice.chance(0.25) {
        let often = dice.chance(0.5) ? "\"count\":\(dice.int(1...3))" : "\"probability\":0.2"
        let row = dice.pick(rows)
        let share = dice.pick([0, 0.3, 0.5, 1])
        jobs.append("{\(fault.replacing("ROW", with: row)),\"after_share\":\(share),\(often)}")
    }
    var wire: [String] = []
    for fault in wireFaults where dice.chance(0.1) {
        wire.append("{\(fault),\"probability\":\(dice.pick([0.02, 0.1]))}")
    }
    var quirks: [String] = []
    for quirk in quirkMembers where dice.chance(0.15) { quirks.append(quirk) }
    return "{\"rows\":[\(rules.joined(separator: ","))],\"jobs\":[\(jobs.joined(separator: ","))],"
        + "\"wire\":[\(wire.joined(separator: ","))],\"quirks\":{\(quirks.joined(separator: ","))}}"
}

private let rowRules: [(name: String, rule: String)] = [
    ("limited", "\"status\":429"), ("locked", "\"status\":409"),
    ("fault", "\"status\":500"), ("fault after it was done", "\"status\":500,\"executed\":true"),
    ("not found", "\"status\":404"), ("declined", "\"status\":402"),
    ("later", "\"status\":402,\"advice_code\":\"try_again_later\""),
    ("not permitted", "\"status\":403"),
    ("missing", "\"line\":\"missing\""), ("twice", "\"line\":\"duplicate\""),
    ("garbage", "\"line\":\"garbage\""), ("torn", "\"line\":\"truncated\""),
    ("foreign", "\"line\":\"foreign\""),
]

private let jobFaults = [
    "\"end\":\"batch_failed\"", "\"end\":\"timeout\"", "\"end\":\"canceled\"", "\"end\":\"cancelled\"",
    "\"end\":\"validation_failed\",\"row\":\"ROW\"", "\"end\":\"validation_failed\"",
    "\"end\":\"timeout\",\"show\":\"resting\",\"for_seconds\":4000",
]

private let wireFaults = [
    "\"on\":\"any\",\"action\":\"status\",\"status\":500,\"body\":\"html\"",
    "\"on\":\"any\",\"action\":\"status\",\"status\":503,\"body\":\"empty\"",
    "\"on\":\"any\",\"action\":\"status\",\"status\":429",
    "\"on\":\"create\",\"action\":\"lose_after\"", "\"on\":\"upload\",\"action\":\"lose_after\"",
    "\"on\":\"upload\",\"action\":\"cut\",\"after_bytes\":300",
    "\"on\":\"download\",\"action\":\"cut\",\"after_bytes\":1000",
    "\"on\":\"download\",\"action\":\"truncate\"", "\"on\":\"retrieve\",\"action\":\"truncate\"",
    "\"on\":\"create\",\"action\":\"status\",\"status\":401,\"code\":\"invalid_key\"",
]

private let quirkMembers = [
    "\"canceled_spelling\":\"cancelled\"", "\"canceled_output\":\"always\"", "\"omit_livemode\":true",
    "\"omit_metadata\":true", "\"omit_expires_at\":true", "\"counts_as_numbers\":true",
    "\"extra_fields\":true", "\"job_id_prefix\":\"bj_\"", "\"replayed_url\":\"fresh\"",
    "\"second_put\":\"replaces\"", "\"put_deadline\":\"start\"", "\"expired_results\":\"not_found\"",
    "\"immediate_cancel_before_upload\":true", "\"upload_content_type\":\"any\"",
]

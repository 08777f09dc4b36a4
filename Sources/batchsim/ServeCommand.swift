import ArgumentParser
import Foundation
import StripeSimulator

/// `batchsim serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Answer requests until SIGTERM or SIGINT.")

    @Option(help: "Address and port to listen on. Port 0 takes a free one.")
    var listen = "127.0.0.1:12111"

    @Option(help: "Folder for uploads and results. Default: a temporary one, removed at the end.")
    var dir: String?

    @Option(
        help: """
            Simulated seconds a second: at 60, the five minutes for an upload are five seconds. \
            0 stands still until POST /_sim/clock advances it.
            """)
    var timeScale = 1.0

    @Option(help: "Rows executed a simulated second. Default: 100; before 2026-06-24, 10, as Stripe has it.")
    var rps: Double?

    @Option(help: "Decides everything left to chance: ids, faults, the order of results. Default: drawn.")
    var seed: UInt64?

    @Option(help: "JSON file that says what goes wrong. See Sources/StripeSimulator/README.md.")
    var scenario: String?

    @Flag(help: "Accept what the guide's prose allows: no metadata, no skip_validation, any upload type.")
    var lenient = false

    @Flag(help: "Refuse API calls beyond Stripe's published rates and read quota: 429 with a reason.")
    var rateLimits = false

    @Option(help: "Push all events to this address, on this machine only: http://127.0.0.1:…")
    var webhook: String?

    @Option(help: "Signs the events that go to --webhook: whsec_…")
    var webhookSecret: String?

    func validate() throws {
        guard timeScale >= 0 else { throw ValidationError("--time-scale is 0 or more.") }
        _ = try target
        guard rps ?? 1 > 0 else { throw ValidationError("--rps is more than 0.") }
        guard address != nil else { throw ValidationError("--listen is host:port, e.g. 127.0.0.1:12111.") }
    }

    private var target: Webhook? {
        get throws {
            guard let webhook else {
                guard webhookSecret == nil else { throw ValidationError("--webhook-secret needs --webhook.") }
                return nil
            }
            guard let webhookSecret else { throw ValidationError("--webhook needs --webhook-secret.") }
            guard let target = Webhook(url: webhook, secret: webhookSecret) else {
                throw ValidationError("--webhook leads to this machine: 127.0.0.1, ::1 or localhost.")
            }
            return target
        }
    }

    private var address: (host: String, port: Int)? {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        let host = listen[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        return (host.isEmpty ? "0.0.0.0" : host, port)
    }

    func run() async throws {
        guard let address else { return }
        var configuration = SimulatorServer.Configuration()
        configuration.host = address.host
        configuration.port = address.port
        configuration.directory = dir
        configuration.timeScale = timeScale
        configuration.rowsPerSecond = rps
        configuration.seed = seed
        configuration.isLenient = lenient
        configuration.hasRateLimits = rateLimits
        configuration.webhook = try target
        if let scenario {
            do {
                configuration.scenario = try Scenario(json: Data(contentsOf: URL(fileURLWithPath: scenario)))
            } catch let fault as ScenarioFault {
                throw ValidationError("--scenario \(scenario): \(fault)")
            } catch {
                throw ValidationError("--scenario \(scenario) can't be read. Give the path of a JSON file.")
            }
        }
        let server = SimulatorServer(configuration) { running in
            print(Welcome(host: address.host, port: running.port, seed: running.seed).text)
            fflush(nil)
        }
        try await server.runUntilSignalled()
    }
}

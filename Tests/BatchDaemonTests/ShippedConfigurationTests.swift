import BatchCore
import BatchDaemon
import Foundation
import StripeBatch
import Testing

private let shipped = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined() + "/config"

/// What is installed for operators to read and to begin with.
@Suite struct ShippedConfigurationTests {
    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(shipped)/\(name)", encoding: .utf8)
    }

    private static func read(_ name: String) throws -> Configuration {
        let folder = try TemporaryFolder()
        try folder.write("stripe-api-key", "sk_test_1")
        let file = try folder.write("batchd.yaml", try text(name))
        defer { withExtendedLifetime(folder) {} }
        return try Configuration.read(file, environment: [:])
    }

    @Test func theReferenceShowsEveryDefault() throws {
        let reference = try Self.read("batchd.yaml")
        let folder = try TemporaryFolder()
        try folder.write("stripe-api-key", "sk_test_1")
        let bare = try Configuration.read(
            try folder.write(
                "batchd.yaml",
                """
                accounts: {main: {api_key_file: stripe-api-key}}
                queues: {update-customers: {endpoint: "POST /v1/customers/:customer"}}
                """), environment: [:])
        #expect(reference.warnings.isEmpty)
        #expect(reference.queues == bare.queues)
        #expect(reference.accounts.map(\.policy) == bare.accounts.map(\.policy))
        #expect(reference.accounts.map(\.stripe.baseURL) == bare.accounts.map(\.stripe.baseURL))
        #expect(reference.accounts.map(\.livemode) == bare.accounts.map(\.livemode))
        #expect(reference.storage == bare.storage)
        #expect(reference.control == bare.control)
    }

    /// A mistyped key is answered with the keys that there are: each of them must stand in the reference.
    @Test(arguments: [
        "zz: 1", "accounts: {main: {zz: 1}}", "accounts: {main: {poll: {zz: 1}}}", "storage: {zz: 1}",
        "control: {zz: 1}", "queues: {q: {zz: 1}}", "queues: {q: {retry: {zz: 1}}}",
        "queues: {q: {canary: {zz: 1}}}", "queues: {q: {halt: {zz: 1}}}",
    ])
    func theReferenceNamesEveryKey(mistake: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("batchd.yaml", mistake.replacing("zz", with: "zzzzzzzzzz"))
        let error = #expect(throws: ConfigurationError.self) {
            try Configuration.read(file, environment: [:])
        }
        let message = "\(try #require(error))"
        let keys = try #require(message.firstMatch(of: /known keys: ([a-z_, ]+)/)).1.split(separator: ", ")
        let reference = try Self.text("batchd.yaml")
        #expect(!keys.isEmpty)
        for key in keys { #expect(reference.contains("\(key):"), "\(key) is not in the reference") }
    }

    @Test func theMigrationIsCarefulAndRepeatsWhatIsSafeToRepeat() throws {
        let configuration = try Self.read("examples/migrate-subscriptions.yaml")
        #expect(configuration.warnings.isEmpty)
        let queue = try #require(configuration.queues.first)
        #expect(queue.endpoint == Endpoint("POST /v1/subscriptions/:id/migrate"))
        #expect(queue.canary != nil)
        #expect(queue.halt != nil)
        #expect(queue.window != nil)
        #expect(queue.unknownOutcome == .retry)
    }

    @Test func promotionCodesAreNeverMadeTwice() throws {
        let configuration = try Self.read("examples/promotion-codes.yaml")
        #expect(configuration.warnings.isEmpty)
        let queue = try #require(configuration.queues.first)
        #expect(queue.endpoint == Endpoint("POST /v1/promotion_codes"))
        #expect(queue.unknownOutcome == .hold)
        #expect(!queue.retry.rules.contains { $0.outcome == .retry })
    }

    @Test func everyExampleIsTested() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: shipped + "/examples").sorted()
        #expect(names == ["migrate-subscriptions.yaml", "promotion-codes.yaml"])
    }
}

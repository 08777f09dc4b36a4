import BatchCore
import BatchDaemon
import Foundation
import StripeBatch
import Testing

/// Reads a configuration from text, with a test key beside it.
struct ConfigurationWorld {
    let folder: TemporaryFolder

    init(key: String = "sk_test_4eC39HqLyjWDarjtT1zdp7dc\n") throws {
        folder = try TemporaryFolder()
        try folder.write("key", key)
    }

    func read(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
        let file = try folder.write("batchd.yaml", text)
        return try Configuration.read(file, environment: environment)
    }

    /// The problems of a text, one a line, with the folder left out.
    func problems(_ text: String, environment: [String: String] = [:]) throws -> String {
        do {
            let configuration = try read(text, environment: environment)
            return short(configuration.warnings.map(\.description).joined(separator: "\n"))
        } catch let error as ConfigurationError {
            return short(error.description)
        }
    }

    func short(_ text: String) -> String { text.replacing(folder.path + "/", with: "") }
}

/// The shortest configuration that works, with room for more keys.
func minimal(account: String = "", queue: String = "", rest: String = "") -> String {
    """
    accounts:
      main:
        api_key_file: key
    \(account.isEmpty ? "" : "    \(account)\n")queues:
      a:
        endpoint: POST /v1/customers/:customer
    \(queue.isEmpty ? "" : "    \(queue)\n")\(rest)
    """
}

@Suite struct ConfigurationTests {
    @Test func leftOutKeysHaveTheDocumentedDefaults() throws {
        let configuration = try ConfigurationWorld().read(minimal())
        let account = try #require(configuration.accounts.first)
        #expect(account.policy == AccountPolicy(name: "main", apiVersion: "2026-09-30.preview"))
        #expect(account.policy.maxConcurrentJobs == 8)
        #expect(account.stripe.baseURL == "https://api.stripe.com")
        #expect(!account.livemode)
        #expect(configuration.storage.stateDirectory == "/var/lib/batchd")
        #expect(configuration.storage.archiveDirectory == "/var/lib/batchd/archive")
        #expect(configuration.storage.minFree == 2_000_000_000)
        #expect(configuration.control.socket == "/run/batchd/batchd.sock")
        #expect(configuration.control.socketMode == 0o660)
        let endpoint = try #require(Endpoint("POST /v1/customers/:customer"))
        #expect(configuration.queues == [QueuePolicy(name: "a", account: account.policy, endpoint: endpoint)])
        #expect(configuration.warnings.isEmpty)
    }

    @Test func everyKeyIsReadAndNullSwitchesLimitsOff() throws {
        let configuration = try ConfigurationWorld().read(
            """
            accounts:
              main: {api_key_file: key, api_base: "http://127.0.0.1:12111/", api_version: 2026-05-27.preview,
                     max_concurrent_jobs: null, poll: {min: 500ms, max: 1h}}
              other: {api_key_file: key}
            storage: {state_dir: /srv/batchd/, min_free: null}
            control: {socket: /tmp/s, socket_mode: 0600}
            queues:
              a:
                account: main
                endpoint: delete  /v1/subscriptions/:id
                context: acct_1
                priority: -3
                skip_validation: true
                notification_suppression: all
                maximum_rps: 25
                max_concurrent_jobs: 2
                max_rows_per_job: 1000
                max_bytes_per_job: 64MiB
                retry: {max_attempts: 3, initial_delay: 0, max_delay: 7d}
                unknown_outcome: hold
                canary: {rows: 50}
                halt: null
                window: 22:00-06:00 Europe/Paris
                csv: {id: "s_{id}", path_params: {id: "{id}"}, params: {n: "{n:int?}", now: true}}
              b:
                account: other
                endpoint: POST /v1/coupons
                max_bytes_per_job: null
                retry:
                canary: null
                halt: {max_failure_rate: 0.5%, min_rows: 20}
            """
        )
        let account = configuration.accounts[0]
        #expect(account.stripe.baseURL == "http://127.0.0.1:12111")
        #expect(account.policy.maxConcurrentJobs > 1_000_000)
        #expect(account.policy.poll == PollPolicy(min: .milliseconds(500), max: .hours(1)))
        #expect(configuration.storage.stateDirectory == "/srv/batchd")
        #expect(configuration.storage.archiveDirectory == "/srv/batchd/archive")
        #expect(configuration.storage.minFree == 0)
        #expect(configuration.control.socketMode == 0o600)
        let a = configuration.queues[0]
        #expect(a.endpoint.description == "DELETE /v1/subscriptions/:id")
        #expect(a.context == "acct_1")
        #expect(a.priority == -3)
        #expect(a.skipValidation)
        #expect(a.notificationSuppression == .all)
        #expect(a.maximumRPS == 25)
        #expect(a.maxConcurrentJobs == 2)
        #expect(a.maxRowsPerJob == 1000)
        #expect(a.maxBytesPerJob == 64 * 1024 * 1024)
        #expect(a.retry == RetryPolicy(maxAttempts: 3, initialDelay: .zero, maxDelay: .days(7)))
        #expect(a.unknownOutcome == .hold)
        #expect(a.canary == Canary(rows: 50, maxFailureRate: .percent(2)))
        #expect(a.halt == nil)
        #expect(a.window?.description == "22:00-06:00 Europe/Paris")
        let id = CSVTemplate.Value.column(.init(name: "id"))
        let params: [CSVTemplate.Member] = [
            .init("n", .column(.init(name: "n", kind: .int, isOptional: true))),
            .init("now", .literal("true")),
        ]
        #expect(
            a.csv?.members == [
                .init("id", .text([.literal("s_"), .column("id")])),
                .init("path_params", .object([.init("id", id)])), .init("params", .object(params)),
            ])
        let b = configuration.queues[1]
        #expect(b.account.name == "other")
        #expect(b.maxBytesPerJob == 5_000_000_000)
        #expect(b.retry == RetryPolicy())
        #expect(b.canary == nil)
        #expect(b.halt == Halt(maxFailureRate: FailureRate(hundredths: 50), minRows: 20))
    }

    @Test func dropInsAddQueuesByName() throws {
        let world = try ConfigurationWorld()
        try world.folder.write("conf.d/20.yaml", "queues: {c: {endpoint: POST /v1/coupons}}\n")
        try world.folder.write("conf.d/10.yaml", "queues: {b: {endpoint: POST /v1/coupons}}\n")
        try world.folder.write("conf.d/.hidden.yaml", "nonsense: [\n")
        try world.folder.write("conf.d/30.yml", "queues: {}\n")
        let configuration = try world.read(minimal())
        #expect(configuration.queues.map(\.name) == ["a", "b", "c"])
        #expect(
            configuration.warnings.map { world.short($0.description) }
                == ["warning: conf.d/30.yml is not read: rename it to .yaml"]
        )
    }

    @Test func aThingDefinedTwiceIsAnErrorThatNamesBothPlaces() throws {
        let world = try ConfigurationWorld()
        try world.folder.write(
            "conf.d/x.yaml",
            "queues:\n  a: {endpoint: POST /v1/coupons}\nstorage: {min_free: 1GB}\n"
        )
        #expect(
            try world.problems(minimal(rest: "storage: {min_free: 3GB}"))
                == """
                conf.d/x.yaml:2:3: queues.a is already defined at batchd.yaml:5:3
                conf.d/x.yaml:3:11: storage.min_free is already set at batchd.yaml:7:11
                """
        )
    }

    @Test func allMistakesAreShownAtOnceInTheOrderOfTheFile() throws {
        #expect(
            try ConfigurationWorld().problems(
                """
                accounts:
                  main:
                    api_key_fil: key
                    livemode: yes
                storage:
                  min_free: 2 gigs
                queues:
                  a:
                    endpoint: PATCH /v1/customers/:customer
                    retry: {max_attempts: 0}
                  b:
                    acount: main
                colour: blue
                """
            ) == """
                batchd.yaml:2:3: accounts.main needs api_key_file: text
                batchd.yaml:3:5: unknown key "api_key_fil" in accounts.main; did you mean "api_key_file"?
                batchd.yaml:4:15: accounts.main.livemode must be true or false, not "yes"
                batchd.yaml:6:13: storage.min_free must be a size such as 500kB, 64MB, 4GB or 64MiB, or null, \
                not "2 gigs"
                batchd.yaml:9:15: queues.a.endpoint must be POST or DELETE and a v1 path, such as \
                POST /v1/customers/:customer, not "PATCH /v1/customers/:customer"
                batchd.yaml:10:27: queues.a.retry.max_attempts must be a whole number from 1 to 10000, or null, \
                not "0"
                batchd.yaml:11:3: queues.b needs endpoint: POST or DELETE and a v1 path, such as \
                POST /v1/customers/:customer
                batchd.yaml:12:5: unknown key "acount" in queues.b; did you mean "account"?
                batchd.yaml:13:1: unknown key "colour"; known keys: accounts, storage, control, queues, metrics, \
                webhook, inbox
                """
        )
    }

    @Test func theExampleInTheRepositoryIsGood() throws {
        let world = try ConfigurationWorld()
        try world.folder.write("stripe-api-key", "sk_test_123\n")
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let configuration = try world.read(
            try String(contentsOfFile: "/\(root)/config/batchd.yaml", encoding: .utf8))
        #expect(configuration.warnings.isEmpty)
        let usual = try world.read(minimal().replacing("  a:", with: "  update-customers:"))
        // What the example shows as defaults are the defaults.
        #expect(configuration.queues == usual.queues)
        #expect(configuration.storage == usual.storage)
        #expect(configuration.control == usual.control)
        #expect(configuration.accounts.map(\.policy) == usual.accounts.map(\.policy))
        #expect(configuration.accounts.map(\.stripe.baseURL) == usual.accounts.map(\.stripe.baseURL))
    }

    @Test func theSummaryNamesWhatIsConfiguredButNoKey() throws {
        let summary = try ConfigurationWorld().read(minimal()).summary
        #expect(summary.contains("queue a: POST /v1/customers/:customer, account main"))
        #expect(!summary.contains("sk_test"))
    }
}

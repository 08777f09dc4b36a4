import BatchDaemon
import Testing

@Suite struct ListenerConfigurationTests {
    @Test func listenersAreOffUnlessTheyAreAskedFor() throws {
        let configuration = try ConfigurationWorld().read(minimal())
        #expect(configuration.metrics == nil)
        #expect(configuration.webhook == nil)
        let off = "metrics: {listen: null}\nwebhook: {listen: null, secret_file: none}"
        #expect(try ConfigurationWorld().read(minimal(rest: off)).webhook == nil)
    }

    @Test func bothListenersAndTheSecretsAreRead() throws {
        let world = try ConfigurationWorld()
        try world.folder.write("hook", " whsec_one\n\nwhsec_two \n")
        let configuration = try world.read(
            minimal(
                rest:
                    "metrics: {listen: \"[::1]:9464\"}\nwebhook: {listen: localhost:8421, secret_file: hook}")
        )
        #expect(configuration.metrics?.description == "[::1]:9464")
        #expect(configuration.metrics?.host == "::1")
        #expect(configuration.webhook?.listen.description == "localhost:8421")
        #expect(configuration.webhook?.secrets == [WebhookSecret("whsec_one"), WebhookSecret("whsec_two")])
    }

    @Test(arguments: ["9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9464", "a b:1"])
    func whatIsNoAddressIsRefused(text: String) throws {
        let problem = try ConfigurationWorld().problems(minimal(rest: "metrics: {listen: \"\(text)\"}"))
        #expect(
            problem
                == "batchd.yaml:7:19: metrics.listen must be an address and a port, such as 127.0.0.1:9464, "
                + "or null, not \"\(text)\"")
    }

    @Test(arguments: [
        ("", "hook is empty"), ("sk_test_1", "hook does not look like a webhook's secret"),
        ("whsec_a b", "hook does not look like a webhook's secret"),
        (String(repeating: "whsec_1\n", count: 11), "hook holds more than 10 lines"),
    ])
    func aFileWithoutGoodSecretsIsRefusedWithoutShowingIt(content: String, problem: String) throws {
        let world = try ConfigurationWorld()
        try world.folder.write("hook", content)
        let said = try world.problems(minimal(rest: "webhook: {listen: \"127.0.0.1:1\", secret_file: hook}"))
        #expect(said.hasPrefix("batchd.yaml:7:47: \(problem); it should hold") || said.contains(problem))
        #expect(!said.contains("sk_test_1") && !said.contains("whsec_a") && !said.contains("whsec_1"))
    }

    @Test func aSecretInThePlaceOfItsFileIsNotShown() throws {
        let said = try ConfigurationWorld().problems(
            minimal(rest: "webhook: {listen: \"127.0.0.1:1\", secret_file: whsec_abc}"))
        #expect(said.contains("webhook.secret_file names a file"))
        #expect(!said.contains("whsec_abc"))
    }
}

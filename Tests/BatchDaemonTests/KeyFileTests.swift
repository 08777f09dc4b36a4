import BatchDaemon
import StripeBatch
import Testing

@Suite struct KeyFileTests {
    @Test(arguments: [
        ("", "key is empty; it should hold a Stripe secret key"),
        ("pk_test_1", "key holds a publishable key, which cannot create jobs"),
        ("whsec_1", "key holds a webhook secret, not an API key"),
        (
            "sk_test_1 x",
            "key does not look like a Stripe key: one line that begins with sk_test_, rk_test_, "
                + "sk_live_ or rk_live_"
        ),
        ("sk_live_1", "key holds a live key; accounts.main must say livemode: true to act on real data"),
        ("rk_live_1", "key holds a live key; accounts.main must say livemode: true to act on real data"),
    ])
    func wrongContentIsRefusedWithoutShowingIt(content: String, problem: String) throws {
        #expect(try ConfigurationWorld(key: content).problems(minimal()) == "batchd.yaml:3:19: \(problem)")
    }

    @Test func aKeyIsTrimmedAndNeverShown() throws {
        let key = try ConfigurationWorld(key: "\n  rk_test_abc \n").read(minimal()).accounts[0].stripe.key
        #expect(key.reveal == "rk_test_abc")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!"\(key) \(String(reflecting: key)) \(dumped)".contains("rk_test"))
    }

    @Test func aLiveKeyIsTakenWhenLivemodeSaysSo() throws {
        let configuration = try ConfigurationWorld(key: "sk_live_1").read(minimal(account: "livemode: true"))
        #expect(configuration.accounts[0].stripe.key.isLive)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func aMissingFileNamesThePlacesThatWereTried() throws {
        let world = try ConfigurationWorld()
        #expect(
            try world.problems(
                minimal().replacing(": key", with: ": nokey"),
                environment: ["CREDENTIALS_DIRECTORY": "/run/c"]
            )
                == "batchd.yaml:3:19: accounts.main.api_key_file: there is no /run/c/nokey, and no nokey"
        )
    }

    @Test func credentialsComeBeforeTheFileBesideTheConfiguration() throws {
        let world = try ConfigurationWorld()
        try world.folder.write("credentials/key", "sk_test_fromcredentials", mode: 0o440)
        let configuration = try world.read(
            minimal(), environment: ["CREDENTIALS_DIRECTORY": world.folder.path + "/credentials"]
        )
        #expect(configuration.accounts[0].stripe.key.reveal == "sk_test_fromcredentials")
        #expect(configuration.warnings.isEmpty)
    }

    @Test func aFileThatOthersCanReadIsAWarning() throws {
        let world = try ConfigurationWorld()
        try world.folder.write("key", "sk_test_1", mode: 0o644)
        #expect(
            try world.problems(minimal())
                == "batchd.yaml:3:19: warning: other users can read the key file key; run: chmod 600 key"
        )
    }

    @Test func aKeyInThePlaceOfAFileNameIsNotShown() throws {
        #expect(
            try ConfigurationWorld().problems(minimal().replacing(": key", with: ": sk_test_oops"))
                == "batchd.yaml:3:19: accounts.main.api_key_file names a file; put the key into that file"
        )
    }
}

import BatchDaemon
import Testing

@Suite struct ConfigurationFileTests {
    @Test func theOptionComesBeforeTheEnvironment() throws {
        let folder = try TemporaryFolder()
        let a = try folder.write("a.yaml", "")
        let b = try folder.write("b.yaml", "")
        #expect(try ConfigurationFile.locate(option: a, environment: ["BATCHD_CONFIG": b]) == a)
        #expect(try ConfigurationFile.locate(option: nil, environment: ["BATCHD_CONFIG": b]) == b)
    }

    @Test func aMissingFileSaysWhereItWasLookedFor() throws {
        func message(_ option: String?, _ environment: [String: String]) -> String {
            do {
                return try ConfigurationFile.locate(option: option, environment: environment)
            } catch {
                return error.description
            }
        }
        #expect(message("/no/a.yaml", [:]) == "no configuration: there is no file /no/a.yaml (from --config)")
        #expect(
            message(nil, ["BATCHD_CONFIG": "/no/b.yaml"])
                == "no configuration: there is no file /no/b.yaml (from $BATCHD_CONFIG)"
        )
        #expect(
            message(nil, [:])
                == "no configuration: there is no file /etc/batchd/batchd.yaml "
                + "(the default; --config or $BATCHD_CONFIG name another)"
        )
    }
}

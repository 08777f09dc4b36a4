import Glibc
import Testing

@testable import BatchCommands

struct CommandLineTests {
    @Test func exitCodesAreThePromisedNumbers() {
        #expect(CommandExit.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 69, 130])
    }

    @Test(arguments: [
        (400, CommandExit.usage), (404, .error), (409, .refused), (422, .refused), (413, .refused),
        (503, .temporary), (507, .temporary), (500, .error),
    ])
    func aRefusalHasTheExitCodeOfItsStatus(status: Int, exit: CommandExit) {
        #expect(DaemonRefusal(status: status, call: "GET /", detail: nil).exit == exit)
    }

    @Test(arguments: [
        ["status", "--nonsense"], ["list"], ["list", "cows"], ["list", "workloads", "--state", "runing"],
        ["wait", "w1", "--timeout", "30"],
        ["rows", "w1", "--state", "done"], ["list", "queues", "--queue", "q"], ["submit", "q"],
        ["status", "-o", "xml"],
    ])
    func aWrongCommandLineExitsWith2AndPrintsNoData(arguments: [String]) async {
        let bench = Bench()
        let exit = await BatchCtl.run(arguments, environment: [:], console: bench.console, times: bench.times)
        #expect(exit == .usage && bench.out.isEmpty)
        #expect(bench.err.hasPrefix("Error: "))
    }

    @Test func aMistypedCommandIsAnsweredWithTheNearest() async {
        let bench = Bench()
        #expect(await bench.run("stauts") == .usage)
        #expect(bench.err == "Error: There is no command 'stauts'.\nDid you mean 'status'?\n")
    }

    @Test func aWordUnlikeAnyCommandIsAnsweredWithTheHelp() async {
        let bench = Bench()
        #expect(await bench.run("frobnicate") == .usage)
        #expect(bench.err.contains("batchctl --help"))
    }

    @Test func everyCommandHasHelpWithAnExample() async {
        for name in BatchCtl.commandNames {
            let bench = Bench()
            #expect(await bench.run(name, "--help") == .ok)
            #expect(bench.out.contains("Example: batchctl \(name)") && bench.err.isEmpty)
        }
    }

    @Test func versionAndHelpAreData() async {
        let bench = Bench()
        #expect(await bench.run("--version") == .ok)
        #expect(bench.out == "batchctl 0.1.0\n")
        #expect(await Bench().run() == .ok)
    }

    @Test func noDaemonExitsWith6AndSaysWhatToDo() async {
        let bench = Bench()
        #expect(await bench.run("status") == .unreachable)
        #expect(bench.out.isEmpty)
        #expect(
            bench.err.contains("/tmp/there-is-no-daemon.sock") && bench.err.contains("systemctl start batchd")
        )
    }

    @Test func aSocketPathThatCannotExistIsAUsageError() async {
        let bench = Bench()
        #expect(await bench.run("status", socket: "/" + String(repeating: "x", count: 107)) == .usage)
    }

    @Test func optionsWorkBeforeAndAfterTheCommand() throws {
        #expect(try BatchCtl.commandFirst(["-o", "json", "status", "w1"]) == ["status", "-o", "json", "w1"])
        #expect(try BatchCtl.commandFirst(["status", "-o", "json"]) == ["status", "-o", "json"])
    }

    @Test func interruptingExitsWith130() async {
        await #expect(processExitsWith: .exitCode(130)) {
            exitOnInterrupt()
            kill(getpid(), SIGINT)
            pause()
        }
    }
}

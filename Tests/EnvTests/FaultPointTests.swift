import Env
import Testing

@Suite struct FaultPointTests {
    @Test func anUnknownPointIsRefused() {
        for setting in [
            "nowhere", "", "input-synced:0", "input-synced:x", "input-synced:1:2", "input-synced:",
            "input-synced:1:stop:1",
            "input-synced::stop",
        ] {
            #expect(Faults(killingAt: setting) == nil)
        }
    }

    @Test func theProcessDiesAtTheNthPassing() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardOutputContent]
        ) {
            let faults = Faults(killingAt: "input-synced:3")!
            for passing in 1...5 {
                faults.hit(.inputRenamed)
                print("passed \(passing)")
                faults.hit(.inputSynced)
            }
        }
        #expect(result?.exitStatus == .signal(9))
    }

    @Test func otherPointsDoNothing() {
        let faults = Faults(killingAt: "input-synced:2")!
        for point in FaultPoint.allCases { faults.hit(point) }
        Faults.none.hit(.inputSynced)
    }
}

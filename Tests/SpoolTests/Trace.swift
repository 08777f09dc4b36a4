import Env
import Synchronization

/// Notes the fault points that are passed.
final class Trace: Sendable {
    private let passed = Mutex<[FaultPoint]>([])

    var faults: Faults {
        Faults { point in self.passed.withLock { $0.append(point) } }
    }

    var points: [FaultPoint] { passed.withLock { $0 } }
}

import Foundation
import Testing

/// The same targets as `make fuzz`, by seeded mutation, the same ones every time; and every find again.
@Suite(.serialized) struct SeededFuzzTests {
    /// Few, because they take turns with all other tests; `make fuzz` does the many.
    private static let rounds = 60

    @Test(arguments: FuzzTarget.allCases)
    func hostileBytesAreTakenByNobodyOrByBoth(target: FuzzTarget) async {
        // On a thread of its own: other tests wait for sockets, and need the few threads that tasks share.
        let findings: [String] = await withCheckedContinuation { done in
            Thread.detachNewThread { done.resume(returning: Self.findings(target)) }
        }
        #expect(findings == [])
    }

    private static func findings(_ target: FuzzTarget) -> [String] {
        let seeds = Corpus.seeds(of: target)
        var mutator = Mutator(seed: 20_260_930)
        var findings = seeds.isEmpty ? ["no seeds"] : []
        for seed in seeds {
            let mutants = (0..<max(3, rounds / seeds.count)).map { _ in mutator.mutated(seed, others: seeds) }
            for bytes in [seed] + mutants {
                guard let finding = target.finding(in: bytes) else { continue }
                let input = String(decoding: bytes.prefix(2000), as: UTF8.self).debugDescription
                findings.append("\(finding): \(input)")
            }
        }
        return findings
    }
}

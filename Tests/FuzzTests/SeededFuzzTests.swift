import Testing

/// The same targets as `make fuzz`, by seeded mutation, the same ones every time; and every find again.
@Suite(.serialized) struct SeededFuzzTests {
    /// Few, because they take turns with all other tests; `make fuzz` does the many.
    private static let rounds = 80

    @Test(arguments: FuzzTarget.allCases)
    func hostileBytesAreTakenByNobodyOrByBoth(target: FuzzTarget) async {
        let seeds = Corpus.seeds(of: target)
        #expect(!seeds.isEmpty)
        var mutator = Mutator(seed: 20_260_930)
        for seed in seeds {
            check(target, seed)
            for _ in 0..<max(4, Self.rounds / seeds.count) {
                check(target, mutator.mutated(seed, others: seeds))
                await Task.yield()
            }
        }
    }

    private func check(_ target: FuzzTarget, _ bytes: [UInt8]) {
        guard let finding = target.finding(in: bytes) else { return }
        Issue.record(
            "\(target): \(finding): \(String(decoding: bytes.prefix(2000), as: UTF8.self).debugDescription)")
    }
}

import BatchCore
import Env
import Testing

@Suite struct EntropyTests {
    @Test func aSeedRepeatsItself() {
        let (a, b, other) = (Entropy.seeded(7), Entropy.seeded(7), Entropy.seeded(8))
        let numbers = (0..<100).map { _ in a.next() }
        #expect(numbers == (0..<100).map { _ in b.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
        #expect(Set(numbers).count == 100)
    }

    @Test func copiesShareOneSource() {
        let a = Entropy.seeded(1)
        let b = a
        #expect(a.next() != b.next())
    }

    @Test(arguments: [Entropy.system, .seeded(0), .seeded(.max)])
    func aKeyIsARandomUUID(entropy: Entropy) throws {
        let keys = (0..<1000).map { _ in entropy.idempotencyKey().rawValue }
        #expect(Set(keys).count == 1000)
        let form = try Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        for key in keys { #expect(try form.wholeMatch(in: key) != nil) }
    }
}

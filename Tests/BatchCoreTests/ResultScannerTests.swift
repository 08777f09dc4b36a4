import BatchCore
import Foundation
import Testing

@Suite struct ResultScannerTests {
    @Test func aSuccessIsAnIdAndAStatus() throws {
        let line = try scan(
            #"{"id":"r1","status":200,"response":{"id":"cus_1","object":"customer","error":null}}"#)
        #expect(line == ResultLine(id: "r1", status: 200))
    }

    @Test func anErrorIsReadWithItsParts() throws {
        let line = try scan(
            #"{"response":{"error":{"type":"card_error","code":"card_declined","message":"No.","advice_code":"try_again_later","param":"x","charge":{"a":[1]}}},"status":402,"id":"r1"}"#
        )
        #expect(
            line
                == ResultLine(
                    id: "r1", status: 402,
                    error: RowError(
                        type: "card_error", code: "card_declined", message: "No.",
                        adviceCode: "try_again_later")))
    }

    @Test func whatIsUnknownIsPassedOver() throws {
        let line = try scan(
            #"{"attempt":3,"id":"r1","meta":{"id":"other","status":500},"status":200,"response":[{"error":{"code":"x"}}],"z":null}"#
        )
        #expect(line == ResultLine(id: "r1", status: 200))
    }

    @Test func anErrorThatIsNoObjectOrHasOddPartsIsStillNoCrash() throws {
        #expect(try scan(#"{"id":"r","status":400,"response":{"error":"x"}}"#).error == nil)
        #expect(try scan(#"{"id":"r","status":400,"response":null}"#).error == nil)
        #expect(try scan(#"{"id":"r","status":400,"response":{"error":{}}}"#).error == RowError())
        let odd = try scan(
            #"{"id":"r","status":400,"response":{"error":{"type":7,"code":null,"message":["m"]}}}"#)
        #expect(odd.error == RowError())
    }

    @Test func escapesAreDecoded() throws {
        let line = try scan(
            #"{"id":"\u0072\u002d1","status":400,"response":{"error":{"message":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀"}}}"#
        )
        #expect(line.id == "r-1")
        #expect(line.error?.message == "a\"\\/\u{8}\u{c}\n\r\té😀é😀")
    }

    @Test(arguments: [
        #"{"id":"a","id":"b","status":200}"#, #"{"id":"a","status":200,"status":500}"#,
        #"{"id":"a","response":{"error":{}},"status":400,"response":null}"#,
        #"{"id":"a","status":200,"\u0069d":"b"}"#, #"{"\u0069d":"a","status":200}"#,
    ])
    func aLineThatReadersReadDifferentlyIsNoResult(line: String) {
        #expect(throws: LineDefect.self) { _ = try scan(line) }
    }

    @Test(arguments: [
        #"{"status":200}"#, #"{"id":"r"}"#, #"{"id":7,"status":200}"#, #"{"id":null,"status":200}"#,
        #"{"id":["r"],"status":200}"#, #"{"id":"r","status":"200"}"#, #"{"id":"r","status":200.0}"#,
        #"{"id":"r","status":-1}"#, #"{"id":"r","status":1e2}"#, #"{"id":"r","status":99999999999999999999}"#,
        #"{"id":"r","status":0200}"#, #"{"id":"r","status":200"#, #"{"id":"r","status":200}}"#, "", "[]",
        "null",
        "\"r\"", #"{"id":"r","status":200,}"#, "\u{FEFF}{\"id\":\"r\",\"status\":200}",
    ])
    func whatNamesNoRowOrNoStatusIsNoResult(line: String) {
        #expect(throws: LineDefect.self) { _ = try scan(line) }
    }

    @Test func aLongMessageIsCutBetweenCharacters() throws {
        func message(_ text: String) throws -> String? {
            try scan(#"{"id":"r","status":400,"response":{"error":{"message":"\#(text)"}}}"#).error?.message
        }
        #expect(try message(String(repeating: "x", count: 5000)) == String(repeating: "x", count: 1000))
        for shift in 0..<8 {
            let head = String(repeating: "x", count: 990 + shift)
            let plain = try #require(try message(head + String(repeating: "é😀", count: 9)))
            #expect(!plain.contains("\u{FFFD}"), "cut at \(shift)")
            let escaped = try #require(try message(head + #"\u00e9\u00e9\u00e9\u00e9"#))
            #expect(escaped.allSatisfy { $0 == "x" || $0 == "é" }, "cut at \(shift)")
        }
    }

    private func scan(_ line: String) throws(LineDefect) -> ResultLine {
        try scanResult(Array(line.utf8))
    }
}

/// Scans a copy of exactly the line's size.
func scanResult(_ line: [UInt8]) throws(LineDefect) -> ResultLine {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: line.count)
    _ = copy.initialize(from: line)
    defer { copy.deallocate() }
    return try ResultScanner.scan(UnsafeBufferPointer(copy))
}

/// Good lines, broken at random: nothing traps, and nothing passes that is not JSON.
@Suite struct ScannerFuzzTests {
    private static let spice =
        Array(#"{}[]",:\u0eE+-.1 tfn"#.utf8) + [0, 9, 10, 13, 0x7F, 0x80, 0xC3, 0xED, 0xF0, 0xFF]

    private func mutate(_ line: inout [UInt8], using random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard !line.isEmpty else { return }
            let at = Int.random(in: 0..<line.count, using: &random)
            let byte =
                Bool.random(using: &random)
                ? Self.spice.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: line[at] = byte
            case 1: line.insert(byte, at: at)
            case 2: line.remove(at: at)
            case 3: line.removeSubrange(at...)
            case 4: line[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: line.insert(contentsOf: line[at..<min(line.count, at + 6)], at: at)
            }
        }
    }

    @Test(arguments: 1...4) func whatTheRowScannerAcceptsIsJSON(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<25_000 {
            var line = Array(GoodLines.updates.randomElement(using: &random)!.utf8)
            mutate(&line, using: &random)
            do throws(LineDefect) {
                let row = try scan(line)
                accepted += 1
                let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
                let id = object?["id"] as? String
                #expect(
                    id == String(decoding: line[row.id], as: UTF8.self),
                    "\(String(decoding: line, as: UTF8.self))")
            } catch {
                #expect(
                    (1...line.count + 1).contains(error.column),
                    "\(error) \(String(decoding: line, as: UTF8.self))")
            }
        }
        #expect(accepted > 1000)
    }

    @Test(arguments: 1...4) func theResultScannerSurvivesAnyLine(seed: UInt64) {
        let good = [
            #"{"id":"r1","status":200,"response":{"id":"cus_1","deep":{"a":[1,2,{"b":null}]}}}"#,
            #"{"id":"r1","status":402,"response":{"error":{"type":"card_error","code":"x","message":"\u00e9\ud83d\ude00 é😀","advice_code":"y"}}}"#,
        ]
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<25_000 {
            var line = Array(good.randomElement(using: &random)!.utf8)
            mutate(&line, using: &random)
            do throws(LineDefect) {
                let result = try scanResult(line)
                accepted += 1
                #expect(result.status >= 0)
            } catch {
                #expect((1...line.count + 1).contains(error.column))
            }
        }
        #expect(accepted > 1000)
    }
}

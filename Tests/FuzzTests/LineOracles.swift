import Foundation
import Spool

@testable import BatchCore

/// Lines of JSON, read by us and by Foundation, which share no source.
enum LineOracles {
    /// What Foundation makes of a line; nil when it refuses it.
    ///
    /// Lines hold no newline; Foundation guesses at encodings that we do not take, and drops a byte order mark
    /// that begins a string: all that is left out.
    static func foundation(_ line: [UInt8]) -> Any?? {
        if line.contains(where: { $0 == 0 || $0 == 0x0A }) { return nil }
        if line.first.map({ [0xFE, 0xFF].contains($0) }) ?? false { return nil }
        if line.contains([0xEF, 0xBB, 0xBF]) { return nil }
        return .some(try? JSONSerialization.jsonObject(with: Data(line), options: .fragmentsAllowed))
    }

    static func json(_ bytes: [UInt8]) -> String? {
        guard let theirs = foundation(bytes) else { return nil }
        let defect: LineDefect? = bytes.withUnsafeBufferPointer { line in
            do throws(LineDefect) {
                var scanner = JSONScanner(line, isStrict: true)
                scanner.skipSpace()
                try scanner.value()
                scanner.skipSpace()
                return scanner.at == line.count ? nil : scanner.defect("text after the end")
            } catch { return error }
        }
        if let defect, defect.column < 1 || defect.column > bytes.count + 1 {
            return "column \(defect.column)"
        }
        switch (defect, theirs) {
        case (nil, nil): return "we take what Foundation refuses"
        case (let defect?, .some):
            // Three limits of ours that are on purpose.
            let strict = ["nested deeper", "the number", "the key stands in this object twice"]
            if strict.contains(where: defect.reason.hasPrefix) { return nil }
            if isTrailingComma(bytes, before: defect.column - 1) { return nil }
            return "we refuse what Foundation takes: \(defect.reason) at \(defect.column)"
        default: return nil
        }
    }

    static func result(_ bytes: [UInt8]) -> String? {
        guard let theirs = foundation(bytes) else { return nil }
        let ours: ResultLine? = bytes.withUnsafeBufferPointer { try? ResultScanner.scan($0) }
        guard let ours else { return nil }
        guard let object = theirs as? [String: Any] else {
            // Foundation refuses numbers that no double holds; they say nothing about the row.
            return hasHugeNumber(bytes) ? nil : "we take what Foundation refuses"
        }
        guard sameText(ours.id, object["id"]) else { return "another id: \(ours.id)" }
        guard (object["status"] as? NSNumber)?.intValue == ours.status else { return "another status" }
        let error = (object["response"] as? [String: Any])?["error"] as? [String: Any]
        guard (error != nil) == (ours.error != nil) else { return "an error for one of us" }
        let members = [
            ("type", ours.error?.type), ("code", ours.error?.code), ("message", ours.error?.message),
            ("advice_code", ours.error?.adviceCode),
        ]
        for (name, text) in members {
            if let text, text.utf8.count > 1000 { return "a long \(name)" }
            let other = error?[name] as? String
            guard (text == nil) == (other == nil), text == nil || sameText(text ?? "", other) else {
                return "another \(name)"
            }
        }
        return nil
    }

    static func row(_ bytes: [UInt8]) -> String? {
        guard let theirs = foundation(bytes) else { return nil }
        for text in ["POST /v1/customers/:customer", "POST /v1/coupons", "DELETE /v1/a/:b/c/:d"] {
            guard let endpoint = Endpoint(text) else { return "no endpoint" }
            let scanner = RowScanner(endpoint: endpoint)
            let row: ScannedRow? = bytes.withUnsafeBufferPointer { try? scanner.scan($0) }
            guard let row else { continue }
            guard let object = theirs as? [String: Any] else { return "we take what Foundation refuses" }
            guard object["id"] as? String == String(decoding: bytes[row.id], as: UTF8.self) else {
                return "another id"
            }
            let names = (object["path_params"] as? [String: String])?.keys.sorted() ?? []
            guard names == endpoint.placeholders.sorted() else { return "other placeholders" }
            let traits = [(RowTraits.context, "context"), (.stripeVersion, "stripe_version")]
            for (trait, name) in traits where row.traits.contains(trait) != (object[name] != nil) {
                return "another \(name)"
            }
        }
        return nil
    }

    /// The first two bytes choose a limit and the sizes of the pieces; the others are the stream.
    static func lines(_ bytes: [UInt8]) -> String? {
        guard bytes.count > 2 else { return nil }
        let limit = Int(bytes[0] % 24)
        let stream = Array(bytes[2...])
        var generator = Mutator(seed: UInt64(bytes[1]))
        var expected: [String] = []
        var end = 0
        let parts = stream.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() where index < parts.count - 1 || !part.isEmpty {
            end = min(end + part.count + 1, stream.count)
            expected.append(part.count > limit ? "\(part.count) bytes to \(end)" : "\(Array(part)) to \(end)")
        }
        var splitter = LineSplitter(limit: limit)
        var found: [String] = []
        var rest = stream[...]
        func note(_ line: LineSplitter.Line, _ end: Int64) {
            switch line {
            case .whole(let bytes): found.append("\(Array(bytes)) to \(end)")
            case .tooLong(let count): found.append("\(count) bytes to \(end)")
            }
        }
        while !rest.isEmpty {
            let piece = rest.prefix(Int(generator.below(9)))
            piece.withUnsafeBytes { splitter.feed($0, note) }
            rest = rest.dropFirst(piece.count)
        }
        splitter.finish(note)
        return found == expected ? nil : "\(found) instead of \(expected)"
    }

    static func time(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self), let moment = Timestamp(rfc3339: text)
        else {
            return nil
        }
        guard moment.rfc3339.utf8.count == 24, Timestamp(rfc3339: moment.rfc3339) == moment else {
            return "\(text) became \(moment.rfc3339)"
        }
        return nil
    }

    /// Ours may be the start of theirs, cut at 1,000 bytes of the escaped text.
    private static func sameText(_ ours: String, _ theirs: Any?) -> Bool {
        guard let theirs = (theirs as? String)?.unicodeScalars else { return false }
        var mine = ours.unicodeScalars
        if mine.elementsEqual(theirs) { return true }
        // Six bytes of an escape make one; a cut within a pair of escapes leaves half a character.
        if mine.last == "\u{FFFD}" { mine.removeLast() }
        return ours.utf8.count > 150 && theirs.starts(with: mine)
    }

    /// Foundation takes `[1, ]`; RFC 8259 does not.
    private static func isTrailingComma(_ bytes: [UInt8], before end: Int) -> Bool {
        guard end < bytes.count, [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(bytes[end]) else {
            return false
        }
        return bytes[..<end].last { ![0x20, 0x09, 0x0D].contains($0) } == UInt8(ascii: ",")
    }

    static func hasHugeNumber(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains(/[eE]\+?[0-9]{2,}|[0-9]{60,}/)
    }
}

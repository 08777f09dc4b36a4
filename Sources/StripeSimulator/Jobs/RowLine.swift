import Foundation

/// One line of an input file, read by the rules of the batch API.
struct RowLine: Equatable, Sendable {
    let id: String
    /// Values of the placeholders, in the order of the path.
    let pathParams: [String]
    /// Names and raw JSON of the call's parameters, in their order.
    let params: [Param]
    let context: String?

    /// Why a line can't be a row.
    ///
    /// It fails the file in validation, and the row without it.
    struct Defect: Error, Equatable {
        /// The row's id, where one could be read.
        var id: String?
        var code: String
        var message: String
        var param: String?
    }

    /// Reads the line that `bytes` holds, without its line end.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, placeholders: [String]) throws(Defect) -> RowLine {
        guard let base = bytes.baseAddress, bytes.count > 0 else { throw invalidJSON("the line is empty") }
        guard isUTF8(bytes) else { throw invalidJSON("not UTF-8") }
        let members: [JSONScanner.Member]
        do {
            members = try JSONScanner.members(of: base, in: 0..<bytes.count)
        } catch {
            throw invalidJSON("at byte \(error.offset + 1)")
        }
        let source = Source(bytes: bytes)
        let fields = try Fields(members, in: source)
        let id = try source.id(fields.id)
        do throws(Defect) {
            if let unknown = fields.unknown {
                throw Defect(
                    code: "parameter_unknown", message: "Received unknown field: \(unknown).", param: unknown)
            }
            try source.checkVersion(fields.version)
            return RowLine(
                id: id, pathParams: try source.pathParams(fields.pathParams, placeholders: placeholders),
                params: try source.params(fields.params),
                context: try source.optionalString(fields.context, name: "context"))
        } catch {
            var defect = error
            defect.id = id
            throw defect
        }
    }

    /// `A-Z`, `a-z`, `0-9`, `_` and `-`, at least one.
    static func isValidID(_ id: String) -> Bool {
        var id = id
        return id.withUTF8 { bytes in
            guard let base = bytes.baseAddress, bytes.count > 0 else { return false }
            var index = 0
            while index < bytes.count {
                switch base[index] {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: index += 1
                default: return false
                }
            }
            return true
        }
    }

    /// Plain ASCII, as nearly every row is, needs no closer look.
    private static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var all = 0 as UInt8
        for byte in bytes { all |= byte }
        return all < 0x80 || String(validating: bytes, as: UTF8.self) != nil
    }

    fileprivate static func invalidJSON(_ why: String) -> Defect {
        Defect(code: "invalid_json", message: "The row isn't valid JSON (\(why)).")
    }
}

/// The fields of a row, where they stand.
private struct Fields {
    var id: JSONScanner.Member?
    var pathParams: JSONScanner.Member?
    var params: JSONScanner.Member?
    var context: JSONScanner.Member?
    var version: JSONScanner.Member?
    /// A field that no row has.
    var unknown: String?

    init(_ members: [JSONScanner.Member], in source: Source) throws(RowLine.Defect) {
        for member in members {
            let name = try source.text(member.key)
            switch name {
            case "id": id = member
            case "path_params": pathParams = member
            case "params": params = member
            case "context": context = member
            case "stripe_version": version = member
            default: unknown = unknown ?? name
            }
        }
    }
}

/// Decodes single values out of one line.
private struct Source {
    let bytes: UnsafeBufferPointer<UInt8>

    func raw(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    }

    /// The text between two quotes.
    func text(_ range: Range<Int>) throws(RowLine.Defect) -> String {
        let plain = raw(range)
        guard range.count > 0, memchr(bytes.baseAddress! + range.lowerBound, 0x5C, range.count) != nil else {
            return plain
        }
        let quoted = "\"" + plain + "\""
        guard let text = JSONValue(parsing: quoted.utf8)?.string else {
            throw RowLine.invalidJSON("bad escape in a string")
        }
        return text
    }

    func string(_ member: JSONScanner.Member) throws(RowLine.Defect) -> String? {
        guard member.kind == .string else { return nil }
        return try text(member.value.lowerBound + 1..<member.value.upperBound - 1)
    }

    func id(_ member: JSONScanner.Member?) throws(RowLine.Defect) -> String {
        guard let member else {
            throw RowLine.Defect(code: "parameter_missing", message: "The row has no id.", param: "id")
        }
        guard let id = try string(member), RowLine.isValidID(id) else {
            throw RowLine.Defect(
                code: "parameter_invalid", message: "The row's id must match ^[A-Za-z0-9_-]+$.", param: "id")
        }
        return id
    }

    func optionalString(_ member: JSONScanner.Member?, name: String) throws(RowLine.Defect) -> String? {
        guard let member, member.kind != .null else { return nil }
        guard let value = try string(member) else {
            throw RowLine.Defect(
                code: "parameter_invalid", message: "\(name) must be a string.", param: name)
        }
        return value
    }

    /// `2026-09-30.preview`, or a date alone as older versions are.
    func checkVersion(_ member: JSONScanner.Member?) throws(RowLine.Defect) {
        guard let text = try optionalString(member, name: "stripe_version") else { return }
        let (date, rest) = (text.utf8.prefix(10), text.utf8.dropFirst(10))
        let isDate =
            date.count == 10
            && date.enumerated().allSatisfy { index, byte in
                index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte)
            }
        let hasName = rest.first == UInt8(ascii: ".") && rest.count > 1
        guard isDate, rest.isEmpty || hasName else {
            throw RowLine.Defect(
                code: "parameter_invalid",
                message: "stripe_version is a date, as in 2026-09-30.preview.", param: "stripe_version")
        }
    }

    func pathParams(
        _ member: JSONScanner.Member?, placeholders: [String]
    ) throws(RowLine.Defect) -> [String] {
        var values = [String](repeating: "", count: placeholders.count)
        var isExpected = true
        for entry in try members(member, name: "path_params") {
            guard let value = try string(entry), !value.isEmpty else {
                throw RowLine.Defect(
                    code: "parameter_invalid", message: "path_params holds strings.", param: "path_params")
            }
            if let place = placeholders.firstIndex(of: try text(entry.key)) {
                values[place] = value
            } else {
                isExpected = false
            }
        }
        guard isExpected, values.allSatisfy({ !$0.isEmpty }) else {
            let expected = placeholders.isEmpty ? "none" : placeholders.joined(separator: ", ")
            throw RowLine.Defect(
                code: "parameter_invalid",
                message: "path_params must match the placeholders of the endpoint exactly (\(expected)).",
                param: "path_params")
        }
        return values
    }

    func params(_ member: JSONScanner.Member?) throws(RowLine.Defect) -> [RowLine.Param] {
        let entries = try members(member, name: "params")
        var params: [RowLine.Param] = []
        params.reserveCapacity(entries.count)
        for entry in entries {
            params.append(RowLine.Param(name: try text(entry.key), json: raw(entry.value)))
        }
        return params
    }

    private func members(
        _ member: JSONScanner.Member?, name: String
    ) throws(RowLine.Defect) -> [JSONScanner.Member] {
        guard let member, member.kind != .null else { return [] }
        guard member.kind == .object, let base = bytes.baseAddress else {
            throw RowLine.Defect(
                code: "parameter_invalid", message: "\(name) must be an object.", param: name)
        }
        do {
            return try JSONScanner.members(of: base, in: member.value)
        } catch {
            throw RowLine.invalidJSON("at byte \(error.offset + 1)")
        }
    }
}

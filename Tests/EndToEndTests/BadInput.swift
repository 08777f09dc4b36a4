/// Input that must be refused, each for its own reason.
enum BadInput: CaseIterable {
    case notUTF8, notJSON, byteOrderMark, carriageReturn, hugeLine, idTwice, spaceInID, missingPathParam
    case extraPathParam, empty, halfALine

    private static let good = #"{"id":"a","path_params":{"customer":"c"}}"#

    /// What is submitted.
    var bytes: [UInt8] {
        switch self {
        case .notUTF8:
            Array(#"{"id":"a","path_params":{"customer":"c"},"params":{"name":""#.utf8) + [0xFF]
                + Array("\"}}\n".utf8)
        case .notJSON: Array("name,email\n".utf8)
        case .byteOrderMark: [0xEF, 0xBB, 0xBF] + Array("\(Self.good)\n".utf8)
        case .carriageReturn: Array("\(Self.good)\r\n".utf8)
        case .hugeLine: [UInt8](repeating: UInt8(ascii: "x"), count: 20_000_000) + [UInt8(ascii: "\n")]
        case .idTwice: Array("\(Self.good)\n\(Self.good)\n".utf8)
        case .spaceInID: Array("{\"id\":\"a b\",\"path_params\":{\"customer\":\"c\"}}\n".utf8)
        case .missingPathParam: Array("{\"id\":\"a\"}\n".utf8)
        case .extraPathParam: Array(#"{"id":"a","path_params":{"customer":"c","x":"y"}}"#.utf8) + [10]
        case .empty: []
        case .halfALine: Array("\(Self.good)\n{\"id\":\"b\",\"path_par".utf8)
        }
    }

    /// A part of what the operator must read.
    var complaint: String {
        switch self {
        case .notUTF8: ":1:60: not UTF-8"
        case .notJSON: ":1:1: expected a JSON object"
        case .byteOrderMark: ":1:1: a byte order mark"
        case .carriageReturn: "CR LF"
        case .hugeLine: "20000000 bytes"
        case .idTwice: "the id stands in line 1 already"
        case .spaceInID: ":1:9: "
        case .missingPathParam: "\"path_params\" is missing"
        case .extraPathParam: "a key too many"
        case .empty: "no row"
        case .halfALine: ":2:"
        }
    }
}

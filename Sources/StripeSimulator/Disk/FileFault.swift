import Foundation

/// The system refused a file operation.
struct FileFault: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(path): \(String(cString: strerror(code)))" }

    /// Passes a valid descriptor on, and turns -1 into the reason.
    static func check(_ result: Int32, _ path: String) throws(FileFault) -> Int32 {
        guard result >= 0 else { throw FileFault(path: path, code: errno) }
        return result
    }
}

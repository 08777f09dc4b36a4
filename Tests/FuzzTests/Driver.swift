import Foundation

/// The fuzzer that `make fuzz` builds: `fuzz TARGET [options and folders of libFuzzer]`.
///
/// `fuzz --seeds TARGET FOLDER` writes what a target begins with, and a `dictionary` beside it.
@main
enum Driver {
    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "--list" {
            return print(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))
        }
        let seeds = arguments.count == 4 && arguments[1] == "--seeds"
        guard arguments.count > 1, let target = FuzzTarget(rawValue: arguments[seeds ? 2 : 1]) else {
            fatalError("which target? \(FuzzTarget.allCases)")
        }
        if seeds {
            try Corpus.dictionary.write(
                toFile: "\(arguments[3])/../dictionary", atomically: true, encoding: .utf8)
            for (number, seed) in Corpus.seeds(of: target).enumerated() {
                try Data(seed).write(to: URL(filePath: "\(arguments[3])/seed-\(number)"))
            }
            return
        }
        setenv("FUZZ_TARGET", target.rawValue, 1)
        var count = CommandLine.argc - 1
        var values = CommandLine.unsafeArgv + 1
        exit(runFuzzer(&count, &values, fuzzOne))
    }
}

private let chosen = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap(FuzzTarget.init(rawValue:))

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    if let finding = chosen?.finding(in: Array(UnsafeBufferPointer(start: bytes, count: count))) {
        fatalError(finding)
    }
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<Int32>,
    _ values: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ one: @convention(c) (UnsafePointer<UInt8>, Int) -> Int32
) -> Int32

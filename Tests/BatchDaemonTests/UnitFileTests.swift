import Foundation
import Testing

private let analyzer = "/usr/bin/systemd-analyze"
private let hasAnalyzer = FileManager.default.isExecutableFile(atPath: analyzer)

@Suite(.enabled(if: hasAnalyzer)) struct UnitFileTests {
    private static func unit(_ name: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try String(contentsOfFile: "/\(root)/systemd/\(name)", encoding: .utf8)
    }

    /// Neither program nor manual is installed here, and what is missing is an error of its own.
    private static func copies(in folder: TemporaryFolder) throws -> [String] {
        try ["batchd.service", "batchd.socket"].map { name in
            let text = try unit(name).replacing("/usr/bin/batchd", with: "/bin/true")
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return try folder.write(
                name, lines.filter { !$0.hasPrefix("Documentation=") }.joined(separator: "\n"), mode: 0o644)
        }
    }

    private func analyze(_ arguments: String...) async throws -> (status: Int32, text: String) {
        try await blocking {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: analyzer)
            process.arguments = arguments
            let pipe = Pipe()
            process.standardError = pipe
            process.standardOutput = pipe
            try process.run()
            let text = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: text, as: UTF8.self))
        }
    }

    @Test func systemdAcceptsTheUnits() async throws {
        let folder = try TemporaryFolder()
        let units = try Self.copies(in: folder)
        let (status, complaints) = try await analyze("verify", units[0], units[1])
        #expect(status == 0, "\(complaints)")
        #expect(!complaints.contains("batchd."), "\(complaints)")
        withExtendedLifetime(folder) {}
    }

    @Test func theExposureIsLow() async throws {
        let folder = try TemporaryFolder()
        let units = try Self.copies(in: folder)
        // In tenths.
        let (status, text) = try await analyze("security", "--offline=true", "--threshold=15", units[0])
        #expect(status == 0, "\(text)")
        withExtendedLifetime(folder) {}
    }

    @Test func theSocketIsTheOneThatTheDaemonAdoptsAndThatBatchctlLooksFor() throws {
        let unit = try Self.unit("batchd.socket")
        #expect(unit.contains("\nFileDescriptorName=control\n"))
        #expect(unit.contains("\nListenStream=/run/batchd/batchd.sock\n"))
    }
}

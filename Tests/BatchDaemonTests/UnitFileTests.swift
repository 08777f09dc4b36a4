import Foundation
import Testing

private let analyzer = "/usr/bin/systemd-analyze"

@Suite struct UnitFileTests {
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: analyzer)))
    func systemdAcceptsTheUnit() async throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let unit = try String(contentsOfFile: "/\(root)/systemd/batchd.service", encoding: .utf8)
        let folder = try TemporaryFolder()
        // The program is not installed here, and a missing one is an error of its own.
        let copy = try folder.write(
            "batchd.service", unit.replacing("/usr/bin/batchd", with: "/bin/true"), mode: 0o644)
        let (status, complaints) = try await blocking {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: analyzer)
            process.arguments = ["verify", copy]
            let pipe = Pipe()
            process.standardError = pipe
            try process.run()
            let complaints = try pipe.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: complaints, as: UTF8.self))
        }
        #expect(status == 0, "\(complaints)")
        #expect(!complaints.contains("batchd.service"))
        withExtendedLifetime(folder) {}
    }
}

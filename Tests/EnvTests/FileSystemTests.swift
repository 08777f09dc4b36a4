import Env
import Glibc
import Testing

@Suite struct FileSystemTests {
    @Test func foldersAreOursAlone() throws {
        let root = freshFolder()
        try FileSystem.makeFolders("\(root)/a/b/c")
        try FileSystem.makeFolders("\(root)/a/b/c")
        for path in ["a", "a/b", "a/b/c"] {
            var facts = stat()
            #expect(stat("\(root)/\(path)", &facts) == 0)
            #expect(facts.st_mode & 0o777 == 0o700)
        }
    }

    @Test func aMissingFileIsAFaultThatSaysSo() throws {
        let fault = try #require(throws: FileFault.self) { _ = try OpenFile("/nonexistent/x", .read) }
        #expect(fault.isMissing)
        #expect("\(fault)" == "open /nonexistent/x: No such file or directory")
    }

    @Test func removingTwiceIsHarmless() throws {
        let root = freshFolder()
        _ = try OpenFile("\(root)/x", .create)
        #expect(try FileSystem.removeFile("\(root)/x"))
        #expect(try !FileSystem.removeFile("\(root)/x"))
        try FileSystem.removeFolder("\(root)")
        try FileSystem.removeFolder("\(root)")
    }

    @Test func aFullDiskIsAFault() throws {
        let file = try OpenFile("/dev/full", .update)
        let fault = #expect(throws: FileFault.self) {
            try [UInt8](repeating: 1, count: 10).withUnsafeBytes { try file.write($0) }
        }
        #expect(fault?.isOutOfSpace == true)
    }

    @Test func freeSpaceIsKnown() throws {
        #expect(try FileSystem.available(at: "/tmp") > 0)
        #expect(throws: FileFault.self) { _ = try FileSystem.available(at: "/nonexistent") }
    }
}

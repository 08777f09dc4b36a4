import BatchCore
import Env
import StripeBatch
import Testing

@Suite struct UploadTests {
    private static let odd =
        "/files/upload/a%2Fb%7e~x//y;p=1/?X-Sig=a%2Fb%3D+c&empty=&flag&q='(1)*!,$@:/?&utf=%C3%A9&lower=%2f"

    @Test(arguments: ["200 OK", "201 Created", "204 No Content"])
    func aFileGoesOutAsItIs(status: String) async throws {
        let bytes = someBytes(1_500_000)
        try await withWire({ _, _ in .answer(status, "") }) { server, client in
            let url = SecretURL(server.base + Self.odd)
            let result = try await client.upload(
                pieces(of: bytes), to: url, within: .seconds(60))
            #expect(result.failure == nil)
            let request = try #require(server.requests.first)
            #expect(request.line == "PUT \(Self.odd) HTTP/1.1")
            #expect(request.body == bytes)
            #expect(request.headers["content-type"] == "application/octet-stream")
            #expect(request.headers["content-length"] == "\(bytes.count)")
            // Nothing else: a presigned URL signs the headers that are sent with it.
            #expect(Set(request.headers.keys) == ["host", "content-type", "content-length"])
        }
    }

    @Test func aRefusalNamesTheStoresCodeOnly() async throws {
        let bytes = someBytes(100)
        let xml = "<?xml?><Error><Code>AccessDenied</Code><StringToSign>secret</StringToSign></Error>"
        try await withWire({ number, _ in
            .answer("403 Forbidden", number == 0 ? xml : "<Code>not a code</Code>")
        }) { server, client in
            let url = SecretURL(server.base + "/u")
            for code in ["AccessDenied", nil] {
                let result = try await client.upload(
                    pieces(of: bytes), to: url, within: .seconds(60))
                #expect(result.failure == .refused(status: 403, code: code, message: nil))
            }
        }
    }

    @Test func aCutIsUnansweredAndNeverTriedAgain() async throws {
        let bytes = someBytes(3_000_000)
        let replies: [Reply] = [
            .cut(bodyBytes: 500_000), .cut(bodyBytes: bytes.count), .answer("500 Internal Server Error", ""),
            .answer("307 Temporary Redirect", headers: ["Location: /elsewhere"], ""),
        ]
        try await withWire({ number, _ in replies[number] }) { server, client in
            for number in replies.indices {
                let result = try await client.upload(
                    pieces(of: bytes), to: SecretURL(server.base + "/u"),
                    within: .seconds(60))
                #expect(result.isUnanswered, "\(number): \(result)")
                #expect(server.requests.count == number + 1)
            }
        }
    }

    /// Far more than the kernel's buffers hold, so that most of it is still to be sent.
    @Test func successBeforeTheEndIsNone() async throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let many = OutgoingPieces(bytes: 200 << 20, name: "zeros") { zeros }
        let early = Reply.early(Reply.head("200 OK", ["Content-Length: 0"]))
        try await withWire({ _, _ in early }) { server, client in
            let result = try await client.upload(
                many, to: SecretURL(server.base + "/u"), within: .seconds(60))
            #expect(result.isUnanswered, "\(result)")
        }
    }

    @Test func theDeadlineEndsIt() async throws {
        let bytes = someBytes(100)
        try await withWire({ _, _ in .silence }) { server, client in
            let result = try await client.upload(
                pieces(of: bytes), to: SecretURL(server.base + "/u"),
                within: .milliseconds(300))
            #expect(result.isUnanswered)
        }
    }

    @Test func noServerMeansNotSent() async throws {
        let bytes = someBytes(100)
        try await withClient("http://127.0.0.1:1") { client in
            let result = try await client.upload(
                pieces(of: bytes), to: SecretURL("http://127.0.0.1:1/u"),
                within: .seconds(5))
            #expect(result.wasNotSent)
        }
    }

    @Test func aURLThatWouldChangeIsNotSent() async throws {
        let bytes = someBytes(100)
        try await withWire({ _, _ in .answer("200 OK", "") }) { server, client in
            for tail in ["/a|b", "/a b", "/a\"b", "/\u{e9}", "/a%zz", "/x?a|b", "/x?{}", "/x#f"] {
                let result = try await client.upload(
                    pieces(of: bytes), to: SecretURL(server.base + tail),
                    within: .seconds(5))
                if result.failure == nil {
                    #expect(server.requests.last?.line == "PUT \(tail) HTTP/1.1")
                } else {
                    #expect(result.wasNotSent, "\(tail): \(result)")
                    #expect(!"\(result)".contains(tail))
                }
            }
        }
    }

    @Test(arguments: [0, 99, 101]) func aFileOfAnotherSizeIsALocalFault(size: Int) async throws {
        try await withWire({ _, _ in .answer("200 OK", "") }) { server, client in
            let url = SecretURL(server.base + "/u")
            let other = pieces(of: someBytes(size), stating: 100)
            await #expect(throws: FileFault.self) {
                _ = try await client.upload(other, to: url, within: .seconds(5))
            }
        }
    }

    @Test func aFileThatCannotBeReadIsALocalFault() async throws {
        let fault = FileFault(errno: 5, operation: "read", path: "b1")
        try await withWire({ _, _ in .answer("200 OK", "") }) { server, client in
            _ = await #expect(throws: fault) {
                let broken = OutgoingPieces(bytes: 100, name: "b1") { throw fault }
                _ = try await client.upload(broken, to: SecretURL(server.base + "/u"), within: .seconds(5))
            }
        }
    }
}

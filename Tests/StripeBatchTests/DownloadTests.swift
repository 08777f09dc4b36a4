import BatchCore
import Env
import StripeBatch
import Testing

@Suite struct DownloadTests {
    private let bytes = someBytes(1_000_000)

    /// What arrived, and how it ended.
    private func download(
        from offset: Int64, _ reply: @escaping @Sendable (Int, SeenRequest) -> Reply
    ) async throws -> (result: Result<DownloadEnd, CallFailure>, got: [UInt8], request: SeenRequest?) {
        try await withWire(reply) { server, client in
            var got: [UInt8] = []
            let result = try await client.download(SecretURL(server.base + "/d?s=%2F"), from: offset) {
                got.append(contentsOf: $0)
            }
            return (result, got, server.requests.first)
        }
    }

    @Test func aWholeFileComesWithoutARange() async throws {
        let bytes = bytes
        let (result, got, request) = try await download(from: 0) { _, _ in .answer("200 OK", bytes) }
        #expect(result == .success(.complete(end: 1_000_000)))
        #expect(got == bytes)
        #expect(request?.line == "GET /d?s=%2F HTTP/1.1")
        #expect(Set(request?.headers.keys ?? [:].keys) == ["host"])
    }

    @Test(arguments: [1, 999_999, 400_000])
    func aRangeIsTheRest(offset: Int) async throws {
        let bytes = bytes
        let (result, got, request) = try await download(from: Int64(offset)) { _, _ in
            .answer(
                "206 Partial Content", headers: ["Content-Range: bytes \(offset)-999999/1000000"],
                Array(bytes[offset...]))
        }
        #expect(result == .success(.complete(end: 1_000_000)))
        #expect(got == Array(bytes[offset...]))
        #expect(request?.headers["range"] == "bytes=\(offset)-")
    }

    @Test(arguments: [1, 999_999, 400_000, 1_000_000])
    func aServerWithoutRangesIsSkippedThrough(offset: Int) async throws {
        let bytes = bytes
        let (result, got, _) = try await download(from: Int64(offset)) { _, _ in .answer("200 OK", bytes) }
        #expect(result == .success(.complete(end: 1_000_000)))
        #expect(got == Array(bytes[offset...]))
    }

    @Test func aRangeThatStartsEarlierIsSkippedThrough() async throws {
        let bytes = bytes
        let (result, got, _) = try await download(from: 500) { _, _ in
            .answer(
                "206 Partial Content", headers: ["Content-Range: bytes 100-999999/1000000"],
                Array(bytes[100...]))
        }
        #expect(result == .success(.complete(end: 1_000_000)))
        #expect(got == Array(bytes[500...]))
    }

    @Test func anotherRangeIsNoAnswer() async throws {
        for headers in [["Content-Range: bytes 600-999/1000"], ["Content-Range: x"], []] {
            let (result, got, _) = try await download(from: 500) { _, _ in
                .answer("206 Partial Content", headers: headers, "rubbish")
            }
            #expect(result.isUnanswered)
            #expect(got.isEmpty)
        }
    }

    @Test func aRangeThatEndsEarlyIsNoEnd() async throws {
        let bytes = bytes
        let (result, got, _) = try await download(from: 10) { _, _ in
            .answer(
                "206 Partial Content", headers: ["Content-Range: bytes 10-19/1000000"], Array(bytes[10..<20]))
        }
        #expect(result.isUnanswered)
        #expect(got == Array(bytes[10..<20]))
    }

    @Test func behindTheEndThereIsNothing() async throws {
        let whole = try await download(from: 1000) { _, _ in
            .answer("416 Range Not Satisfiable", headers: ["Content-Range: bytes */1000"], "no")
        }
        #expect(whole.result == .success(.complete(end: 1000)))
        for headers in [["Content-Range: bytes */999"], []] {
            let (result, got, _) = try await download(from: 1000) { _, _ in
                .answer("416 Range Not Satisfiable", headers: headers, "no")
            }
            #expect(result == .success(.offsetBeyondEnd))
            #expect(got.isEmpty)
        }
        let (result, got, _) = try await download(from: 1000) { _, _ in .answer("200 OK", "short") }
        #expect(result == .success(.offsetBeyondEnd))
        #expect(got.isEmpty)
    }

    @Test(arguments: ["403 Forbidden", "404 Not Found", "410 Gone"])
    func anExpiredURLIsToldApart(status: String) async throws {
        let (result, got, _) = try await download(from: 0) { _, _ in .answer(status, "<Error/>") }
        #expect(result == .success(.expired))
        #expect(got.isEmpty)
    }

    @Test func otherAnswersAreFailures() async throws {
        let failures: [(String, CallFailure)] = [
            ("429 Too Many Requests", .refused(status: 429, code: nil, message: nil)),
            ("500 Internal Server Error", .unanswered(reason: "HTTP 500 to the download")),
            ("302 Found", .unanswered(reason: "HTTP 302 to the download")),
        ]
        for (status, failure) in failures {
            let (result, got, _) = try await download(from: 0) { _, _ in
                .answer(status, headers: ["Location: /elsewhere"], "<html>")
            }
            #expect(result == .failure(failure))
            #expect(got.isEmpty)
        }
        let (result, got, _) = try await download(from: 0) { _, _ in
            .answer("200 OK", headers: ["Content-Encoding: gzip"], "zzz")
        }
        #expect(result.isUnanswered)
        #expect(got.isEmpty)
    }

    /// Cut after cut, each next call goes on where the last one ended.
    @Test func cutsAddUpToTheFile() async throws {
        let bytes = bytes
        try await withWire({ number, request in
            let start = request.headers["range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            let head = Reply.head(
                start == 0 ? "200 OK" : "206 Partial Content",
                [
                    "Content-Length: \(bytes.count - start)",
                    "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)",
                ])
            let end = number < 5 ? min(start + 123_457, bytes.count) : bytes.count
            return .bytesThenClose(head + bytes[start..<end])
        }) { server, client in
            var got: [UInt8] = []
            var cuts = 0
            while true {
                let result = try await client.download(SecretURL(server.base + "/d"), from: Int64(got.count))
                {
                    got.append(contentsOf: $0)
                }
                if result == .success(.complete(end: Int64(bytes.count))) { break }
                #expect(result.isUnanswered)
                cuts += 1
                try #require(cuts < 10)
            }
            #expect(cuts == 5)
            #expect(got == bytes)
        }
    }

    @Test func aCutBeforeTheHeadIsUnanswered() async throws {
        let (result, got, _) = try await download(from: 0) { _, _ in .cut(bodyBytes: 0) }
        #expect(result.isUnanswered)
        #expect(got.isEmpty)
    }

    @Test func theConsumersErrorIsItsOwn() async throws {
        struct DiskFull: Error {}
        let bytes = bytes
        try await withWire({ _, _ in .answer("200 OK", bytes) }) { server, client in
            _ = await #expect(throws: DiskFull.self) {
                _ = try await client.download(SecretURL(server.base + "/d"), from: 0) { _ in throw DiskFull()
                }
            }
        }
    }
}

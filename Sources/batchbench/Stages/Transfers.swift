import BatchCore
import CYardstick
import Env
import Spool
import StripeBatch
import Subprocess

/// Files over the wire: the daemon's client beside curl, with a server that costs both the same.
enum Transfer {
    /// Serves `file` until it is killed; says its port in the file `announcement`.
    static func serve(_ file: String, announcement: String) throws {
        var port: Int32 = 0
        let listener = yardstick_listen(&port)
        guard listener >= 0 else { throw BenchFault("no port is free") }
        let partial = try OpenFile(announcement + ".partial", .create)
        let text = Array("\(port)".utf8)
        try text.withUnsafeBytes { try partial.write($0) }
        try FileSystem.rename(announcement + ".partial", to: announcement)
        yardstick_serve(listener, file)
    }

    /// Sends the input and fetches the results by the daemon's client; what comes is dropped.
    static func client(_ data: TestData, server: String) async throws -> [Sample] {
        let wire = HTTPTransport()
        let account = StripeAccount(
            name: "main", baseURL: server, apiVersion: "2026-09-30.preview", key: APIKey("sk_test_bench"))
        let client = StripeClient(account: account, transport: wire)
        let spool = try Spool(folder: "\(data.folder)/spool")
        let size = try fill(spool, from: data.input)
        let spooled = try spool.reader(of: BatchID(1))
        var watch = Stopwatch()
        let sent = try await client.upload(
            OutgoingPieces(bytes: size, name: data.input, next: spooled.next),
            to: SecretURL("\(server)/input"), within: .minutes(5))
        let upload = watch.read("upload\(suffix(server))", "batchd", rows: data.rows, bytes: size)
        guard case .success = sent else { throw BenchFault("the upload ended as \(sent)") }
        watch = Stopwatch()
        var bytes: Int64 = 0
        let end = try await client.download(SecretURL("\(server)/results"), from: 0) {
            bytes += Int64($0.count)
        }
        let download = watch.read("download\(suffix(server))", "batchd", rows: data.rows, bytes: bytes)
        guard case .success(.complete(end: bytes)) = end else {
            throw BenchFault("the download ended as \(end)")
        }
        try await wire.shutdown()
        try spool.remove(BatchID(1))
        return [upload, download]
    }

    /// Puts a file where the daemon sends it from; returns its size.
    private static func fill(_ spool: Spool, from path: String) throws -> Int64 {
        var writer = try spool.writer(for: BatchID(1))
        let file = try OpenFile(path, .read)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = try file.read(into: piece)
            if count == 0 { return try writer.finish().bytes }
            try writer.append(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }

    /// The same, by curl. `certificate` is the server's own, for HTTPS.
    static func curl(_ data: TestData, server: String, certificate: String? = nil) async throws -> [Sample] {
        let upload = Sample(
            stage: "upload\(suffix(server))", contestant: "curl", rows: data.rows,
            bytes: try OpenFile(data.input, .read).size())
        let download = Sample(
            stage: "download\(suffix(server))", contestant: "curl", rows: data.rows,
            bytes: try OpenFile(data.results, .read).size())
        let options = ["-sS", "-o", "/dev/null"] + (certificate.map { ["--cacert", $0] } ?? [])
        return [
            try await Child.measure("curl", options + ["-T", data.input, "\(server)/input"], as: upload),
            try await Child.measure("curl", options + ["\(server)/results"], as: download),
        ]
    }

    private static func suffix(_ server: String) -> String { server.hasPrefix("https:") ? ", HTTPS" : "" }

    /// Makes a certificate for localhost that only this run trusts; false where there is no `openssl`.
    static func makeCertificate(_ certificate: String, key: String) async throws -> Bool {
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
            ], output: .discarded, error: .discarded)
        return result.terminationStatus.isSuccess
    }

    /// A command that runs another one where `certificate` is the only one that is trusted: in a mount namespace of
    /// its own, because the daemon trusts what the system trusts and nothing else.
    static func trusting(_ certificate: String) -> [String] {
        let bundle = "/etc/ssl/certs/ca-certificates.crt"
        return [
            "unshare", "--map-root-user", "--mount", "sh", "-c",
            #"mount --bind "$0" \#(bundle) && exec "$@""#, certificate,
        ]
    }
}

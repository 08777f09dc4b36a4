package import BatchCore
package import Env

/// How a download ended, when the server had something to say.
package enum DownloadEnd: Hashable, Sendable {
    /// Everything up to the end has been handed over. `end` is the size of the whole file in bytes.
    case complete(end: Int64)
    /// The URL is not valid any more (403, 404, 410): retrieve the job for a new one.
    case expired
    /// The file is shorter than the offset: what was kept of it is not part of it.
    case offsetBeyondEnd
}

extension StripeClient {
    /// How much of an object store's answer is read, in bytes: its code stands at the start.
    private static let refusalBytes = 1 << 16

    /// Sends an input file. Its complete arrival starts the job.
    ///
    /// No account, no key: the URL is the permission, and signs the headers that are sent with it.
    /// Source: `stripe-batch-api.md` section 3.2.
    ///
    /// - Parameters:
    ///   - file: its bytes, in pieces.
    ///   - limit: how long it may take in all; after that the answer is `.unanswered`.
    ///   - sent: told how much of it has gone.
    /// - Throws: when the file cannot be read, or has another size.
    package func upload(
        _ file: OutgoingPieces, to url: SecretURL, within limit: Duration, sent: SentBytes? = nil
    ) async throws(FileFault) -> Result<Void, CallFailure> {
        let request = WireRequest(
            method: .put, url: url, headers: [(name: "Content-Type", value: "application/octet-stream")],
            body: .pieces(file), headWithin: limit, endWithin: limit, sent: sent)
        do {
            var answer: [UInt8] = []
            let head = try await transport.send(request) { _, piece in
                answer.append(contentsOf: piece.prefix(Self.refusalBytes - answer.count))
                return answer.count < Self.refusalBytes
            }
            switch head.status {
            case 200..<300: return .success(())
            case 400..<500:
                let code = objectStoreCode(in: answer)
                return .failure(.refused(status: head.status, code: code, message: nil))
            default: return .failure(.unanswered(reason: "HTTP \(head.status) to the upload"))
            }
        } catch let fault as FileFault {
            throw fault
        } catch let failure as CallFailure {
            return .failure(failure)
        } catch {
            return .failure(.unanswered(reason: "\(type(of: error))"))
        }
    }

    /// Streams a results file, from byte `offset` to its end, through `consume`, in order.
    ///
    /// A server that ignores ranges is read from the start, and what is already known is skipped. A cut
    /// is `.unanswered`: what was handed over until then is good, and the next call goes on behind it.
    ///
    /// - Parameter consume: gets the next bytes, valid during the call only. Runs on the caller's
    ///   executor, and the server waits while it works.
    /// - Throws: only what `consume` throws.
    package func download(
        _ url: SecretURL, from offset: Int64, into consume: (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> Result<DownloadEnd, CallFailure> {
        precondition(offset >= 0)
        let range = offset > 0 ? [(name: "Range", value: "bytes=\(offset)-")] : []
        let request = WireRequest(
            method: .get, url: url, headers: range, headWithin: Self.callTimeout, endWithin: nil)
        var incoming = IncomingRange(wanted: offset)
        do {
            let head = try await transport.send(request) { head, piece in
                guard head.status == 200 || head.status == 206 else { return false }
                try incoming.begin(head)
                let news = incoming.take(piece)
                if !news.isEmpty { try consume(news) }
                return true
            }
            switch head.status {
            case 200, 206:
                try incoming.begin(head)
                return .success(try incoming.end())
            case 403, 404, 410: return .success(.expired)
            case 416:
                let whole = ContentRange(head["Content-Range"])?.total
                return .success(whole == offset ? .complete(end: offset) : .offsetBeyondEnd)
            case 400..<500: return .failure(.refused(status: head.status, code: nil, message: nil))
            default: return .failure(.unanswered(reason: "HTTP \(head.status) to the download"))
            }
        } catch let failure as CallFailure {
            return .failure(failure)
        }
    }
}

/// Where the bytes of an answer belong in the file.
private struct IncomingRange {
    let wanted: Int64
    /// The place in the file of the next byte to come; nil before the head.
    private var position: Int64?
    private var total: Int64?

    init(wanted: Int64) {
        self.wanted = wanted
    }

    /// Learns from the head where the body starts. Later calls change nothing.
    mutating func begin(_ head: WireHead) throws(CallFailure) {
        guard position == nil else { return }
        if let coding = head["Content-Encoding"], coding.lowercased() != "identity" {
            throw .unanswered(reason: "results came encoded as \(bounded(coding, bytes: 40))")
        }
        guard head.status == 206 else {
            position = 0
            total = head["Content-Length"].flatMap { Int64($0) }
            return
        }
        guard let range = ContentRange(head["Content-Range"]), let start = range.start, start <= wanted else {
            throw .unanswered(reason: "HTTP 206 with another range than the one asked for")
        }
        position = start
        total = range.total
    }

    /// The part of `piece` that lies at or behind the wanted offset.
    mutating func take(_ piece: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = position ?? 0
        position = start + Int64(piece.count)
        let known = min(max(wanted - start, 0), Int64(piece.count))
        return UnsafeRawBufferPointer(rebasing: piece[Int(known)...])
    }

    /// What the end of the body means.
    func end() throws(CallFailure) -> DownloadEnd {
        let position = position ?? 0
        if let total, position < total { throw .unanswered(reason: "the results ended early") }
        return position < wanted ? .offsetBeyondEnd : .complete(end: position)
    }
}

/// A `Content-Range` header: `bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
struct ContentRange {
    private(set) var start: Int64?
    private(set) var total: Int64?

    /// Nil for anything else, and for a range that does not lie within its total.
    init?(_ value: String?) {
        guard let value, value.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = value.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        if parts[1] != "*" {
            guard let total = Self.number(parts[1]) else { return nil }
            self.total = total
        }
        guard parts[0] != "*" else { return }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let start = Self.number(ends[0]), let last = Self.number(ends[1]),
            start <= last,
            last < total ?? .max
        else { return nil }
        self.start = start
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
    }
}

/// The code in an object store's XML error: `<Code>AccessDenied</Code>`. The rest may quote the signature.
func objectStoreCode(in body: [UInt8]) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    guard let start = text.firstRange(of: "<Code>")?.upperBound else { return nil }
    let code = text[start...].prefix(64).prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
    return code.isEmpty || !text[code.endIndex...].hasPrefix("</Code>") ? nil : String(code)
}

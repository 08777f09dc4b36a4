import BatchCore
import Env
import StripeBatch
import StripeSimulator

/// The network of one life of the daemon: it ends with it. What was sent before still arrives.
struct Wire: Transport {
    let world: World
    /// Raised when the process is gone.
    let over: Flag

    func send(
        _ request: WireRequest, receive: (WireHead, UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> WireHead {
        do {
            return try await exchange(request, receive)
        } catch is CancellationError {
            throw CallFailure.unanswered(reason: "cancelled")
        }
    }

    private func exchange(
        _ request: WireRequest, _ receive: (WireHead, UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> WireHead {
        let scheduler = world.scheduler
        let body: [UInt8]
        do {
            body = try Self.bytes(of: request.body)
        } catch {
            // What is recorded as staged lasts, whatever happened since.
            if !over.isRaised { world.violated("an input file is not what was written: \(error)") }
            throw error
        }
        let call = world.call(request, body)
        defer { world.witness.ended(call) }
        let start = scheduler.now
        guard !over.isRaised, !Task.isCancelled else {
            throw CallFailure.notSent(reason: "the process is gone")
        }
        if world.isOffline || call.trouble == .refused {
            try await scheduler.sleep(for: .milliseconds(world.draw(1...10_000)))
            throw CallFailure.notSent(reason: "no route to host")
        }
        let reply = Mailbox<InProcessStripe.Answer>()
        let timer = scheduler.at(start + request.headWithin) {
            reply.put(.failure(CallFailure.unanswered(reason: "no answer in time")))
        }
        defer { scheduler.forget(timer) }
        world.inBackground { await reply.put(world.deliver(call)) }
        let answer = try await reply.take()
        let head = WireHead(status: answer.status, headers: answer.headers)
        let end = request.endWithin.map { start + $0 }
        var rest = answer.body[...]
        if call.trouble == .cutAnswer, answer.status < 300 { rest = rest.prefix(world.draw(0...rest.count)) }
        while !rest.isEmpty {
            let piece = rest.prefix(world.draw(1...max(1, answer.body.count)))
            rest = rest.dropFirst(piece.count)
            try await scheduler.sleep(for: .milliseconds(world.draw(0...20)))
            if let end, scheduler.now >= end { throw CallFailure.unanswered(reason: "no end in time") }
            guard try piece.withUnsafeBytes({ try receive(head, $0) }) else { return head }
        }
        if answer.wasCut || (call.trouble == .cutAnswer && answer.status < 300) {
            throw CallFailure.unanswered(reason: "the connection was closed")
        }
        return head
    }

    private static func bytes(of body: WireRequest.Body) throws -> [UInt8] {
        switch body {
        case .none: return []
        case .bytes(let bytes): return bytes
        case .pieces(let pieces):
            var bytes: [UInt8] = []
            while let piece = try pieces.next() { bytes += piece }
            guard bytes.count == pieces.bytes else {
                throw FileFault(errno: 5, operation: "find the stated size of", path: pieces.name)
            }
            return bytes
        }
    }
}

/// One request under way, and what becomes of it.
struct Call: Sendable {
    enum Kind: String { case create, retrieve, cancel, upload, download }

    var kind: Kind
    var method: String
    var path: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    var trouble: Trouble?
    var isFile: Bool { kind == .upload || kind == .download }
}

extension World {
    /// Describes a call, and draws its trouble.
    func call(_ request: WireRequest, _ body: [UInt8]) -> Call {
        let path = String(request.url.reveal.dropFirst("http://stripe.test".count))
        let kind: Call.Kind =
            switch request.method {
            case .put: .upload
            case .get: path.hasPrefix("/files/") ? .download : .retrieve
            case .post: path.hasSuffix("/cancel") ? .cancel : .create
            }
        var headers = request.headers
        if !body.isEmpty { headers.append((name: "Content-Length", value: String(body.count))) }
        var call = Call(
            kind: kind, method: request.method.rawValue, path: path, headers: headers, body: body)
        call.trouble = drawTrouble(for: call)
        trace("\(kind.rawValue) \(call.trouble.map { "(\($0.rawValue))" } ?? "")")
        let keepsTime = swarm.clockStep == .zero
        for complaint in witness.began(call, at: scheduler.now, keepsTime: keepsTime) { violated(complaint) }
        return call
    }

    private func drawTrouble(for call: Call) -> Trouble? {
        guard !isHealed else { return nil }
        for (trouble, probability) in swarm.troubles where dice.chance(probability) {
            switch trouble {
            case .nonsense where call.isFile: continue
            case .deadLink where !call.isFile: continue
            case .cutRequest where call.body.isEmpty: continue
            default:
                count(trouble.rawValue)
                return trouble
            }
        }
        return nil
    }

    /// The way of a request to Stripe and back. Nobody may be waiting for it any more.
    func deliver(_ call: Call) async -> Result<InProcessStripe.Answer, any Error> {
        await travel(call)
        switch call.trouble {
        case .lostBefore:
            if draw(0...1) == 0 { await pause(.hours(1)) }
            return .failure(CallFailure.unanswered(reason: "the connection was reset"))
        case .overloaded: return .success(page(draw(0...1) == 0 ? 500 : 503))
        case .throttled: return .success(page(429))
        case .nonsense: return .success(page(200))
        case .deadLink:
            return .success(.init(status: 403, headers: [], body: Array("<Error/>".utf8), wasCut: false))
        default: break
        }
        let scheduler = scheduler
        let cutAt = call.trouble == .cutRequest ? draw(0...2) : nil
        let isSlow = call.trouble == .slow && draw(0...3) == 0
        let body = InProcessStripe.Body(pieces(of: call.body)) { piece in
            if piece == cutAt { throw CancellationError() }
            if isSlow { try await scheduler.sleep(for: .seconds(100)) }
        }
        let answer = await stripe.respond(
            method: call.method, path: call.path, headers: call.headers, body: body)
        trace("\(call.kind.rawValue) → \(answer.status)\(answer.wasCut ? " cut" : "")")
        await travel(call)
        if isOffline || call.trouble == .lostAfter || call.trouble == .cutRequest {
            return .failure(CallFailure.unanswered(reason: "the connection was reset"))
        }
        if call.trouble == .gateway { return .success(page(502)) }
        if answer.wasCut, !call.isFile || answer.status >= 300 || call.kind == .upload {
            return .failure(CallFailure.unanswered(reason: "the connection was closed"))
        }
        return .success(answer)
    }

    private func travel(_ call: Call) async {
        let longest = call.trouble == .slow ? draw(0...1) == 0 ? 120_000 : 3000 : 100
        await pause(.milliseconds(draw(1...longest)))
    }

    private func pieces(of body: [UInt8]) -> [[UInt8]] {
        guard body.count > 3 else { return body.isEmpty ? [] : [body] }
        let cut = draw(1...body.count - 2)
        return [Array(body[..<cut]), Array(body[cut..<(body.count - 1)]), Array(body[(body.count - 1)...])]
    }

    private func page(_ status: Int) -> InProcessStripe.Answer {
        .init(
            status: status, headers: [(name: "Content-Type", value: "text/html")],
            body: Array("<html><body>\(status)</body></html>".utf8), wasCut: false)
    }
}

import BatchCore
import ControlAPI
import HTTPTypes
import HummingbirdCore
import NIOCore

@testable import BatchDaemon

/// What operators and their programs may send or write.
enum DaemonOracles {
    /// A target of a request: the id of a path before the query.
    static func control(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        let uri = URI(text)
        let id = uri.path
        if let workload = WorkloadID(id), workload.description != id { return "another workload" }
        if let batch = BatchID(id), batch.description != id { return "another batch" }
        guard Refusal.shown(text).utf8.count <= 1000 else { return "too much is shown" }
        for names in [[], [QueryName.since, .id], [.queue, .name, .key, .format, .allowDuplicate]] {
            do {
                let call = try Call(uri: uri, id: id, body: RequestBody(buffer: .init()), accepts: names)
                for name in names {
                    _ = try? call.flag(name)
                    if let number = try? call.number(name), number < 0 { return "a number below 0" }
                }
            } catch let refusal as Refusal {
                guard refusal.status == .badRequest else { return "another status" }
                guard refusal.detail.message.utf8.count <= 2000 else { return "a long answer" }
            } catch { return "\(error)" }
        }
        return nil
    }

    static func form(_ bytes: [UInt8]) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        for isPlain in [true, false] {
            let word = Word(text: text, isPlain: isPlain)
            if looksSecret(text), word.shown.contains(text) { return "a secret is shown" }
            if let size = Form<Int64>.size(0...Int64.max, "").read(word), size < 0 { return "a size below 0" }
            if let duration = Form<Duration>.duration.read(word) {
                guard duration >= .zero, duration <= longestDuration else { return "a duration out of range" }
            }
            if let endpoint = Form<Endpoint>.endpoint.read(word), Endpoint("\(endpoint)") != endpoint {
                return "another endpoint"
            }
            if let mode = Form<UInt32>.mode.read(word), mode > 0o777 { return "a mode out of range" }
        }
        guard let near = nearest(to: text, among: ["queue", "name", "key"]) else { return nil }
        return ["queue", "name", "key"].contains(near) ? nil : "a word from nowhere"
    }

    static func configuration(_ bytes: [UInt8]) -> String? {
        do {
            try ScratchFile.write(bytes)
            let configuration = try Configuration.read(ScratchFile.path, environment: [:])
            return configuration.accounts.isEmpty || configuration.queues.isEmpty ? "nothing to do" : nil
        } catch let error as ConfigurationError {
            if error.problems.isEmpty { return "refused without a reason" }
            let text = "\(error)"
            return text.contains("sk_live_") ? "a secret is shown" : nil
        } catch { return "\(error)" }
    }
}

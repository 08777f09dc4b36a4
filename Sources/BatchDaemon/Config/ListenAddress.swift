import Env

/// Where a listener waits: a host and a port, as in `127.0.0.1:9464` or `[::1]:9464`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package let host: String
    /// From 1 to 65535; 0 for any that is free, which the log then names.
    package let port: Int

    /// Reads `HOST:PORT`; nil when it is not written like that.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ isWordByte($0) || "-.:%".utf8.contains($0) }) else {
            return nil
        }
        self.host = String(host)
        self.port = port
    }

    /// As it is written in the configuration.
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// True when only programs of this machine reach it.
    var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

extension Form<ListenAddress> {
    static var address: Self {
        Form("an address and a port, such as 127.0.0.1:9464") { ListenAddress($0.text) }
    }
}

extension Configuration {
    static func readMetrics(_ section: Section) -> ListenAddress? {
        let listen = section.optional("listen", .address)
        section.finish()
        return listen
    }

    static func readWebhook(_ section: Section, keys: KeyFiles) -> Webhook? {
        let listen = section.optional("listen", .address)
        let file = section.value("secret_file", .text, default: "stripe-webhook-secret")
        section.finish()
        // Without a listener nobody needs the secret.
        guard let listen, let secrets = keys.readWebhookSecrets(file, at: section.place(of: "secret_file"))
        else { return nil }
        return Webhook(listen: listen, secrets: secrets)
    }
}

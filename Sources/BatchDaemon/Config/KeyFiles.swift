import Env
import StripeBatch

/// Finds and reads the files that hold API keys.
struct KeyFiles {
    /// systemd's `$CREDENTIALS_DIRECTORY`, when there is one.
    let credentials: String?
    /// The folder of the configuration.
    let beside: String
    let problems: Problems

    /// The key in the file called `name`; nil after saying what is wrong with it.
    func read(_ name: String, at place: Place, account: String, livemode: Bool) -> APIKey? {
        guard !looksSecret(name) else {
            problems.error(
                at: place, "\(account).api_key_file names a file; put the key into that file",
                keyRemedy: "write the key into a file with mode 600, and that file's name here; roll the key")
            return nil
        }
        guard let path = find(name, at: place, key: "\(account).api_key_file") else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.contents(of: path, limit: 1 << 16)
        } catch {
            problems.error(
                at: place, "cannot read the key: \(error)",
                keyRemedy: "let the user of the daemon read \(path): chown it, with mode 600")
            return nil
        }
        let key = APIKey(String(decoding: bytes, as: UTF8.self))
        if let complaint = complaint(key.reveal) {
            problems.error(
                at: place, "\(path) \(complaint)",
                keyRemedy:
                    "put the secret key, sk_… or rk_… from Stripe's dashboard, into \(path) as its only line"
            )
            return nil
        }
        let isLive = key.reveal.contains("_live_")
        guard livemode || !isLive else {
            problems.error(
                at: place, "\(path) holds a live key; \(account) must say livemode: true to act on real data",
                keyRemedy: "set \(account).livemode: true if real data is meant, else put a test key there")
            return nil
        }
        if livemode, !isLive {
            problems.warn(
                at: place, "\(account).livemode is true, but \(path) holds a test key",
                keyRemedy: "put the live key there, or set \(account).livemode: false")
        }
        warnIfShared(path, at: place)
        return key
    }

    /// The secrets in the file called `name`, one a line; nil after saying what is wrong with it.
    func readWebhookSecrets(_ name: String, at place: Place) -> [WebhookSecret]? {
        let key = "webhook.secret_file"
        guard !looksSecret(name) else {
            problems.error(at: place, "\(key) names a file; put the secret into that file")
            return nil
        }
        guard let path = find(name, at: place, key: key) else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try FileSystem.contents(of: path, limit: 1 << 16)
        } catch {
            problems.error(at: place, "cannot read the webhook's secret: \(error)")
            return nil
        }
        let secrets = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { WebhookSecret(String($0)) }.filter { !$0.reveal.isEmpty }
        if let complaint = WebhookSecret.complaint(secrets) {
            problems.error(at: place, "\(path) \(complaint)")
            return nil
        }
        warnIfShared(path, at: place)
        return secrets
    }

    private func find(_ name: String, at place: Place, key: String) -> String? {
        let places =
            name.hasPrefix("/")
            ? [name] : [credentials, beside].compactMap { $0 }.map { "\($0.trimmedPath)/\(name)" }
        if let path = places.first(where: { FileSystem.exists($0) }) { return path }
        problems.error(
            at: place, "\(key): there is no \(places.joined(separator: ", and no "))",
            keyRemedy: "write it into \(places.last ?? name), with mode 600: umask 077 first")
        return nil
    }

    private func complaint(_ text: String) -> String? {
        let kinds = ["sk_test_", "sk_live_", "rk_test_", "rk_live_", "sk_org_test_", "sk_org_live_"]
        if let kind = kinds.first(where: text.hasPrefix), (kind.count + 1...255).contains(text.count),
            text.utf8.allSatisfy(isWordByte)
        {
            return nil
        }
        if text.isEmpty { return "is empty; it should hold a Stripe secret key" }
        if text.hasPrefix("pk_") { return "holds a publishable key, which cannot create jobs" }
        if text.hasPrefix("whsec_") { return "holds a webhook secret, not an API key" }
        return "does not look like a Stripe key: one line that begins with sk_test_, rk_test_, sk_live_ "
            + "or rk_live_"
    }

    private func warnIfShared(_ path: String, at place: Place) {
        // systemd guards credentials by access lists, which show as permissions of the group.
        if let credentials, path.hasPrefix(credentials) { return }
        guard let mode = FileFacts(of: path)?.permissions, mode & 0o077 != 0 else { return }
        problems.warn(
            at: place, "other users can read the key file \(path); run: chmod 600 \(path)",
            keyRemedy: "chmod 600 \(path)")
    }
}

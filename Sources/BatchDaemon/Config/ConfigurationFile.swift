import Env

/// Where the configuration is looked for: the first of these that is given, and no other.
package enum ConfigurationFile {
    /// The place when nothing else is said.
    package static let standard = "/etc/batchd/batchd.yaml"

    /// The file to read, or a sentence that says where it was looked for.
    ///
    /// `option` is `--config`; the environment's `BATCHD_CONFIG` comes next.
    package static func locate(
        option: String?, environment: [String: String]
    ) throws(ConfigurationError) -> String {
        let (path, origin) =
            if let option {
                (option, "from --config")
            } else if let path = environment["BATCHD_CONFIG"], !path.isEmpty {
                (path, "from $BATCHD_CONFIG")
            } else {
                (standard, "the default; --config or $BATCHD_CONFIG name another")
            }
        guard FileSystem.exists(path) else {
            let message = "no configuration: there is no file \(path) (\(origin))"
            throw ConfigurationError(problems: [Problem(at: nil, message)])
        }
        return path
    }

    /// The drop-ins beside the file at `path`, in the order of their names.
    static func dropIns(beside path: String, problems: Problems) -> [String] {
        let folder = FileSystem.folder(of: path) + "/conf.d"
        var files: [String] = []
        for name in names(in: folder, problems: problems) where !name.hasPrefix(".") {
            if name.hasSuffix(".yaml") {
                files.append("\(folder)/\(name)")
            } else if name.hasSuffix(".yml") {
                problems.warn(at: nil, "\(folder)/\(name) is not read: rename it to .yaml")
            }
        }
        return files
    }

    private static func names(in folder: String, problems: Problems) -> [String] {
        guard FileSystem.exists(folder) else { return [] }
        do {
            return try FileSystem.names(in: folder)
        } catch {
            problems.error(at: nil, "cannot read the configuration: \(error)")
            return []
        }
    }
}

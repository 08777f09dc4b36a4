/// Renders a job as the `v2.core.batch_job` object that a version shows.
struct JobObject {
    let job: Job
    let rules: VersionRules
    let links: PresignedLinks
    let base: String
    let now: SimulatedTime

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(job.id),
            "object": "v2.core.batch_job",
            "created": .string(job.created.rfc3339),
            "livemode": .bool(job.livemode),
            "metadata": .object(job.request.metadata.mapValues { .string($0) }),
            "skip_validation": .bool(job.request.skipValidation),
            "status": .string(job.phase.status),
            "status_details": statusDetails,
        ]
        if rules.hasMaximumRPS { members["maximum_rps"] = .integer(Int64(job.request.maximumRPS ?? 10)) }
        return .object(members)
    }

    private var statusDetails: JSONValue {
        switch job.phase {
        case .readyForUpload(let until):
            let url = links.url(.upload, token: job.fileToken, base: base, expires: until)
            let link: JSONValue = ["url": .string(url), "expires_at": .string(until.rfc3339)]
            return ["ready_for_upload": ["upload_url": link]]
        case .validating(_, let validated):
            return ["validating": ["validated_count": Self.count(validated)]]
        case .running(let run):
            return [
                "in_progress": [
                    "success_count": Self.count(run.succeeded), "failure_count": Self.count(run.failed),
                ]
            ]
        case .cancelling, .posing:
            return [:]
        case .ended(let ending):
            return details(of: ending)
        }
    }

    private func details(of ending: JobPhase.Ending) -> JSONValue {
        switch ending.status {
        case "batch_failed":
            return ["batch_failed": ["error": .string(ending.error ?? "")]]
        case "complete", "canceled", "cancelled", "timeout", "validation_failed":
            var members: [String: JSONValue] = [
                "success_count": Self.count(ending.succeeded), "failure_count": Self.count(ending.failed),
            ]
            if ending.hasOutput { members["output_file"] = outputFile }
            return [ending.status: .object(members)].asJSON
        default:
            return [:]
        }
    }

    /// Each look signs a new URL, so that a client can always get one that is alive.
    private var outputFile: JSONValue {
        let expires = now + Job.downloadLinkLife
        let url = links.url(.download, token: job.fileToken, base: base, expires: expires)
        return [
            "content_type": "application/jsonlines",
            "size": Self.count(job.outputBytes),
            "download_url": ["url": .string(url), "expires_at": .string(expires.rfc3339)],
        ]
    }

    /// Counts and sizes are strings on the wire.
    private static func count(_ number: Int) -> JSONValue { .string(String(number)) }
}

extension [String: JSONValue] {
    fileprivate var asJSON: JSONValue { .object(self) }
}

/// Renders a job as the `v2.core.batch_job` object that a version shows.
struct JobObject {
    let job: Job
    let rules: VersionRules
    let links: PresignedLinks
    let base: String
    let now: SimulatedTime
    var quirks = Quirks()
    /// Makes the upload URL differ from the one shown before.
    var nonce: String?

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(job.id),
            "object": "v2.core.batch_job",
            "created": .string(job.created.rfc3339),
            "livemode": .bool(job.livemode),
            "metadata": .object(job.request.metadata.mapValues { .string($0) }),
            "skip_validation": .bool(job.request.skipValidation),
            "status": .string(spelled(job.phase.status)),
            "status_details": statusDetails,
        ]
        if rules.hasMaximumRPS { members["maximum_rps"] = .integer(Int64(job.request.maximumRPS ?? 10)) }
        if quirks.omitLivemode { members["livemode"] = nil }
        if quirks.omitMetadata { members["metadata"] = nil }
        if quirks.extraFields { members["future_field"] = ["nested": "not in any document"] }
        return .object(members)
    }

    private var statusDetails: JSONValue {
        switch job.phase {
        case .readyForUpload(let until):
            let url = links.url(.upload, token: job.fileToken, base: base, expires: until, nonce: nonce)
            return ["ready_for_upload": ["upload_url": link(url, until)]]
        case .validating(_, let validated):
            return ["validating": ["validated_count": count(validated)]]
        case .running(let run):
            return [
                "in_progress": [
                    "success_count": count(run.succeeded), "failure_count": count(run.failed),
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
                "success_count": count(ending.succeeded), "failure_count": count(ending.failed),
            ]
            // Ours: no document names the member, and no SDK knows one.
            if quirks.validationError == .inJob, let error = ending.error {
                members["first_error"] = .string(error)
            }
            if ending.hasOutput { members["output_file"] = outputFile(of: ending) }
            return .object([spelled(ending.status): .object(members)])
        default:
            return [:]
        }
    }

    /// Each look signs a new URL, so that a client can always get one that is alive.
    private func outputFile(of ending: JobPhase.Ending) -> JSONValue {
        let expires = now + Job.downloadLinkLife
        let url = links.url(.download, token: job.fileToken, base: base, expires: expires)
        var members: [String: JSONValue] = [
            "content_type": "application/jsonlines",
            "size": count(job.outputBytes),
            "download_url": link(url, expires),
        ]
        if quirks.expiredResults == .noURL, now >= ending.at + Job.resultLife {
            members["download_url"] = nil
        }
        if quirks.extraFields { members["future_field"] = 1 }
        return .object(members)
    }

    private func link(_ url: String, _ expires: SimulatedTime) -> JSONValue {
        quirks.omitExpiresAt
            ? ["url": .string(url)] : ["url": .string(url), "expires_at": .string(expires.rfc3339)]
    }

    private func spelled(_ status: String) -> String {
        status == "canceled" ? quirks.canceledSpelling.rawValue : status
    }

    /// Counts and sizes are strings on the wire.
    private func count(_ number: Int) -> JSONValue {
        quirks.countsAsNumbers ? .integer(Int64(number)) : .string(String(number))
    }
}

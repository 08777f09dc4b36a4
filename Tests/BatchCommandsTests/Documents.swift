/// What a daemon answers, as it stands on the wire.
enum Documents {
    static func workload(
        state: String = "running", succeeded: Int = 1_903_221, failed: Int = 1204, held: Int = 0,
        inFlight: Int = 0,
        canceled: Int = 15_575,
        name: String = "migrate", finishedAt: String? = nil, reason: String? = nil
    ) -> String {
        let finished = finishedAt.map { "\"\($0)\"" } ?? "null"
        let reason = reason.map { "\"\($0)\"" } ?? "null"
        let queued = 4_120_000 - succeeded - failed - held - canceled - inFlight
        let eta = finishedAt == nil ? "\"2026-11-22T07:03:20.000Z\"" : "null"
        return """
            {"id":"w12","name":"\(name)","queue":"update-customers","state":"\(state)","reason":\(reason),\
            "hint":null,"created_at":"2026-11-22T06:00:00Z","finished_at":\(finished),"priority":0,"start_after":null,\
            "rows":{"total":4120000,"queued":\(queued),"in_flight":\(inFlight),"succeeded":\(succeeded),\
            "failed":\(failed),"held":\(held),"canceled":\(canceled)},"waiting":null,\
            "rate_per_second":41.2,"eta":\(eta),"batches":{"total":5,"active":2},\
            "source":{"bytes":812345678,"sha256":"9f86d081"}}
            """
    }

    static let batch = """
        {"id":"b34","workload":"w12","queue":"update-customers","state":"processing","reason":null,"rows":1000000,\
        "bytes":212345678,"sha256":"60303ae2","job":"batchv2_1QabcDEF","created_at":"2026-11-22T06:00:00Z",\
        "since":"2026-11-22T06:59:00Z","next_at":"2026-11-22T07:00:04Z"}
        """

    static let job = """
        {"id":"batchv2_1QabcDEF","batch":"b34","workload":"w12","queue":"update-customers","account":"main",\
        "state":"in_progress","rows":1000000,"succeeded":null,"failed":null,"created_at":"2026-11-22T06:00:00Z",\
        "seen_at":"2026-11-22T06:59:59Z","next_look_at":"2026-11-22T07:00:04Z","ended_at":null}
        """

    static let deadline = """
        {"what":"upload window closes","subject":"b34","batch":"b34","job":"batchv2_1QabcDEF","workload":"w12",\
        "at":"2026-11-22T07:03:20Z","slack_seconds":200.0,"state":"ok"}
        """

    static let queue = """
        {"name":"update-customers","account":"main","endpoint":"POST /v1/customers/:customer","state":"running",\
        "reason":null,"window":"22:00-06:00 Europe/Paris","opens_at":"2026-11-22T21:00:00Z",\
        "priority":0,"workloads":1,\
        "rows":{"total":10,"queued":4,"in_flight":6,"succeeded":0,"failed":0,"held":0,"canceled":0},\
        "jobs":{"active":2,"limit":4}}
        """

    static let event = """
        {"seq":7,"at":"2026-11-22T07:00:00Z","kind":"batch_staged","workload":"w12","batch":"b34","job":null,\
        "message":"The input file is written.","uid":1000,"user":"ada"}
        """

    static let explanation = """
        {"id":"w12","state":"held","rule":"A person decides about rows that may have run.","evidence":["b3 timed out"],\
        "since":"2026-11-22T07:00:00Z","next":null,"next_at":null,"commands":["batchctl rows w12 --state held"]}
        """

    /// A row without its `input`, which is no member of the type.
    static let row = """
        {"row":"r-000001","state":"failed","attempts":2,"status":400,"error":{"type":"invalid_request_error",\
        "code":"resource_missing","message":"No such customer"},"reason":"refused","batch":"b7","job":"batchv2_1Q"}
        """

    static func audit(ok: Bool) -> String {
        """
        {"ok":\(ok),"workload":"w12","rows":{"total":10,"queued":0,"in_flight":0,"succeeded":10,"failed":0,"held":0,\
        "canceled":0},"checks":[{"name":"counts","ok":true,"detail":"10 rows"},\
        {"name":"digests","ok":\(ok),"detail":"b7 in its archive"}]}
        """
    }

    static let badRows = """
        {"error":{"code":"bad_rows","message":"3 of 10 lines are not valid rows.","hint":null,\
        "details":[{"line":2,"column":1,"reason":"not JSON"},{"line":5,"column":7,"reason":"id is missing"}],\
        "bad_lines":3}}
        """

    static let duplicate = """
        {"error":{"code":"duplicate_content","message":"w3 has the same content.",\
        "hint":"Submit it again with --allow-duplicate."}}
        """

    static let submitted = """
        {"workload":\(workload()),"existing":false,"skipped":{"rows":1,"details":[\
        {"line":2,"column":1,"reason":"expected a JSON object"}]}}
        """

    static let dryRun = """
        {"queue":"update-customers","rows":10,"bytes":200,"jobs":[{"jobs":2,"rows":8,"rows_each":4,"bytes":160,\
        "limit":"max_rows_per_job"},{"jobs":1,"rows":2,"rows_each":2,"bytes":40,"limit":null}],"seconds":1.0,\
        "rate_per_second":10.0,"rate_is":"assumed","jobs_at_once":4,"skipped":null}
        """

    static let status = """
        {"daemon":{"version":"0.1.0","pid":4711,"started_at":"2026-11-22T06:30:00Z","state":"running",\
        "message":"Waiting for Stripe."},\
        "rows":{"total":10,"queued":4,"in_flight":6,"succeeded":0,"failed":0,"held":0,"canceled":0},\
        "jobs":{"active":2,"limit":8},"next_look_at":"2026-11-22T07:00:04Z","workloads":[\(workload())],\
        "nearest_deadline":\(deadline),"alarms":[{"what":"results expire","subject":"batchv2_9",\
        "batch":"b9","job":"batchv2_9","workload":"w3","at":"2026-11-24T07:00:00Z","slack_seconds":172800.0,\
        "state":"soon"}],"reads":[{"account":"main","made":7200,"limit":10000,\
        "left":2800,"pause_seconds":5}],"closed":[],\
        "paused":[{"what":"update-customers","reason":"asked by billing","since":"2026-11-22T06:50:00Z",\
        "until":"2026-11-22T09:00:00Z","command":"batchctl resume update-customers"}],\
        "held":[{"workload":"w3","rows":12,"reason":"unknown_outcome",\
        "message":"They may have run.","command":"batchctl rows w3 --state held",\
        "commands":["batchctl release w3 --all --reason '…'"]}],\
        "disk":{"free_bytes":123456789012,"min_free_bytes":2000000000},\
        "webhook":{"listen":"127.0.0.1:8421","last_event_at":null,"accepted":3,"duplicates":1,"refused":0}}
        """

    static func decision(rows: Int, givenUpBefore: Int? = nil) -> String {
        let before = givenUpBefore.map { "\"given_up_before\":\($0)," } ?? ""
        return "{\"rows\":\(rows),\(before)\"workload\":\(workload())}"
    }

    static func list(_ elements: String...) -> String {
        "{\"data\":[\(elements.joined(separator: ","))]}"
    }
}

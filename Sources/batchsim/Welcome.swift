/// What `batchsim serve` prints first: where it listens, and commands that work as they stand.
struct Welcome {
    let host: String
    let port: Int
    let seed: UInt64

    var text: String {
        let base = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        return """
            listening on \(base)
            seed \(seed)

            Try it (any key that begins with sk_test_ will do):

              printf '{"id":"r-1","path_params":{"customer":"cus_1"},"params":{"name":"Ada"}}\\n' > rows.jsonl

              curl -s \(base)/v2/core/batch_jobs -u sk_test_local: -o job.json \\
                -H 'Stripe-Version: 2026-09-30.preview' -H 'Content-Type: application/json' \\
                -d '{"endpoint":{"path":"/v1/customers/:customer","http_method":"post"},"skip_validation":false,"metadata":{}}'
              cat job.json

              curl -s -X PUT -T rows.jsonl -H 'Content-Type: application/octet-stream' \\
                "$(sed 's/.*"url":"\\([^"]*\\)".*/\\1/' job.json)"

              curl -s -u sk_test_local: -H 'Stripe-Version: 2026-09-30.preview' -o done.json \\
                "\(base)/v2/core/batch_jobs/$(sed 's/.*"id":"\\([^"]*\\)".*/\\1/' job.json)"
              cat done.json

              curl -s "$(sed 's/.*"url":"\\([^"]*\\)".*/\\1/' done.json)"

            Its own controls:

              curl -s \(base)/_sim/jobs
              curl -s \(base)/_sim/ledger
              curl -s \(base)/_sim/clock -d '{"advance_seconds":3600}'
              curl -s \(base)/_sim/faults -d '{"wire":[{"on":"create","action":"lose_after","count":1}]}'

            """
    }
}

import BatchDaemon
import Testing

/// A mistake, and the one line that names it.
struct Mistake: Sendable, CustomTestStringConvertible {
    let text: String
    let problem: String
    var testDescription: String { problem }
}

@Suite struct ConfigurationMistakeTests {
    @Test(arguments: accounts + queues + rules + guards + templates + elsewhere + syntax)
    func isNamedWithItsPlaceAndTheRemedy(mistake: Mistake) throws {
        #expect(try ConfigurationWorld().problems(mistake.text) == mistake.problem)
    }

    static let accounts = [
        Mistake(
            text: minimal(account: "read_budget_per_month: 10"),
            problem:
                "batchd.yaml:4:28: accounts.main.read_budget_per_month must be a whole number from 100 to "
                + "2147483647, or null, not \"10\""
        ),
        Mistake(
            text: minimal(account: "api_base: api.stripe.com"),
            problem: "batchd.yaml:4:15: accounts.main.api_base must be a URL such as https://api.stripe.com, "
                + "without a path, not \"api.stripe.com\""
        ),
        Mistake(
            text: minimal(account: "api_base: http://api.stripe.com\n    livemode: true"),
            problem: """
                batchd.yaml:3:19: warning: accounts.main.livemode is true, but key holds a test key
                batchd.yaml:4:15: accounts.main.api_base must be https when livemode is true: \
                http shows the key to the network
                """
        ),
        Mistake(
            text: minimal(account: "api_version: 2026"),
            problem: "batchd.yaml:4:18: accounts.main.api_version must be an API version such as "
                + "2026-09-30.preview, not \"2026\""
        ),
        Mistake(
            text: minimal(account: "poll: {min: 5, max: 1s}"),
            problem: "batchd.yaml:4:17: accounts.main.poll.min must be a duration such as 500ms, 30s, "
                + "5m, 1h or 7d, longer than 0, at most 3650d, not \"5\""
        ),
        Mistake(
            text: minimal(queue: "retry: {max_delay: 3651d}"),
            problem:
                "batchd.yaml:7:24: queues.a.retry.max_delay must be a duration such as 500ms, 30s, 5m, 1h "
                + "or 7d, at most 3650d, not \"3651d\""
        ),
        Mistake(
            text: minimal(account: "poll: {min: 10s, max: 5s}"),
            problem: "batchd.yaml:4:17: accounts.main.poll.min is longer than max"
        ),
        Mistake(
            text: minimal(account: "poll: 5s"),
            problem: "batchd.yaml:4:11: accounts.main.poll must hold keys and values, not \"5s\""
        ),
        Mistake(
            text: minimal(account: "max_concurrent_jobs: many"),
            problem: "batchd.yaml:4:26: accounts.main.max_concurrent_jobs must be a whole number from 1 "
                + "to 10000, or null, not \"many\""
        ),
        Mistake(
            text: minimal(account: "livemode: null"),
            problem: "batchd.yaml:4:15: accounts.main.livemode must be true or false, not null"
        ),
        Mistake(
            text: minimal(account: "api_key: sk_live_secret"),
            problem: "batchd.yaml:4:5: unknown key \"api_key\" in accounts.main; did you mean "
                + "\"api_key_file\"?"
        ),
        Mistake(
            text: minimal(account: "max_concurrent_jobs: sk_live_secret"),
            problem: "batchd.yaml:4:26: accounts.main.max_concurrent_jobs must be a whole number from 1 "
                + "to 10000, or null, not a secret (not shown)"
        ),
    ]

    static let queues = [
        Mistake(
            text: minimal(queue: "account: mian"),
            problem: "batchd.yaml:7:14: queues.a.account: there is no account \"mian\"; did you mean "
                + "\"main\"?"
        ),
        Mistake(
            text: minimal(account: "\n  spare: {api_key_file: key}"),
            problem: "batchd.yaml:7:3: queues.a needs account: there is more than one (main, spare)"
        ),
        Mistake(
            text: minimal(queue: "endpoint: POST /v1/coupons"),
            problem: "batchd.yaml:7:5: \"endpoint\" is already set at batchd.yaml:6:5"
        ),
        Mistake(
            text: minimal(queue: "unknown_outcome: maybe"),
            problem: "batchd.yaml:7:22: queues.a.unknown_outcome must be auto, retry or hold, not \"maybe\""
        ),
        Mistake(
            text: minimal(queue: "notification_suppression: [all]"),
            problem: "batchd.yaml:7:31: queues.a.notification_suppression must be none or all, not a list"
        ),
        Mistake(
            text: minimal(queue: "max_bytes_per_job: 6GB"),
            problem: "batchd.yaml:7:24: queues.a.max_bytes_per_job must be a size such as 500kB, 64MB, "
                + "4GB or 64MiB, from 1kB to 5GB, or null, not \"6GB\""
        ),
        Mistake(
            text: minimal(queue: "maximum_rps: 25"),
            problem: "batchd.yaml:7:18: warning: queues.a.maximum_rps is not sent: api_version "
                + "2026-09-30.preview has it no more"
        ),
        Mistake(
            text: minimal(queue: "retry: {initial_delay: 2h, max_delay: 1h}"),
            problem: "batchd.yaml:7:28: queues.a.retry.initial_delay is longer than max_delay"
        ),
        Mistake(
            text: minimal(account: "api_version: 2026-03-25.preview").replacing("POST", with: "DELETE"),
            problem: "batchd.yaml:7:15: queues.a.endpoint: DELETE needs api_version 2026-04-22.preview "
                + "or later, and account main has 2026-03-25.preview"
        ),
        Mistake(
            text: minimal().replacing("  a:", with: "  w12:"),
            problem: "batchd.yaml:5:3: \"w12\" is not a name for a queue: use letters, digits, - and _, "
                + "at most 64, and nothing like w12 or b34"
        ),
    ]

    static let elsewhere = [
        Mistake(
            text: minimal(rest: "inbox: in"),
            problem: "batchd.yaml:7:8: inbox must be an absolute path, or null, not \"in\""
        ),
        Mistake(
            text: minimal(rest: "control: {socket: /\(String(repeating: "s", count: 107))}"),
            problem: "batchd.yaml:7:19: control.socket is 108 bytes long; the path of a Unix socket has "
                + "room for 107"
        ),
        Mistake(
            text: minimal(rest: "control: {socket: batchd.sock}"),
            problem: "batchd.yaml:7:19: control.socket must be an absolute path, not \"batchd.sock\""
        ),
        Mistake(
            text: minimal(rest: "control: {socket_mode: \"rw\"}"),
            problem: "batchd.yaml:7:24: control.socket_mode must be permissions in octal such as \"0660\", "
                + "with 0600 in them, not \"rw\""
        ),
        Mistake(
            text: minimal(rest: "control: {socket_mode: 0666}"),
            problem: "batchd.yaml:7:24: warning: every user of this machine may submit and cancel with "
                + "this socket_mode"
        ),
        Mistake(
            text: "accounts: {}\nqueues:\n",
            problem: "batchd.yaml:1:1: no account is configured: accounts is empty\n"
                + "batchd.yaml:2:1: no queue is configured: queues is empty"
        ),
        Mistake(
            text: "",
            problem: "batchd.yaml:1:1: no account is configured: accounts is empty\n"
                + "batchd.yaml:1:1: no queue is configured: queues is empty"
        ),
        Mistake(
            text: "- a\n",
            problem: "batchd.yaml:1:1: the file must hold keys and values, not a list\n"
                + "batchd.yaml:1:1: no account is configured: accounts is empty\n"
                + "batchd.yaml:1:1: no queue is configured: queues is empty"
        ),
    ]

    static let rules = [
        Mistake(
            text: minimal(queue: "retry: {rules: 5}"),
            problem: "batchd.yaml:7:20: queues.a.retry.rules must be a list, not \"5\""
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{status: 404}]}"),
            problem:
                "batchd.yaml:7:21: queues.a.retry.rules[0] needs outcome: retry, succeeded, failed or held"
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{outcome: held, status: 404}, {outcome: failed}]}"),
            problem:
                "batchd.yaml:7:51: queues.a.retry.rules[1] matches every answer: give at least one of status, "
                + "type and code"
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{stauts: 404, outcome: held}]}"),
            problem: """
                batchd.yaml:7:21: queues.a.retry.rules[0] matches every answer: give at least one of status, \
                type and code
                batchd.yaml:7:22: unknown key "stauts" in queues.a.retry.rules[0]; did you mean "status"?
                """
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{status: 42, outcome: held}]}"),
            problem:
                "batchd.yaml:7:30: queues.a.retry.rules[0].status must be a whole number from 100 to 599, "
                + "or null, not \"42\""
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{code: x, outcome: retyr}]}"),
            problem:
                "batchd.yaml:7:40: queues.a.retry.rules[0].outcome must be retry, succeeded, failed or held, "
                + "not \"retyr\""
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{status: 200, outcome: failed}]}"),
            problem:
                "batchd.yaml:7:21: queues.a.retry.rules[0] is about status 200: a row that Stripe did is "
                + "always succeeded"
        ),
        Mistake(
            text: minimal(queue: "retry: {rules: [{status: 503, outcome: failed}]}"),
            problem:
                "batchd.yaml:7:21: queues.a.retry.rules[0] calls a row failed of which status 503 does not "
                + "say whether it ran: name the code that does, or use held or retry"
        ),
    ]

    static let guards =
        [
            ("canary: {rows: 0}", 20, "canary.rows must be a whole number from 1 to 1000000, not \"0\""),
            ("canary: {rows: null}", 20, "canary.rows must be a whole number from 1 to 1000000, not null"),
            (
                "canary: {max_failure_rate: 2}", 32,
                "canary.max_failure_rate must be a share of rows such as 2% or 0.5%, at most 100%, not \"2\""
            ),
            (
                "halt: {max_failure_rate: 101%}", 30,
                "halt.max_failure_rate must be a share of rows such as 2% or 0.5%, at most 100%, not \"101%\""
            ),
            ("halt: 20%", 11, "halt must hold keys and values, not \"20%\""),
            ("window: nights", 13, #"window is no time of day: write it as "22:00-06:00 Europe/Paris""#),
            (
                "window: 22:00-06:00", 13,
                #"window says no time zone: write it as "22:00-06:00 Europe/Paris""#
            ),
            (
                "window: 22:00-25:00 UTC", 13,
                #"window says "25:00", which is no time: write it as "22:00-06:00 Europe/Paris""#
            ),
            (
                "window: 06:00-06:00 UTC", 13,
                "window opens and closes at the same time: leave it out to begin jobs at any time"
            ),
            (
                "window: 22:00-06:00 Europe/Pariss", 13,
                #"window says "Europe/Pariss", which is no time zone: did you mean "Europe/Paris"?"#
            ),
            (
                "window: 22:00-06:00 EST", 13,
                #"window says "EST", which is no time zone: use a name such as Europe/Paris, or UTC"#
            ),
        ].map { text, column, problem in
            Mistake(text: minimal(queue: text), problem: "batchd.yaml:7:\(column): queues.a.\(problem)")
        } + [
            Mistake(
                text: minimal(queue: "canary: {row: 5}"),
                problem: #"batchd.yaml:7:14: unknown key "row" in queues.a.canary; did you mean "rows"?"#)
        ]

    static let templates =
        [
            (
                "csv: id", 10,
                #"csv must hold keys and values such as {id: "{customer_id}", path_params: {…}, params: {…}}"#
            ),
            (
                #"csv: {path_params: {customer: "{c}"}}"#, 10,
                #"csv needs id: a text such as "{customer_id}" that is another one in each row"#
            ),
            (
                #"csv: {id: "{c}", path_param: {customer: "{c}"}}"#, 22,
                #"csv has no key "path_param"; did you mean "path_params"?"#
            ),
            (#"csv: {id: "{c}"}"#, 10, "csv.path_params needs customer, for POST /v1/customers/:customer"),
            (
                #"csv: {id: "{c}", path_params: {customer: "{c}", id: x}}"#, 10,
                "csv.path_params has id, and POST /v1/customers/:customer does not"
            ),
            (
                #"csv: {id: {c}, path_params: {customer: "{c}"}}"#, 15,
                #"csv.id needs quotes: "{c}"; without them YAML reads keys and values"#
            ),
            (
                #"csv: {id: "{c}", path_params: {customer: "{c}"}, params: {n: "{n:date}"}}"#, 66,
                #"csv.params.n has the unknown kind "date"; known: text, int, number, bool"#
            ),
            (
                #"csv: {id: "{c", path_params: {customer: "{c}"}}"#, 15,
                "csv.id has a { without its }; a brace itself is written {{"
            ),
            (#"csv: {id: "{c}", path_params: "{c}"}"#, 22, "csv.path_params must hold keys and values"),
        ].map { text, column, problem in
            Mistake(text: minimal(queue: text), problem: "batchd.yaml:7:\(column): queues.a.\(problem)")
        }

    static let syntax = [
        Mistake(
            text: "accounts:\n\tmain: {}\n",
            problem: "batchd.yaml:2:1: not valid YAML: while scanning for the next token, "
                + "found character that cannot start any token"
        ),
        Mistake(
            text: "accounts: {}\n---\nqueues: {}\n",
            problem: "batchd.yaml:2:1: not valid YAML: expected a single document in the stream, "
                + "but found another document"
        ),
        Mistake(
            text: "accounts: {main: {livemode: true, livemode: false}}\n",
            problem: "batchd.yaml:1:19: \"livemode\" is set twice"
        ),
    ]
}

import Foundation
import Testing

/// Tables through the queue's template, as people export them.
@Suite(.serialized) struct CSVSubmitTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            csv:
              id: "{id}"
              path_params: {customer: "{customer_id}"}
              params: {name: "{name}", metadata: {note: "{note?}", source: csv, seats: "{seats:int?}"}}
        """

    /// Writes a table and what is expected of it, with Python's csv module.
    private static let judge = """
        import csv, json, random, sys
        folder, seed = sys.argv[1], int(sys.argv[2])
        random.seed(seed)
        pieces = ['a', 'é', '"', '""', ',', ' ', '\\n', '\\r\\n', '\\\\', '{', '}', '\\t', '漢', "'", ';', '0']
        def text(): return ''.join(random.choice(pieces) for _ in range(random.randint(0, 8)))
        rows = [[f'r-{n}', f'cus_{n}', text(), text(), random.choice(['', '5', '-3'])] for n in range(400)]
        header = ['id', 'customer_id', 'name', 'note', 'seats']
        path = f'{folder}/table-{seed}.csv'
        with open(path, 'w', newline='', encoding=random.choice(['utf-8', 'utf-8-sig'])) as file:
            writer = csv.writer(file, quoting=random.choice([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
                                lineterminator=random.choice(['\\n', '\\r\\n']))
            writer.writerows([header] + rows)
        with open(path, newline='', encoding='utf-8-sig') as file:
            for row in csv.DictReader(file, strict=True):
                metadata = {'source': 'csv'}
                if row['note']: metadata['note'] = row['note']
                if row['seats']: metadata['seats'] = int(row['seats'])
                print(json.dumps({'id': row['id'], 'path_params': {'customer': row['customer_id']},
                                  'params': {'name': row['name'], 'metadata': metadata}}))
        """

    @Test func tablesAreReadAsPythonReadsThem() async throws {
        try await Site.with(queue: Self.queue) { site in
            try await site.withDaemon { _ in
                for seed in 1...4 {
                    let expected = try await site.judge(
                        "python3", ["-c", Self.judge, site.folder, "\(seed)"])
                    #expect(expected.code == 0, "\(expected.errors)")
                    #expect(try await site.ctl("pause", "ALL").code == 0)
                    let answer = try await site.ctl(
                        "submit", "update-customers", "\(site.folder)/table-\(seed).csv")
                    #expect(answer.code == 0, "\(answer.errors)")
                    let rows = try await site.ctl("rows", "w\(seed)").jsonLines()
                    let found = rows.compactMap { $0["input"] as? NSDictionary }
                    let wanted = try expected.jsonLines().map { $0 as NSDictionary }
                    #expect(found.count == 400 && found == wanted, "seed \(seed)")
                }
                #expect(try await site.ctl("resume", "ALL").code == 0)
                #expect(try await site.ctl("wait", "w4", "--timeout", "100s").code == 0)
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test func badLinesAreNamedByLineAndColumnOrLeftOut() async throws {
        try await Site.with(queue: Self.queue) { site in
            let table = try site.input(
                "table.csv",
                [
                    "id,customer_id,name,note,seats", #"r-1,cus_1,Ada,"two"#, #"lines",5"#,
                    "r-2,cus_2,Bob,,many",
                    "r 3,cus_3,Eve,,1", "r-4,cus_4,Dan", "r-5,cus_5,Fay,,",
                ])
            try await site.withDaemon { _ in
                let refused = try await site.ctl("submit", "update-customers", table)
                #expect(refused.code == 3)
                let lines = refused.errors.split(separator: "\n")
                #expect(lines[0].hasPrefix("\(table):4:5: column \"seats\": the field is not a whole number"))
                #expect(lines[1].hasPrefix("\(table):5:1: column \"id\": "), "\(refused.errors)")
                #expect(lines[2].hasSuffix("the line has 3 fields, and the header has 5"))
                #expect(!refused.errors.contains("many") && !refused.errors.contains("Eve"))
                #expect(refused.errors.contains("Nothing was queued"))
                let some = try await site.ctl("submit", "update-customers", table, "--skip-invalid", "--wait")
                #expect(some.code == 0, "\(some.errors)")
                #expect(some.errors.contains("3 bad rows left out."), "\(some.errors)")
                #expect(some.errors.contains("2 rows accepted"), "\(some.errors)")
                let rows = try await site.ctl("results", "w2").jsonLines()
                #expect(rows.compactMap { $0["row"] as? String } == ["r-1", "r-5"])
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test func aHeaderThatDoesNotFitIsRefusedWithTheNearestColumn() async throws {
        try await Site.with(queue: Self.queue + "\n" + Queue.codes) { site in
            let table = try site.input("table.csv", ["id,customer,name,note,seats", "r-1,cus_1,Ada,,"])
            try await site.withDaemon { _ in
                let refused = try await site.ctl("submit", "update-customers", table, "--skip-invalid")
                #expect(refused.code == 3)
                #expect(refused.errors.contains(#"names the column "customer_id""#), "\(refused.errors)")
                #expect(refused.errors.contains(#"mean "customer""#), "\(refused.errors)")
                let none = try await site.ctl("submit", "promotion-codes", table)
                #expect(none.code == 3 && none.errors.contains("takes no CSV"), "\(none.errors)")
            }
        }
    }
}

/// Looking before leaping.
@Suite(.serialized) struct DryRunTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            max_rows_per_job: 400
        """

    @Test func aDryRunShowsTheJobsAndKeepsNothing() async throws {
        try await Site.with(queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(1_100))
            try await site.withDaemon { _ in
                let screen = try await site.ctl("submit", "update-customers", input, "--dry-run")
                #expect(screen.code == 0, "\(screen.errors)")
                #expect(screen.output.contains("1,100 rows"), "\(screen.output)")
                #expect(screen.output.contains("200 rows"), "\(screen.output)")
                #expect(screen.output.contains("2 jobs of up to 400 rows: 800 rows"), "\(screen.output)")
                let plan = try await site.ctl("submit", "update-customers", input, "--dry-run", "-o", "json")
                    .json()
                let jobs = plan["jobs"] as? [[String: Any]] ?? []
                #expect(jobs.map { $0["jobs"] as? Int } == [1, 2, 1])
                #expect(jobs.map { $0["rows"] as? Int } == [200, 800, 100])
                #expect(jobs.map { $0["limit"] as? String } == ["canary", "max_rows_per_job", nil])
                #expect(plan["rate_is"] as? String == "assumed")
                let none = try await site.ctl("list", "workloads", "-o", "json")
                #expect(none.output.isEmpty)
                let jobsMade = try await site.simulator.jobs()
                #expect(jobsMade.isEmpty)
                // Now in earnest: it is no duplicate of its own dry run, and makes the jobs that were foretold.
                let real = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(real.code == 0, "\(real.errors)")
                #expect(real.output == "w1\n", "a dry run uses up no id")
                let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                #expect(batches.compactMap { $0["rows"] as? Int }.sorted() == [100, 200, 400, 400])
                let again = try await site.ctl("submit", "update-customers", input, "--dry-run")
                #expect(again.code == 3 && again.errors.contains("was submitted"), "\(again.errors)")
            }
        }
    }

    @Test func badRowsAreLeftOutOnRequestAndRepeatedIDsNever() async throws {
        try await Site.with(queue: Self.queue) { site in
            let good = Array(Rows.updates(50))
            let bad = (1...30).map { "{\"id\":\"bad \($0)\"}" }
            let input = try site.input("rows.jsonl", good[..<20] + bad + good[20...])
            let twice = try site.input("twice.jsonl", bad + good + [good[3]])
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 3)
                let dry = try await site.ctl(
                    "submit", "update-customers", input, "--skip-invalid", "--dry-run")
                #expect(dry.code == 0 && dry.errors.contains("30 bad rows left out."), "\(dry.errors)")
                let some = try await site.ctl(
                    "submit", "update-customers", input, "--skip-invalid", "--wait", "-o", "json")
                #expect(some.code == 0, "\(some.errors)")
                #expect(some.errors.contains("rows.jsonl:21:"), "\(some.errors)")
                #expect(some.errors.contains("and 10 more bad lines"), "\(some.errors)")
                let repeated = try await site.ctl("submit", "update-customers", twice, "--skip-invalid")
                #expect(repeated.code == 3, "\(repeated.errors)")
                #expect(
                    repeated.errors.contains(":81:1: the id stands in line 34 already"), "\(repeated.errors)")
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }
}

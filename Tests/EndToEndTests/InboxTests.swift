import Foundation
import Testing

/// Files that are put into a folder, by somebody who knows nothing of sockets.
@Suite(.serialized) struct InboxTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            csv: {id: "{id}", path_params: {customer: "{customer}"}, params: {name: "{name}"}}
        """

    private struct Inbox {
        let site: Site
        var path: String { "\(site.folder)/inbox/update-customers" }

        init(_ site: Site) throws {
            self.site = site
            try site.configure(InboxTests.queue + "\ninbox: \(site.folder)/inbox")
        }

        /// Renames a file into the inbox, as its contract has it.
        func put(_ name: String, _ lines: some Sequence<String>) throws {
            let file = try site.input("outside-\(name)", lines)
            try FileManager.default.moveItem(atPath: file, toPath: "\(path)/\(name)")
        }

        func names(_ folder: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
        }

        func arrives(_ name: String, in folder: String) async throws {
            try await awaitFact("\(name) is in \(folder)") { names(folder).contains(name) }
        }
    }

    @Test func aFileThatIsRenamedIntoItIsSubmittedAndMoved() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            try await site.withDaemon { _ in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                try inbox.put("rows.jsonl", Rows.updates(30))
                try await inbox.arrives("w1-rows.jsonl", in: "accepted")
                try inbox.put(
                    "table.CSV", ["id,customer,name", "t-1,cus_t1,\"Ada, Countess\"", "t-2,cus_t2,Bob"])
                try await inbox.arrives("w2-table.CSV", in: "accepted")
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                #expect(try await site.ctl("wait", "w2", "--timeout", "100s").code == 0)
                let workload = try await site.ctl("show", "w2", "-o", "json").json()
                #expect(workload["name"] as? String == "table.CSV")
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test func aBadFileIsRejectedWithTheReasonBesideItAndNoContents() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            try await site.withDaemon { _ in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                try inbox.put("bad.jsonl", ["{\"id\":\"secret row\"}"])
                try await inbox.arrives("bad.jsonl", in: "rejected")
                let reason = try String(
                    contentsOfFile: "\(inbox.path)/rejected/bad.jsonl.reason.txt", encoding: .utf8)
                #expect(reason.contains("bad.jsonl was not accepted: nothing of it was queued."), "\(reason)")
                #expect(reason.contains("line 1, column ") && !reason.contains("secret"), "\(reason)")
                try inbox.put("rows.xlsx", ["x"])
                try await inbox.arrives("rows.xlsx", in: "rejected")
                try inbox.put("rows.jsonl", Rows.updates(3))
                try await inbox.arrives("w2-rows.jsonl", in: "accepted")
                // The same rows once more: another file, and so a duplicate.
                try inbox.put("rows.jsonl", Rows.updates(3))
                try await inbox.arrives("rows.jsonl.reason.txt", in: "rejected")
                try inbox.put("rows.jsonl", Rows.updates(3))
                try await inbox.arrives("2-rows.jsonl", in: "rejected")
                let log = try String(contentsOfFile: site.daemonLog, encoding: .utf8)
                #expect(!log.contains("secret row"))
            }
        }
    }

    @Test func whatIsStillBeingWrittenIsLeftAlone() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            try await site.withDaemon { _ in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                try inbox.put(".hidden.jsonl", Rows.updates(3))
                try inbox.put("rows.jsonl.partial", Rows.updates(4))
                try inbox.put("rows.jsonl", Rows.updates(5))
                // Files are taken in the order of their names: this one stands behind all of them.
                try inbox.put("z.jsonl", Rows.otherUpdates(6))
                try await inbox.arrives("w2-z.jsonl", in: "accepted")
                #expect(inbox.names("") == [".hidden.jsonl", "accepted", "rejected", "rows.jsonl.partial"])
                #expect(inbox.names("accepted") == ["w1-rows.jsonl", "w2-z.jsonl"])
                try FileManager.default.moveItem(
                    atPath: "\(inbox.path)/rows.jsonl.partial", toPath: "\(inbox.path)/more.jsonl")
                try await inbox.arrives("w3-more.jsonl", in: "accepted")
            }
        }
    }

    /// The file stands where a crash between accepting and moving leaves it.
    @Test func aFileThatWasAcceptedAndNotMovedIsNotSubmittedTwice() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            try await site.withDaemon { daemon in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                try inbox.put("rows.jsonl", Rows.updates(40))
                try await inbox.arrives("w1-rows.jsonl", in: "accepted")
                try daemon.kill()
            }
            try FileManager.default.moveItem(
                atPath: "\(inbox.path)/accepted/w1-rows.jsonl", toPath: "\(inbox.path)/rows.jsonl")
            try await site.withDaemon { _ in
                try await inbox.arrives("w1-rows.jsonl", in: "accepted")
                #expect(inbox.names("rejected").isEmpty)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                let workloads = try await site.ctl("list", "workloads", "-o", "json").jsonLines()
                #expect(workloads.count == 1)
                let ledger = try await site.simulator.ledger(minimumExecutions: 2)
                #expect(ledger.isEmpty)
            }
        }
    }

    @Test func aReloadBringsTheFolderOfANewQueueAndClosesThatOfAnOldOne() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            let codes = "\(site.folder)/inbox/promotion-codes"
            try await site.withDaemon { daemon in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                try site.configure(Queue.codes + "\ninbox: \(site.folder)/inbox")
                try daemon.reload()
                try await awaitFact("the new folder is there") {
                    FileManager.default.fileExists(atPath: "\(codes)/rejected")
                }
                let log = try await site.awaitLog("there is no such queue")
                #expect(log.contains("path=\(inbox.path)"), "\(log)")
                try inbox.put("rows.jsonl", Rows.updates(3))
                let file = try site.input("codes.jsonl", Rows.codes(3))
                try FileManager.default.moveItem(atPath: file, toPath: "\(codes)/codes.jsonl")
                try await awaitFact("the file of the new queue is taken") {
                    FileManager.default.fileExists(atPath: "\(codes)/accepted/w1-codes.jsonl")
                }
                #expect(inbox.names("").contains("rows.jsonl"), "nothing is taken for the old one")
                // Back again, with what has waited.
                try site.configure(Self.queue + "\ninbox: \(site.folder)/inbox")
                try daemon.reload()
                try await inbox.arrives("w2-rows.jsonl", in: "accepted")
            }
        }
    }

    @Test func oneFolderInTroubleDoesNotHoldUpTheOthers() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            try await site.withDaemon { daemon in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                // Its folder would come before the other one, and is no folder.
                _ = try site.input("inbox/a-queue", ["no folder"])
                try site.configure(
                    "  a-queue: {endpoint: POST /v1/coupons}\n" + Self.queue
                        + "\ninbox: \(site.folder)/inbox")
                try daemon.reload()
                try await site.awaitLog("the inbox has to wait")
                try inbox.put("rows.jsonl", Rows.updates(3))
                try await inbox.arrives("w1-rows.jsonl", in: "accepted")
            }
        }
    }

    @Test func anotherInboxIsRefusedByAReloadAndNamed() async throws {
        try await Site.with(queue: Self.queue) { site in
            let inbox = try Inbox(site)
            try await site.withDaemon { daemon in
                try await awaitFact("the folders are there") { !inbox.names("").isEmpty }
                try site.configure(Self.queue + "\ninbox: \(site.folder)/elsewhere")
                try daemon.reload()
                try await site.awaitLog(
                    "not changed: this takes a restart from=\(site.folder)/inbox key=inbox to=\(site.folder)/elsewhere"
                )
                try inbox.put("rows.jsonl", Rows.updates(3))
                try await inbox.arrives("w1-rows.jsonl", in: "accepted")
                #expect(!FileManager.default.fileExists(atPath: "\(site.folder)/elsewhere"))
            }
        }
    }
}

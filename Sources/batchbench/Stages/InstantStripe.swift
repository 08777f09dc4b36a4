import BatchCore
import StripeBatch

/// A Stripe that has done everything before it is asked: one job, whose results lie on the bench's server.
///
/// Calls about the job are answered here, in no time. Files go over the wire, as they do in the daemon.
struct InstantStripe: Transport {
    /// Where calls go that end here.
    static let base = "https://stripe.invalid"

    let wire: HTTPTransport
    /// The bench's server, for example `http://127.0.0.1:4711`.
    let server: String
    let rows: Int
    let resultBytes: Int64

    func send(
        _ request: WireRequest, receive: (WireHead, UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> WireHead {
        guard request.url.reveal.hasPrefix(Self.base) else {
            return try await wire.send(request, receive: receive)
        }
        let head = WireHead(status: 200, headers: [])
        let answer = Array((request.method == .post ? readyForUpload : complete).utf8)
        _ = try answer.withUnsafeBytes { try receive(head, $0) }
        return head
    }

    private var readyForUpload: String {
        job("ready_for_upload", #"{"upload_url":{"url":"\#(server)/input"}}"#)
    }

    private var complete: String {
        let failed = rows / 10
        return job(
            "complete",
            #"{"success_count":\#(rows - failed),"failure_count":\#(failed),"output_file":"#
                + #"{"size":\#(resultBytes),"download_url":{"url":"\#(server)/results"}}}"#)
    }

    private func job(_ status: String, _ details: String) -> String {
        #"{"id":"batchv2_bench","object":"v2.core.batch_job","created":"2099-01-01T00:00:00Z","status":"\#(status)","#
            + #""status_details":{"\#(status)":\#(details)}}"#
    }
}

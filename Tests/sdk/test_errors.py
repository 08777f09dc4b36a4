"""Every refusal: its status, code and shape, and the exception that the SDK makes of it."""

import unittest

import requests
import stripe
from harness import CUSTOMERS, HAS_MAXIMUM_RPS, KEY, VERSION, SimulatorTest, row


class Refusals(SimulatorTest):
    def check(self, kind, status, code, call, **fields):
        """`call` is refused with this status and this body; every v2 error has these members and no other."""
        error = self.refusal(kind, call)
        self.assertEqual(error.http_status, status)
        body = dict(error.json_body["error"])
        self.assertTrue(body.pop("message"))
        self.assertEqual(body, {"code": code, **fields})
        self.assertRegex(error.request_id, r"^req_\w+$")
        return error

    def test_an_endpoint_that_cannot_be_batched(self):
        endpoint = {"http_method": "post", "path": "/v1/charges"}
        error = self.check(
            stripe.InvalidRequestError, 400, "batch_api_unsupported_endpoint",
            lambda: self.create(endpoint=endpoint), endpoint=endpoint)
        self.assertEqual(error.code, "batch_api_unsupported_endpoint")

    def test_an_endpoint_that_this_account_may_not_use(self):
        self.check(
            stripe.InvalidRequestError, 400, "auth_unauthorized_endpoint",
            lambda: self.create(self.connect("rk_test_unauthorized")), endpoint=CUSTOMERS)

    def test_a_missing_version(self):
        answer = requests.post(
            f"{self.base}/v2/core/batch_jobs", json={}, headers={"Authorization": f"Bearer {KEY}"})
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(answer.json()["error"]["code"], "stripe_api_version_not_provided")

    def test_a_job_that_does_not_exist(self):
        for call in (self.jobs().retrieve, self.jobs().cancel):
            self.check(
                stripe.InvalidRequestError, 404, "batch_job_not_found", lambda: call("batchv2_none"),
                batch_job_id="batchv2_none")

    def test_a_job_of_another_account(self):
        job = self.create()
        other = self.jobs(self.connect("sk_test_other"))
        self.check(
            stripe.InvalidRequestError, 404, "batch_job_not_found", lambda: other.retrieve(job.id),
            batch_job_id=job.id)

    def test_a_job_that_can_no_longer_be_canceled(self):
        job = self.run_job(row(1))
        self.check(
            stripe.InvalidRequestError, 400, "batch_api_non_cancellable_job",
            lambda: self.jobs().cancel(job.id), batch_job_id=job.id)

    def test_a_key_that_is_none(self):
        self.check(
            stripe.AuthenticationError, 401, "unauthorized", lambda: self.create(self.connect("pk_test_x")))

    def test_a_version_without_batch_jobs(self):
        self.check(
            stripe.InvalidRequestError, 400, "invalid_stripe_version",
            lambda: self.create(options={"stripe_version": "2025-01-27.acacia"}))

    def test_the_same_key_with_another_body_is_refused_once_for_all(self):
        client = self.connect(retries=2)
        options = {"idempotency_key": "one-key"}
        self.create(client, options)
        error = self.check(
            stripe.APIError, 409, "idempotency_error",
            lambda: self.create(client, options, metadata={"other": "body"}))
        self.assertIsNone(error.code)
        self.assertEqual(error.headers["Stripe-Should-Retry"], "false")
        self.assertEqual(self.attempts("create"), 2)

    def test_malformed_parameters(self):
        cases = [
            ("parameter_unknown", {"surprise": 1}),
            ("parameter_invalid", {"endpoint": {**CUSTOMERS, "http_method": "get"}}),
            ("parameter_invalid", {"metadata": {"k" * 41: "v"}}),
            ("parameter_invalid", {"skip_validation": "perhaps"}),
            ("parameter_invalid", {"notification_suppression": {"scope": "some"}}),
        ]
        for code, fields in cases:
            self.check(stripe.InvalidRequestError, 400, code, lambda: self.create(**fields))

    def test_maximum_rps_where_it_is_gone_or_out_of_bounds(self):
        code = "parameter_invalid" if HAS_MAXIMUM_RPS else "parameter_unknown"
        self.check(stripe.InvalidRequestError, 400, code, lambda: self.create(maximum_rps=101))

    def test_metadata_is_required_before_june(self):
        def create():
            return self.jobs().create({"endpoint": CUSTOMERS, "skip_validation": False})

        if VERSION < "2026-06-24":
            self.check(stripe.InvalidRequestError, 400, "parameter_missing", create)
        else:
            create()

    def test_a_rate_limit(self):
        self.inject(wire=[{"on": "retrieve", "action": "status", "status": 429}])
        error = self.check(
            stripe.RateLimitError, 429, "account_rate_limit_exceeded",
            lambda: self.jobs().retrieve("batchv2_x"), type="rate_limit")
        self.assertNotIn("Retry-After", error.headers)


class Accidents(SimulatorTest):
    """Answers that are no answers."""

    def test_a_gateway_that_speaks_html(self):
        self.inject(wire=[{"on": "create", "action": "status", "status": 502, "body": "html"}])
        self.assertEqual(self.refusal(stripe.APIError, self.create).http_status, 502)

    def test_an_answer_without_a_body(self):
        self.inject(wire=[{"on": "create", "action": "status", "status": 503, "body": "empty"}])
        self.assertEqual(self.refusal(stripe.APIError, self.create).http_status, 503)

    def test_json_that_ends_in_the_middle(self):
        self.inject(wire=[{"on": "create", "action": "truncate"}])
        self.refusal(stripe.APIError, self.create)

    def test_a_connection_that_is_cut(self):
        for action in ("lose_before", "lose_after"):
            self.inject(wire=[{"on": "create", "action": action}])
            self.refusal(stripe.APIConnectionError, self.create)


class Files(SimulatorTest):
    """The presigned URLs, which know nothing of Stripe's errors."""

    def put(self, job, body=b"{}", **headers):
        url = job.status_details.ready_for_upload.upload_url.url
        answer = requests.put(url, data=body, headers={"Content-Type": "application/octet-stream", **headers})
        return answer.status_code

    def test_another_content_type_is_refused(self):
        self.assertEqual(self.put(self.create(), **{"Content-Type": "application/jsonlines"}), 403)

    def test_a_key_has_no_place_there(self):
        self.assertEqual(self.put(self.create(), Authorization=f"Bearer {KEY}"), 400)

    def test_too_late_is_too_late(self):
        job = self.create()
        self.advance(301)
        self.assertEqual(self.put(job), 403)

    def test_there_is_no_second_upload(self):
        job = self.create()
        self.upload(job, row(1))
        self.assertEqual(self.put(job), 403)

    def test_a_download_link_dies_and_a_retrieve_renews_it(self):
        job = self.run_job(row(1))
        url = job.status_details.complete.output_file.download_url.url
        self.assertEqual(requests.get(url).status_code, 200)
        self.advance(3601)
        self.assertEqual(requests.get(url).status_code, 403)
        self.assertEqual(len(self.results(self.jobs().retrieve(job.id))), 1)
        self.advance(7 * 86_400)
        renewed = self.jobs().retrieve(job.id).status_details.complete.output_file.download_url.url
        self.assertEqual(requests.get(renewed).status_code, 404)


if __name__ == "__main__":
    unittest.main()

"""A job's life, as the SDK's objects show it."""

import base64
import unittest

import requests
from harness import CUSTOMERS, HAS_MAXIMUM_RPS, VERSION, SimulatorTest, row, wait


class Lifecycle(SimulatorTest):
    def test_a_new_job_waits_for_its_file(self):
        job = self.create(metadata={"team": "billing"})
        self.assertEqual(type(job).__name__, "BatchJob")
        self.assertEqual((job.object, job.status), ("v2.core.batch_job", "ready_for_upload"))
        self.assertRegex(job.id, r"^batchv2_\w+$")
        self.assertRegex(job.created, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(job.metadata["team"], "billing")
        self.assertIs(job.livemode, False)
        self.assertIs(job.skip_validation, False)
        self.assertGreater(job.status_details.ready_for_upload.upload_url.expires_at, job.created)
        self.assertRegex(job.last_response.request_id, r"^req_\w+$")

    def test_it_validates_executes_and_completes(self):
        job = self.create()
        self.upload(job, *(row(n) for n in range(3000)))
        seen = {}

        def complete():
            now = self.jobs().retrieve(job.id)
            seen.setdefault(now.status, now.status_details)
            return now if now.status == "complete" else None

        done = wait("the job completes", complete)
        self.assertLessEqual(set(seen), {"validating", "in_progress", "complete"})
        self.assertIsInstance(seen["in_progress"].in_progress.success_count, int)
        self.assertEqual(done.status_details.complete.success_count, 3000)
        self.assertEqual(done.status_details.complete.failure_count, 0)
        file = done.status_details.complete.output_file
        self.assertEqual(file.content_type, "application/jsonlines")
        self.assertEqual(len(self.results(done)), 3000)

    def test_validation_counts_while_it_runs(self):
        self.control("POST", "clock", {"time_scale": 0})
        self.addCleanup(self.control, "POST", "clock", {"time_scale": 60})
        job = self.create()
        self.upload(job, *(row(n) for n in range(300)))
        self.advance(0.05)
        validating = self.jobs().retrieve(job.id)
        self.assertEqual(validating.status, "validating")
        self.assertIn(validating.status_details.validating.validated_count, range(1, 300))

    def test_a_failing_row_carries_stripes_error(self):
        job = self.run_job(row(1), row(2, path_params={"customer": "cus_missing"}))
        counts = job.status_details.complete
        self.assertEqual((counts.success_count, counts.failure_count), (1, 1))
        failed = self.results(job)["r-2"]
        self.assertEqual(failed["status"], 404)
        self.assertEqual(failed["response"]["error"]["code"], "resource_missing")

    def test_a_bad_file_is_accepted_and_fails_later(self):
        job = self.run_job(row(1), "not json")
        self.assertEqual(job.status, "validation_failed")
        self.assertEqual(job.status_details.validation_failed.success_count, 0)
        self.assertEqual(len(self.results(job)), 1)

    def test_without_a_file_the_job_dies(self):
        job = self.create()
        self.advance(300)
        self.assertEqual(self.finish(job).status, "upload_timeout")

    def test_a_job_can_end_badly(self):
        for end in ("batch_failed", "timeout"):
            self.inject(jobs=[{"end": end, "after_share": 0.5}])
            job = self.run_job(*(row(n) for n in range(10)), skip_validation=True)
            self.assertEqual(job.status, end)
            if end == "timeout":
                self.assertEqual(job.status_details.timeout.success_count, 5)
                self.assertEqual(len(self.results(job)), 5)
            else:
                self.assertIsInstance(job.status_details.batch_failed.error, str)

    def test_statuses_and_fields_that_the_sdk_does_not_know_pass_through(self):
        self.inject(jobs=[{"show": "polishing", "for_seconds": 120}])
        job = self.create(skip_validation=True)
        self.upload(job, row(1))
        wait("an unknown status", lambda: self.jobs().retrieve(job.id).status == "polishing")
        self.assertEqual(self.finish(job).status, "complete")


class Cancel(SimulatorTest):
    def test_a_job_without_a_file_is_canceled_and_stays_so(self):
        job = self.create()
        self.assertIn(self.jobs().cancel(job.id).status, ("cancelling", "canceled"))
        canceled = self.finish(job)
        self.assertEqual(canceled.status, "canceled")
        self.assertEqual(canceled.status_details.canceled.success_count, 0)
        self.assertEqual(self.jobs().cancel(job.id).status, "canceled")

    def test_a_running_job_keeps_what_it_did(self):
        job = self.create(skip_validation=True)
        self.upload(job, *(row(n) for n in range(50_000)))
        wait("rows run", lambda: self.jobs().retrieve(job.id).status_details.in_progress.success_count > 0)
        self.jobs().cancel(job.id)
        canceled = self.finish(job)
        done = canceled.status_details.canceled.success_count
        self.assertIn(done, range(1, 50_000))
        self.assertEqual(len(self.results(canceled)), done)


class Versions(SimulatorTest):
    def test_maximum_rps_comes_back_while_the_version_has_it(self):
        if not HAS_MAXIMUM_RPS:
            self.assertNotIn("maximum_rps", self.create())
            return
        self.assertEqual(self.create().maximum_rps, 10)
        self.assertEqual(self.create(maximum_rps=25).maximum_rps, 25)

    def test_notifications_can_be_suppressed(self):
        self.create(notification_suppression={"scope": "all"})

    def test_an_older_version_can_be_asked_for(self):
        job = self.create(options={"stripe_version": "2026-03-25.preview"})
        self.assertEqual(job.maximum_rps, 10)

    def test_delete_is_batchable_from_may_on(self):
        endpoint = {"path": "/v1/subscriptions/:subscription_exposed_id", "http_method": "delete"}
        if VERSION >= "2026-05-27":
            self.assertEqual(self.create(endpoint=endpoint).status, "ready_for_upload")


class Keys(SimulatorTest):
    def test_both_schemes_mean_the_same_account(self):
        job = self.create()
        basic = "Basic " + base64.b64encode(b"sk_test_sdk:").decode()
        self.assertEqual(
            self.jobs().retrieve(job.id, {}, {"headers": {"Authorization": basic}}).id, job.id)
        answer = requests.get(
            f"{self.base}/v2/core/batch_jobs/{job.id}", auth=("sk_test_sdk", ""),
            headers={"Stripe-Version": VERSION})
        self.assertEqual(answer.json()["id"], job.id)

    def test_a_live_key_makes_live_jobs(self):
        self.assertIs(self.create(self.connect("sk_live_sdk")).livemode, True)

    def test_a_context_is_an_account_of_its_own(self):
        options = {"stripe_context": "acct_1"}
        job = self.create(options=options)
        self.assertEqual(self.jobs().retrieve(job.id, {}, options).id, job.id)


class Idempotency(SimulatorTest):
    def test_a_replay_answers_with_the_job_as_it_is_now(self):
        options = {"idempotency_key": "the-same"}
        job = self.create(options=options)
        self.assertEqual(self.create(options=options).id, job.id)
        self.upload(job, row(1))
        self.finish(job)
        replay = self.create(options=options)
        self.assertEqual((replay.id, replay.status), (job.id, "complete"))
        self.assertEqual(replay.status_details.complete.success_count, 1)

    def test_a_canceled_job_can_be_canceled_with_the_same_key(self):
        job = self.create()
        options = {"idempotency_key": "cancel-it"}
        self.jobs().cancel(job.id, {}, options)
        self.finish(job)
        self.assertEqual(self.jobs().cancel(job.id, {}, options).status, "canceled")

    def test_a_key_counts_for_one_operation_of_one_account_for_thirty_days(self):
        options = {"idempotency_key": "k"}
        job = self.create(options=options)
        self.assertNotEqual(self.create(self.connect("sk_test_other"), options).id, job.id)
        self.jobs().cancel(job.id, {}, options)
        self.advance(30 * 86_400)
        self.assertNotEqual(self.create(options=options).id, job.id)

    def test_a_failed_create_is_worked_again(self):
        options = {"idempotency_key": "second-try"}
        with self.assertRaises(Exception):
            self.create(options=options, endpoint={**CUSTOMERS, "path": "/v1/charges"})
        self.assertEqual(self.create(options=options).status, "ready_for_upload")


if __name__ == "__main__":
    unittest.main()

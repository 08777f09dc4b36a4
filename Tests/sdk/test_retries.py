"""What the SDK does by itself when an answer fails to come, with two retries allowed."""

import unittest

import stripe
from harness import SimulatorTest, row


class Retries(SimulatorTest):
    def setUp(self):
        super().setUp()
        self.client = self.connect(retries=2)

    def attempts_at(self, status, should_retry=None):
        """How often a create is tried that is always answered so."""
        self.control("POST", "reset")
        self.control("DELETE", "faults")
        fault = {"on": "create", "action": "status", "status": status, "forever": True}
        if should_retry is not None:
            fault["should_retry"] = should_retry
        self.inject(wire=[fault])
        with self.assertRaises(stripe.StripeError):
            self.create()
        return self.attempts("create")

    def test_it_tries_again_what_may_pass(self):
        self.assertEqual(self.attempts_at(500), 3)
        self.assertEqual(self.attempts_at(503), 3)
        self.assertEqual(self.attempts_at(409), 3)
        self.assertEqual(self.attempts_at(429, should_retry=True), 3)

    def test_it_gives_up_where_that_is_useless(self):
        self.assertEqual(self.attempts_at(400), 1)
        self.assertEqual(self.attempts_at(401), 1)
        self.assertEqual(self.attempts_at(429), 1)
        self.assertEqual(self.attempts_at(409, should_retry=False), 1)
        self.assertEqual(self.attempts_at(500, should_retry=False), 1)

    def test_without_retries_there_are_none(self):
        self.client = self.connect()
        self.assertEqual(self.attempts_at(500), 1)

    def test_a_passing_failure_is_not_seen(self):
        self.inject(wire=[{"on": "create", "action": "status", "status": 503, "count": 1}])
        self.assertEqual(self.create().status, "ready_for_upload")
        self.assertEqual(self.attempts("create"), 2)

    def test_a_lost_request_and_a_lost_answer_make_one_job(self):
        for action in ("lose_before", "lose_after", "truncate"):
            self.control("POST", "reset")
            self.inject(wire=[{"on": "create", "action": action}])
            if action == "truncate":
                # A whole answer that cannot be read is no reason to ask again.
                self.refusal(stripe.APIError, self.create)
            else:
                job = self.create()
                self.assertEqual(self.attempts("create"), 2)
                self.assertEqual([known["id"] for known in self.control("GET", "jobs")["jobs"]], [job.id])

    def test_a_lost_answer_to_a_cancel_changes_nothing(self):
        job = self.create()
        self.inject(wire=[{"on": "cancel", "action": "lose_after"}])
        self.jobs().cancel(job.id)
        self.assertEqual(self.finish(job).status, "canceled")

    def test_a_whole_job_gets_through_a_bad_day(self):
        for operation in ("create", "retrieve"):
            self.inject(wire=[{"on": operation, "action": "lose_after", "count": 2}])
        job = self.run_job(row(1), row(2))
        self.assertEqual(job.status_details.complete.success_count, 2)


if __name__ == "__main__":
    unittest.main()

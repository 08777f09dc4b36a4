"""Rows that the SDK's own serializers write are accepted, and really executed."""

import inspect
import json
import unittest

import requests
from harness import SimulatorTest
from stripe._v1_services import _subservices

# Service and serializer, with the endpoint that its rows are for, their arguments, and what comes back.
SERIALIZERS = {
    ("accounts", "update"): ("post", "/v1/accounts/:account", ["acct_1"], {"metadata": {"tier": "gold"}}),
    ("coupons", "create"): ("post", "/v1/coupons", [], {"id": "SPRING", "percent_off": 20}),
    ("credit_notes", "create"): ("post", "/v1/credit_notes", [], {"invoice": "in_1", "amount": 100}),
    ("customers", "update"): ("post", "/v1/customers/:customer", ["cus_1"], {"name": "Ada"}),
    ("invoices", "pay"): ("post", "/v1/invoices/:invoice/pay", ["in_1"], {}),
    ("invoices", "update"): ("post", "/v1/invoices/:invoice", ["in_2"], {"description": "Thanks"}),
    ("promotion_codes", "create"): (
        "post", "/v1/promotion_codes", [], {"promotion": {"type": "coupon", "coupon": "c"}, "code": "HELLO"}),
    ("promotion_codes", "update"): (
        "post", "/v1/promotion_codes/:promotion_code", ["promo_1"], {"active": False}),
    ("subscription_schedules", "cancel"): (
        "post", "/v1/subscription_schedules/:schedule/cancel", ["sub_sched_1"], {}),
    ("subscription_schedules", "create"): (
        "post", "/v1/subscription_schedules", [], {"end_behavior": "cancel"}),
    ("subscription_schedules", "update"): (
        "post", "/v1/subscription_schedules/:schedule", ["sub_sched_2"], {"end_behavior": "cancel"}),
    ("subscriptions", "cancel"): ("delete", "/v1/subscriptions/:subscription_exposed_id", ["sub_1"], {}),
    ("subscriptions", "migrate"): (
        "post", "/v1/subscriptions/:subscription/migrate", ["sub_2"], {"billing_mode": {"type": "flexible"}}),
    ("subscriptions", "update"): (
        "post", "/v1/subscriptions/:subscription_exposed_id", ["sub_3"], {"description": "Yearly"}),
}


def serializers(client):
    """Every `serialize_batch_…` of the installed SDK."""
    found = {}
    for name in _subservices:
        for method, serialize in inspect.getmembers(getattr(client.v1, name), inspect.ismethod):
            if method.startswith("serialize_batch_"):
                found[name, method.removeprefix("serialize_batch_")] = serialize
    return found


class Rows(SimulatorTest):
    def serialize(self, service, operation, params, options=None):
        _, _, ids, _ = SERIALIZERS[service, operation]
        return serializers(self.client)[service, operation](*ids, params or None, options or {})

    def execute(self, service, operation, *lines):
        method, path, _, _ = SERIALIZERS[service, operation]
        job = self.run_job(*lines, endpoint={"path": path, "http_method": method})
        self.assertEqual(job.status, "complete", self.results(job))
        results = self.results(job)
        return [results[json.loads(line)["id"]] for line in lines]

    def test_each_serializer_of_this_sdk_makes_rows_that_run(self):
        known = serializers(self.client)
        self.assertGreaterEqual(len(known), 8)
        self.assertLessEqual(set(known), set(SERIALIZERS))
        for service, operation in known:
            with self.subTest(f"{service}.serialize_batch_{operation}"):
                _, _, _, params = SERIALIZERS[service, operation]
                [answer] = self.execute(service, operation, self.serialize(service, operation, params))
                self.assertEqual(answer["status"], 200, answer)
                for name, value in params.items():
                    self.assertEqual(answer["response"][name], value)
        summary = self.control("GET", "ledger/summary")
        self.assertEqual(summary["executions"], len(known))

    def test_a_row_without_parameters_is_an_update_of_nothing(self):
        line = self.serialize("customers", "update", None)
        self.assertIsNone(json.loads(line)["params"])
        self.assertEqual(self.execute("customers", "update", line)[0]["response"]["id"], "cus_1")

    def test_a_row_can_act_on_another_account(self):
        line = self.serialize("customers", "update", {"name": "Ada"}, {"stripe_context": "acct_9"})
        self.assertEqual(json.loads(line)["context"], "acct_9")
        self.assertEqual(self.execute("customers", "update", line)[0]["status"], 200)

    def test_a_subscription_is_migrated_once(self):
        params = SERIALIZERS["subscriptions", "migrate"][3]
        statuses = []
        for _ in range(2):
            line = self.serialize("subscriptions", "migrate", params)
            statuses.append(self.execute("subscriptions", "migrate", line)[0])
        self.assertEqual([answer["status"] for answer in statuses], [200, 400])
        self.assertIn("already been migrated", statuses[1]["response"]["error"]["message"])

    def test_a_promotion_code_exists_once(self):
        params = SERIALIZERS["promotion_codes", "create"][3]
        lines = [self.serialize("promotion_codes", "create", params) for _ in range(2)]
        answers = self.execute("promotion_codes", "create", *lines)
        self.assertEqual(sorted(answer["status"] for answer in answers), [200, 400])

    def test_the_ledger_knows_each_row(self):
        line = self.serialize("customers", "update", {"name": "Ada"})
        self.execute("customers", "update", line)
        record = requests.get(f"{self.base}/_sim/ledger").json()
        self.assertEqual((record["row"], record["executions"]), (json.loads(line)["id"], 1))


if __name__ == "__main__":
    unittest.main()

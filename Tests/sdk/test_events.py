"""Thin events: pushed, signed, parsed, fetched and listed."""

import json
import time
import unittest

import stripe
from harness import Receiver, SimulatorTest, row, wait

SECRET = "whsec_of_the_tests"
PREFIX = "v2.core.batch_job."
TYPES = {
    PREFIX + name
    for name in (
        "created", "ready_for_upload", "validating", "validation_failed", "completed", "batch_failed",
        "canceled", "timeout", "upload_timeout", "updated")
}


class Pushed(SimulatorTest):
    """Everything goes to the target that was given when batchsim was started."""

    @classmethod
    def setUpClass(cls):
        cls.receiver = Receiver()
        cls.addClassCleanup(cls.receiver.close)
        cls.arguments = ("--webhook", cls.receiver.url, "--webhook-secret", SECRET)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.receiver.clear()
        self.mine = set()

    def create(self, *arguments, **fields):
        job = super().create(*arguments, **fields)
        self.mine.add(job.id)
        return job

    def received(self):
        """What has come of this test's own jobs: a push of the test before can still be under way."""
        pushes = [(json.loads(body), (body, signature)) for body, signature in list(self.receiver.received)]
        return [(event["type"], push) for event, push in pushes if event["related_object"]["id"] in self.mine]

    def types(self):
        return [type for type, _ in self.received()]

    def parse(self, delivery, **options):
        body, signature = delivery
        return self.client.parse_event_notification(body, signature, SECRET, **options)

    def deliveries(self, count, of=None):
        """The first `count` deliveries, of one type when it is given."""
        def enough():
            found = [push for type, push in self.received() if of in (None, type.removeprefix(PREFIX))]
            return found if len(found) >= count else None
        return wait(f"{count} deliveries of {of or 'any type'}", enough)[:count]

    def test_each_of_the_ten_types_is_parsed_and_leads_to_its_job(self):
        self.run_job(row(1))
        self.run_job("not json")
        for end in ("batch_failed", "timeout"):
            self.inject(jobs=[{"end": end}])
            self.run_job(row(1), row(2))
        late, canceled = self.create(), self.create()
        self.jobs().cancel(canceled.id)
        self.finish(canceled)
        self.advance(300)
        self.finish(late)
        wait("all types", lambda: set(self.types()) == TYPES)
        for _, delivery in self.received():
            notification = self.parse(delivery)
            name = "".join(part.title() for part in notification.type.removeprefix(PREFIX).split("_"))
            self.assertEqual(type(notification).__name__, f"V2CoreBatchJob{name}EventNotification")
            job = notification.fetch_related_object()
            self.assertEqual((type(job).__name__, job.id), ("BatchJob", notification.related_object.id))
            event = notification.fetch_event()
            self.assertEqual(type(event).__name__, f"V2CoreBatchJob{name}Event")
            self.assertEqual((event.id, event.created), (notification.id, notification.created))
            self.assertEqual(event.fetch_related_object().id, job.id)

    def test_a_life_is_told_in_order(self):
        self.run_job(row(1))
        names = ["created", "ready_for_upload", "validating", "updated", "completed"]
        self.deliveries(5)
        self.assertEqual(self.types(), [PREFIX + name for name in names])

    def test_the_created_event_names_the_call_that_caused_it(self):
        job = self.create(options={"idempotency_key": "find-me"})
        reason = self.parse(*self.deliveries(1, "created")).reason
        self.assertEqual((reason.type, reason.request.idempotency_key), ("request", "find-me"))
        self.assertEqual(reason.request.id, job.last_response.request_id)
        self.assertIsNone(self.parse(*self.deliveries(1, "ready_for_upload")).reason)

    def test_an_event_of_a_related_account_carries_its_context(self):
        job = self.create(options={"stripe_context": "acct_1"})
        notification = self.parse(*self.deliveries(1))
        self.assertEqual(str(notification.context), "acct_1")
        self.assertEqual(notification.fetch_related_object().id, job.id)

    def test_a_bad_signature_is_refused(self):
        self.inject(events=[{"bad_signature": 1}])
        self.create()
        with self.assertRaises(stripe.SignatureVerificationError):
            self.parse(*self.deliveries(1))

    def test_an_old_timestamp_is_refused(self):
        self.inject(events=[{"stale_signature": 1}])
        self.create()
        [delivery] = self.deliveries(1)
        with self.assertRaises(stripe.SignatureVerificationError):
            self.parse(delivery)
        self.parse(delivery, tolerance=0)

    def test_a_changed_body_and_another_secret_are_refused(self):
        self.create()
        [(body, signature)] = self.deliveries(1)
        for changed, secret in ((body + b" ", SECRET), (body, "whsec_other")):
            with self.assertRaises(stripe.SignatureVerificationError):
                self.client.parse_event_notification(changed, signature, secret)

    def test_a_failed_delivery_comes_again_with_a_fresh_signature(self):
        self.receiver.answers[:] = [500, 302]
        self.create()
        first, _ = self.deliveries(2)
        time.sleep(1.1)
        self.advance(300)
        again = [delivery for delivery in self.deliveries(4) if delivery[0] == first[0]]
        self.assertEqual(len(again), 2)
        self.assertNotEqual(again[0][1], again[1][1])
        self.assertEqual(self.parse(again[1]).id, self.parse(first).id)

    def test_an_event_can_come_twice_or_as_two(self):
        self.inject(events=[{"types": [PREFIX + "created"], "duplicate": 1}, {"twin": 1}])
        self.create()
        created = [self.parse(delivery).id for delivery in self.deliveries(2, "created")]
        self.assertEqual(len(set(created)), 1)
        ready = [self.parse(delivery).id for delivery in self.deliveries(2, "ready_for_upload")]
        self.assertEqual(len(set(ready)), 2)

    def test_events_can_be_lost_late_and_out_of_order(self):
        self.inject(events=[
            {"types": [PREFIX + "created"], "drop": 1},
            {"types": [PREFIX + "ready_for_upload"], "delay_seconds": 60}])
        job = self.run_job(row(1))
        self.deliveries(1, "completed")
        self.assertNotIn(PREFIX + "created", self.types())
        self.advance(60)
        self.deliveries(1, "ready_for_upload")
        self.assertEqual(self.types()[-1], PREFIX + "ready_for_upload")
        listed = self.client.v2.core.events.list({"object_id": job.id}).data
        self.assertEqual(listed[-1].type, PREFIX + "created")


class Listed(SimulatorTest):
    def events(self, **params):
        return self.client.v2.core.events.list(params)

    def types(self, **params):
        return [event.type.removeprefix(PREFIX) for event in self.events(**params).data]

    def test_the_newest_come_first(self):
        self.run_job(row(1))
        self.assertEqual(
            self.types(), ["completed", "updated", "validating", "ready_for_upload", "created"])

    def test_filters_by_object_type_and_time(self):
        first = self.run_job(row(1))
        self.advance(3600)
        second = self.create()
        self.assertEqual(self.types(object_id=second.id), ["ready_for_upload", "created"])
        wanted = [PREFIX + "completed", PREFIX + "created"]
        self.assertEqual(self.types(types=wanted), ["created", "completed", "created"])
        self.assertEqual(len(self.types(created={"gte": second.created})), 2)
        self.assertEqual(len(self.types(created={"gt": second.created})), 0)
        self.assertEqual(self.types(created={"lt": second.created})[0], "completed")
        self.assertEqual(self.types(created={"lte": first.created}), ["ready_for_upload", "created"])

    def test_pages_follow_one_another(self):
        jobs = [self.create() for _ in range(7)]
        first = self.events(limit=4)
        self.assertEqual(len(first.data), 4)
        self.assertIsNone(first.previous_page_url)
        every = [event.related_object.id for event in first.auto_paging_iter()]
        self.assertEqual(every, [job.id for job in reversed(jobs) for _ in range(2)])
        filtered = self.events(limit=2, types=[PREFIX + "created"], object_id=jobs[3].id)
        self.assertIsNone(filtered.next_page_url)
        created = self.events(limit=2, types=[PREFIX + "created"])
        self.assertEqual(len(list(created.auto_paging_iter())), 7)

    def test_a_page_back_is_the_page_before(self):
        for _ in range(3):
            self.create()
        first = self.events(limit=2)
        second = self.client.raw_request("get", first.next_page_url).data
        back = self.client.raw_request("get", second["previous_page_url"]).data
        self.assertEqual([event["id"] for event in back["data"]], [event.id for event in first.data])

    def test_an_orphan_is_found_by_its_idempotency_key(self):
        self.inject(wire=[{"on": "create", "action": "lose_after"}])
        self.refusal(stripe.APIConnectionError, lambda: self.create(options={"idempotency_key": "lost"}))
        [event] = self.events(types=[PREFIX + "created"]).data
        self.assertEqual(event.reason["request"]["idempotency_key"], "lost")
        self.assertEqual(event.fetch_related_object().status, "ready_for_upload")

    def test_events_are_private_and_last_thirty_days(self):
        self.create()
        event = self.events().data[0]
        retrieve = self.client.v2.core.events.retrieve
        self.assertEqual(retrieve(event.id).type, event.type)
        other = self.connect("sk_test_other").v2.core.events
        self.assertEqual(other.list().data, [])
        self.refusal(stripe.InvalidRequestError, lambda: other.retrieve(event.id))
        self.advance(30 * 86_400)
        error = self.refusal(stripe.InvalidRequestError, lambda: retrieve(event.id))
        self.assertEqual((error.http_status, error.code), (404, "not_found"))

    def test_a_filter_that_is_not_understood_is_refused(self):
        for params in ({"limit": 0}, {"created": {"gt": "yesterday"}}, {"colour": "red"}):
            self.refusal(stripe.InvalidRequestError, lambda: self.events(**params))


class Destinations(SimulatorTest):
    def setUp(self):
        super().setUp()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.destinations = self.client.v2.core.event_destinations

    def register(self, **fields):
        return self.destinations.create({
            "name": "Test", "type": "webhook_endpoint", "event_payload": "thin",
            "enabled_events": [PREFIX + "completed"], "webhook_endpoint": {"url": self.receiver.url},
            "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"], **fields})

    def test_only_the_answer_to_a_create_shows_the_secret(self):
        made = self.register()
        self.assertEqual((type(made).__name__, made.status), ("EventDestination", "enabled"))
        self.assertRegex(made.webhook_endpoint.signing_secret, "^whsec_")
        found = self.destinations.retrieve(
            made.id, {"include": ["webhook_endpoint.url", "webhook_endpoint.signing_secret"]})
        self.assertEqual(found.webhook_endpoint.url, self.receiver.url)
        self.assertIsNone(found.webhook_endpoint.signing_secret)
        self.assertIsNone(self.destinations.retrieve(made.id).webhook_endpoint.url)
        self.assertIsNone(self.register(include=[]).webhook_endpoint.signing_secret)

    def test_it_hears_what_it_asked_for(self):
        secret = self.register().webhook_endpoint.signing_secret
        job = self.run_job(row(1))
        [(body, signature)] = wait("the event", lambda: self.receiver.received)
        notification = self.client.parse_event_notification(body, signature, secret)
        self.assertEqual((notification.type, notification.related_object.id), (PREFIX + "completed", job.id))

    def test_a_ping_leads_back_to_its_destination(self):
        made = self.register()
        event = self.destinations.ping(made.id)
        [(body, signature)] = wait("the ping", lambda: self.receiver.received)
        ping = self.client.parse_event_notification(body, signature, made.webhook_endpoint.signing_secret)
        self.assertEqual(type(ping).__name__, "V2CoreEventDestinationPingEventNotification")
        self.assertEqual(ping.id, event.id)
        self.assertEqual(ping.fetch_related_object().id, made.id)
        self.assertEqual(ping.fetch_event().type, "v2.core.event_destination.ping")

    def test_a_call_with_a_spent_key_is_not_made_again(self):
        made = self.register()
        once = {"idempotency_key": "once"}
        first, again = (self.destinations.ping(made.id, options=once) for _ in range(2))
        self.assertEqual(again.id, first.id)
        self.assertNotEqual(self.destinations.ping(made.id).id, first.id)
        pings = wait("two pings", lambda: self.receiver.received[1:] and self.receiver.received)
        self.assertEqual(len(pings), 2)

    def test_a_live_one_must_use_https(self):
        self.destinations = self.connect("sk_live_sdk").v2.core.event_destinations
        self.refusal(stripe.InvalidRequestError, self.register)
        url = self.receiver.url.replace("http:", "https:")
        self.assertTrue(self.register(webhook_endpoint={"url": url}).livemode)

    def test_nothing_is_sent_while_it_is_disabled(self):
        made = self.register()
        disabled = self.destinations.disable(made.id)
        self.assertEqual((disabled.status, disabled.status_details.disabled.reason), ("disabled", "user"))
        self.run_job(row(1))
        self.assertEqual(self.destinations.enable(made.id).status, "enabled")
        second = self.run_job(row(1))
        [(body, _)] = wait("the second", lambda: self.receiver.received)
        self.assertEqual(json.loads(body)["related_object"]["id"], second.id)

    def test_it_is_updated_listed_and_deleted(self):
        made = [self.register(name=f"Number {n}", metadata={"n": str(n)}) for n in range(3)]
        changed = self.destinations.update(made[0].id, {"name": "First", "metadata": {"n": None, "m": "1"}})
        self.assertEqual((changed.name, changed.metadata["m"]), ("First", "1"))
        self.assertNotIn("n", changed.metadata)
        listed = self.destinations.list({"limit": 2}).auto_paging_iter()
        self.assertEqual([destination.id for destination in listed], [one.id for one in reversed(made)])
        self.assertEqual(self.destinations.delete(made[0].id).id, made[0].id)
        error = self.refusal(stripe.InvalidRequestError, lambda: self.destinations.retrieve(made[0].id))
        self.assertEqual((error.http_status, error.code), (404, "not_found"))

    def test_it_leads_to_this_machine_only(self):
        for url in ("http://example.com/hook", "http://127.0.0.1.example.com/", "http://127.0.0.1@example.com/"):
            self.refusal(
                stripe.InvalidRequestError, lambda: self.register(webhook_endpoint={"url": url}))

    def test_what_is_missing_or_unknown_is_refused(self):
        for fields in ({"enabled_events": []}, {"type": "amazon_eventbridge"}, {"surprise": 1}):
            self.refusal(stripe.InvalidRequestError, lambda: self.register(**fields))


if __name__ == "__main__":
    unittest.main()

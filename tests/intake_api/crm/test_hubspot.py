"""HubSpot: what each answer means, whose contacts are touched, and where a yes and a no go."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from intake_api.crm.hubspot import HubSpot
from intake_api.crm.port import (
    Absent,
    Done,
    Held,
    NotAllowedIn,
    Outcome,
    Parcel,
    ParcelPurpose,
    Refused,
    Retry,
    Unknown,
)
from intake_api.rules.field_map import ConsentFields
from intake_api.settings import SettingsError
from tests.intake_api.crm.parcels import NOW, parcel
from tests.intake_api.crm.worlds.hubspot import FILES, PLACES, HubSpotWorld, hubspot_world
from tests.intake_api.crm.worlds.hubspot_server import SCOPES, TIME, Fault, defined, invalid
from tests.intake_api.crm.worlds.serving import Asked, Said
from tests.intake_api.crm.worlds.specs import needs_specs, specifications

EMAIL = "anna@example.org"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[HubSpotWorld]:
    with hubspot_world(tmp_path) as opened:
        yield opened


def anna(state: str = "given", **differs: object) -> Parcel:
    made = parcel("d1", lastname="Anna Example", email=EMAIL, phone="+37120000000")
    news = ParcelPurpose("newsletter", "A6-1-a-explicit-consent", state, NOW, "page", "entry-2")
    return replace(made, lead="lead-anna", purposes=(*made.purposes, news), **differs)


def upsert(world: HubSpotWorld, one: Parcel) -> str:
    sent = world.destination.send("upsert", one, now=NOW)
    assert isinstance(sent, Done)
    assert sent.remote_id
    return sent.remote_id


def ours(world: HubSpotWorld) -> dict[str, str]:
    (row,) = (row for row in world.hub.contacts.values() if row.get("vestibule_lead") == "lead-anna")
    return row


def sent_to(world: HubSpotWorld, part: str) -> list[Asked]:
    return [one for one in world.server.asked if part in one.path]


def body(category: str, **more: object) -> bytes:
    return json.dumps({"status": "error", "message": "m", "category": category, **more}).encode()


LISTED = "Property values were not valid: "
TYPED = json.dumps([{"message": 'the value "PROPERTY_DOESNT_EXIST" is wrong', "error": "INVALID_EMAIL"}])


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "said", "outcome"),
        [
            (401, body("INVALID_AUTHENTICATION"), NotAllowedIn("credential_refused", 401)),
            (401, body("EXPIRED_AUTHENTICATION"), NotAllowedIn("credential_refused", 401)),
            (403, body("MISSING_SCOPES"), NotAllowedIn("rights_missing", 403)),
            (403, b"<html>blocked</html>", Unknown("unexpected_status", 403)),
            (400, body("VALIDATION_ERROR"), Refused("parcel_refused", 400)),
            (
                400,
                body("VALIDATION_ERROR", message=LISTED + json.dumps([{"error": "PROPERTY_DOESNT_EXIST"}])),
                NotAllowedIn("field_unknown_there", 400),
            ),
            (
                400,
                body("VALIDATION_ERROR", errors=[{"message": "m", "code": "PROPERTY_DOESNT_EXIST"}]),
                NotAllowedIn("field_unknown_there", 400),
            ),
            (400, body("VALIDATION_ERROR", message=LISTED + TYPED), Refused("parcel_refused", 400)),
            (400, body("SOMETHING_NEW"), Unknown("unexpected_fault", 400)),
            (400, b"not json", Unknown("unexpected_status", 400)),
            (409, body("CONFLICT"), Retry("conflict", status=409)),
            (423, body("LOCKED"), Retry("not_now", timedelta(seconds=2), 423)),
            (429, body("RATE_LIMITS"), Retry("asked_to_wait", None, 429)),
            (429, b'{"policyName": "SECONDLY"}', Retry("asked_to_wait", timedelta(seconds=1), 429)),
            (429, b'{"policyName": "TEN_SECONDLY_ROLLING"}', Retry("asked_to_wait", timedelta(seconds=10), 429)),
            (429, b'{"policyName": "DAILY"}', Retry("daily_limit", timedelta(hours=1), 429)),
            (429, b'{"policyName": ["DAILY"]}', Retry("asked_to_wait", None, 429)),
            (477, b"", Retry("not_now", status=477)),
            (500, body("INTERNAL_ERROR"), Retry("not_now", status=500)),
            (502, b"<html>", Retry("not_now", status=502)),
            (521, b"", Retry("not_now", status=521)),
            (404, body("OBJECT_NOT_FOUND"), Unknown("unexpected_status", 404)),
            (302, b"", Unknown("redirected", 302)),
            (200, b"<html>", Unknown("answer_not_readable", 200)),
            (200, b'{"status": "PENDING"}', Retry("not_now", status=200)),
            (
                200,
                b'{"status": "COMPLETE", "results": [{"id": "x", "properties": {}}]}',
                Unknown("answer_not_readable", 200),
            ),
            (
                207,
                b'{"status": "COMPLETE", "results": [], "errors": [{"category": "VALIDATION_ERROR"}]}',
                Refused("parcel_refused", 200),
            ),
        ],
    )  # fmt: skip
    def test_the_table(self, world: HubSpotWorld, status: int, said: bytes, outcome: Outcome) -> None:
        for operation in ("correct", "erase"):
            with world.says(status, said):
                assert world.destination.send(operation, anna(), now=NOW) == outcome

    def test_a_wait_that_is_asked_for_is_kept(self, world: HubSpotWorld) -> None:
        world.hub.faults = [Fault(429, "RATE_LIMITS", policyName="TEN_SECONDLY_ROLLING", retry_after=7)]
        assert world.destination.send("upsert", anna(), now=NOW) == Retry("asked_to_wait", timedelta(seconds=7), 429)

    def test_a_wrong_address_is_refused(self, world: HubSpotWorld) -> None:
        wrong = anna("requested", fields={"email": "anna"})
        assert world.destination.send("upsert", wrong, now=NOW) == Refused("parcel_refused", 400)

    def test_a_fault_of_the_map_stops_the_destination(self, world: HubSpotWorld) -> None:
        world.hub.faults = [invalid("phone", "READ_ONLY_VALUE")]
        assert world.destination.send("upsert", anna(), now=NOW) == NotAllowedIn("field_unknown_there", 400)

    def test_nothing_within_the_time_is_tried_again(self, world: HubSpotWorld) -> None:
        hasty = HubSpot(world.account, "crm", world.map(), allow_loopback=True, time_limit=0.2)
        with world.server.never_answers():
            assert hasty.send("upsert", anna(), now=NOW) == Retry("too_slow")

    def test_a_subscription_is_a_number(self, tmp_path: Path) -> None:
        named = {"newsletter": replace(PLACES, subscription="News")}
        with pytest.raises(SettingsError), hubspot_world(tmp_path, consent=named):
            pass


class TestWhoseContact:
    def test_what_sales_typed_stays_as_it_is(self, world: HubSpotWorld) -> None:
        typed = world.hub.add(email=EMAIL, lastname="Anna of Sales")
        number = upsert(world, anna())
        assert world.hub.contacts[typed] == {"email": EMAIL, "lastname": "Anna of Sales"}
        assert ours(world)["vestibule_email"] == EMAIL
        assert "email" not in ours(world)
        assert world.destination.read_back(anna(), now=NOW) == Held(number)
        assert world.destination.send("erase", anna(fields={}, remote_id=number), now=NOW) == Done()
        assert list(world.hub.contacts) == [typed]

    def test_nobody_is_subscribed_by_an_address_that_another_contact_has(self, world: HubSpotWorld) -> None:
        world.hub.add(email=EMAIL)
        upsert(world, anna())
        assert world.hub.subscriptions == {}

    def test_a_contact_that_sales_make_between_look_and_write_stays_too(self, world: HubSpotWorld) -> None:
        before, typed = world.server.answering, []

        def quick_sales(asked: Asked) -> Said | None:
            if asked.path.endswith("/batch/upsert") and not typed:
                typed.append(world.hub.add(email=EMAIL, lastname="Anna of Sales"))
            return before(asked)

        with world.server.instead(lambda _before: quick_sales):
            upsert(world, anna())
        assert world.hub.contacts[typed[0]] == {"email": EMAIL, "lastname": "Anna of Sales"}
        assert ours(world)["vestibule_email"] == EMAIL

    def test_what_sales_merged_is_left_to_a_person(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna())
        world.hub.merge(world.hub.add(email="sales@example.org"), number)
        before = deepcopy(world.hub.contacts)
        for operation in ("upsert", "correct", "erase"):
            sent = world.destination.send(operation, anna(remote_id=number), now=NOW)
            assert sent == Refused("merged_there")
        assert world.hub.contacts == before

    def test_what_sales_merged_away_with_our_key_is_left_to_a_person(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna())
        made = world.hub.merge(world.hub.add(email="sales@example.org"), number)
        del world.hub.contacts[made]["vestibule_lead"], world.hub.contacts[made]["hs_merged_object_ids"]
        erased = world.destination.send("erase", anna(fields={}, remote_id=number), now=NOW)
        assert erased == Refused("merged_there")
        assert made in world.hub.contacts


class TestErasing:
    def test_goes_by_number_alone(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna())
        world.destination.send("erase", anna(remote_id=number), now=NOW)
        assert [json.loads(one.body) for one in sent_to(world, "gdpr-delete")] == [{"objectId": number}]

    def test_bars_no_address_that_hubspot_does_not_know(self, world: HubSpotWorld) -> None:
        for remote in (None, "999", EMAIL):
            assert world.destination.send("erase", anna(remote_id=remote), now=NOW) == Done()
        assert sent_to(world, "gdpr-delete") == []
        assert world.hub.barred == set()

    def test_takes_what_sales_had_deleted(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna())
        world.hub.archived[number] = world.hub.contacts.pop(number)
        assert world.destination.send("erase", anna(fields={}, remote_id=number), now=NOW) == Done()
        assert world.hub.archived == {}

    def test_takes_what_sales_took_the_key_from(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna())
        del ours(world)["vestibule_lead"]
        assert world.destination.send("erase", anna(fields={}, remote_id=number), now=NOW) == Done()
        assert world.hub.contacts == {}

    def test_leaves_a_number_that_is_another_leads(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna())
        other = replace(anna(fields={}, remote_id=number), lead="lead-other")
        assert world.destination.send("erase", other, now=NOW) == Refused("record_not_ours")
        assert number in world.hub.contacts


class TestConsent:
    def test_a_yes_goes_with_its_basis_and_its_evidence(self, world: HubSpotWorld) -> None:
        upsert(world, anna())
        basis = {"legalBasis": "CONSENT_WITH_NOTICE", "legalBasisExplanation": "entry-2"}
        assert world.hub.subscriptions[EMAIL, 77] == {"status": "SUBSCRIBED", **basis}
        assert ours(world)["hs_legal_basis"] == "Performance of a contract;Freely given consent from contact"

    def test_an_account_without_the_legal_basis_is_not_told_it(self, world: HubSpotWorld) -> None:
        del world.hub.properties["hs_legal_basis"]
        upsert(world, anna())
        assert "hs_legal_basis" not in ours(world)

    def test_a_no_goes_before_everything(self, world: HubSpotWorld) -> None:
        upsert(world, anna())
        world.hub.scopes -= {"contacts.read"}
        sent = world.destination.send("update_consent", anna("withdrawn"), now=NOW)
        assert sent == NotAllowedIn("rights_missing", 403)
        assert world.hub.subscriptions[EMAIL, 77]["status"] == "UNSUBSCRIBED"

    def test_a_no_reaches_the_address_that_sales_changed_it_to(self, world: HubSpotWorld) -> None:
        upsert(world, anna())
        ours(world)["email"] = "new@example.org"
        world.destination.send("update_consent", anna("withdrawn", fields={}), now=NOW)
        assert world.hub.subscriptions["new@example.org", 77]["status"] == "UNSUBSCRIBED"
        assert ours(world)["hs_legal_basis"] == "Performance of a contract"

    def test_a_no_for_nobody_we_sent_is_refused_and_still_told(self, world: HubSpotWorld) -> None:
        assert world.destination.send("update_consent", anna("refused"), now=NOW) == Refused("record_not_there")
        assert world.hub.subscriptions[EMAIL, 77]["status"] == "UNSUBSCRIBED"

    @pytest.mark.parametrize(("since", "status"), [(LATER, "UNSUBSCRIBED"), (NOW, "SUBSCRIBED")])
    def test_a_newer_no_that_was_given_over_there_stands(
        self, world: HubSpotWorld, since: datetime, status: str
    ) -> None:
        world.hub.subscriptions[EMAIL, 77] = {"status": "UNSUBSCRIBED", "timestamp": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
        number = upsert(world, anna())
        assert world.hub.subscriptions[EMAIL, 77]["status"] == status
        assert world.destination.read_back(anna(), now=NOW) == Held(number)

    def test_a_yes_that_was_only_asked_for_says_nothing(self, world: HubSpotWorld) -> None:
        upsert(world, anna("requested"))
        assert world.hub.subscriptions == {}

    def test_a_yes_against_our_no_is_a_difference(self, world: HubSpotWorld) -> None:
        number = upsert(world, anna("withdrawn"))
        world.hub.subscriptions[EMAIL, 77] = {"status": "SUBSCRIBED"}
        assert world.destination.read_back(anna("withdrawn"), now=NOW) == Held(number, ("newsletter",))


class TestCorrecting:
    def test_a_new_address_takes_the_yes_along(self, world: HubSpotWorld) -> None:
        upsert(world, anna())
        right = anna(fields={"email": "Right@example.org"})
        assert isinstance(world.destination.send("correct", right, now=NOW), Done)
        assert ours(world)["email"] == "right@example.org"
        assert world.hub.subscriptions[EMAIL, 77]["status"] == "UNSUBSCRIBED"
        assert world.hub.subscriptions["right@example.org", 77]["status"] == "SUBSCRIBED"
        assert isinstance(world.destination.read_back(right, now=NOW), Held)

    def test_to_an_address_that_another_contact_has_leaves_that_one_alone(self, world: HubSpotWorld) -> None:
        upsert(world, anna())
        typed = world.hub.add(email="right@example.org")
        world.destination.send("correct", anna(fields={"email": "right@example.org"}), now=NOW)
        assert (ours(world)["email"], ours(world)["vestibule_email"]) == ("", "right@example.org")
        assert world.hub.contacts[typed] == {"email": "right@example.org"}

    def test_what_is_not_there_is_not_made(self, world: HubSpotWorld) -> None:
        assert world.destination.send("correct", anna(), now=NOW) == Refused("record_not_there")
        assert world.hub.contacts == {}
        assert world.destination.read_back(anna(), now=NOW) == Absent()

    def test_a_field_that_was_emptied_is_emptied(self, world: HubSpotWorld) -> None:
        upsert(world, anna())
        world.destination.send("correct", anna(fields={"phone": ""}), now=NOW)
        assert ours(world)["phone"] == ""

    def test_what_is_sent_with_each_lead_is_not_written_over(self, tmp_path: Path) -> None:
        with hubspot_world(tmp_path, fixed={"lifecyclestage": "lead"}) as world:
            upsert(world, anna())
            assert ours(world)["lifecyclestage"] == "lead"
            ours(world)["lifecyclestage"] = "customer"
            upsert(world, anna())
            assert ours(world)["lifecyclestage"] == "customer"


class TestCheck:
    @pytest.mark.parametrize("scope", sorted(SCOPES))
    def test_asks_for_each_right(self, world: HubSpotWorld, scope: str) -> None:
        world.hub.scopes -= {scope}
        assert world.destination.check(now=NOW) == NotAllowedIn("rights_missing", 403)

    def test_asks_for_a_key_that_is_unique(self, world: HubSpotWorld) -> None:
        world.hub.properties["vestibule_lead"]["hasUniqueValue"] = False
        assert world.destination.check(now=NOW) == NotAllowedIn("key_property_missing")

    def test_asks_for_the_property_of_the_second_address(self, world: HubSpotWorld) -> None:
        del world.hub.properties["vestibule_email"]
        assert world.destination.check(now=NOW) == NotAllowedIn("key_property_missing")

    @pytest.mark.parametrize("name", ["no_such", "hs_merged_object_ids"])
    def test_asks_for_what_the_map_names(self, tmp_path: Path, name: str) -> None:
        with hubspot_world(tmp_path, fixed={name: "x"}) as world:
            assert world.destination.check(now=NOW) == Refused("field_unknown_there")

    def test_asks_for_a_hundred_names_at_a_time(self, tmp_path: Path) -> None:
        fixed = {f"extra_{number}": "x" for number in range(200)}
        with hubspot_world(tmp_path, fixed=fixed) as world:
            world.hub.properties |= {name: defined(name) for name in fixed}
            assert world.destination.check(now=NOW) == Done()
            assert len(sent_to(world, "/properties/")) == 3

    def test_asks_for_the_subscription(self, tmp_path: Path) -> None:
        with hubspot_world(tmp_path, consent={"newsletter": replace(PLACES, subscription="78")}) as world:
            assert world.destination.check(now=NOW) == Refused("subscription_unknown_there")

    def test_asks_for_a_map_and_for_an_address_in_it(self, tmp_path: Path) -> None:
        for fields, reason in ((None, "map_missing"), ({"name": "lastname"}, "opt_out_without_address")):
            with hubspot_world(tmp_path, fields=fields) as world:
                assert world.destination.check(now=NOW) == Refused(reason)

    def test_says_that_a_no_would_go_nowhere(self, tmp_path: Path) -> None:
        with hubspot_world(tmp_path, consent={"newsletter": ConsentFields("newsletter")}) as world:
            assert world.destination.check(now=NOW) == Refused("subscription_not_mapped")


def posted(path: str, sent: object) -> Asked:
    return Asked("POST", path, {"content-type": "application/json"}, json.dumps(sent).encode())


@needs_specs
class TestSpecifications:
    """The specifications are really asked: `worlds/hubspot.py` holds every test above to them."""

    SAID = Said(204, b"")

    def test_know_what_we_send(self) -> None:
        right = posted("/crm/v3/objects/contacts/gdpr-delete", {"objectId": "1"})
        assert list(specifications(*FILES).breaches(right, self.SAID)) == []

    @pytest.mark.parametrize(
        ("path", "sent"),
        [
            ("/crm/v3/objects/contacts/gdpr-delete", {"id": "1"}),
            ("/crm/v3/objects/contacts/batch/upsert", {"inputs": [{"id": "1", "properties": {"headcount": 40}}]}),
            ("/communication-preferences/v4/statuses/a%40example.org", {"channel": "EMAIL", "subscriptionId": 77}),
            ("/crm/v3/objects/no-such", {}),
            ("/elsewhere", {}),
        ],
    )
    def test_tell_what_is_wrong(self, path: str, sent: object) -> None:
        assert list(specifications(*FILES).breaches(posted(path, sent), self.SAID))

    def test_tell_a_wrong_answer(self) -> None:
        asked = posted(
            "/crm/v3/objects/contacts/batch/read", {"inputs": [], "properties": [], "propertiesWithHistory": []}
        )
        said = Said(200, {"status": "COMPLETE", "results": [{"id": 1}], "startedAt": TIME, "completedAt": TIME})
        assert list(specifications(*FILES).breaches(asked, said))

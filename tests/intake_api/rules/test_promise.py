"""What of a notice is a promise, and which change of it ends the yeses of before (V-06, C-17)."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from intake_api.catalogue.model import Catalogue
from intake_api.rules.promise import changed_purposes, same_promise

Change = Callable[[Any], object]


@pytest.fixture
def before(catalogue: Catalogue) -> Any:
    """The notice of a form with an act and two consents."""
    return copy.deepcopy(catalogue.view("request_demo", "en").notice.document)


def after(before: Any, *changes: Change) -> Any:
    document = copy.deepcopy(before)
    for change in changes:
        change(document)
    return document


def in_purpose(purpose: str, **told: object) -> Change:
    return lambda document: next(one for one in document["purposes"] if one["id"] == purpose).update(told)


def in_recipient(recipient: str, **told: object) -> Change:
    return lambda document: next(one for one in document["recipients"] if one["id"] == recipient).update(told)


def marked(document: Any) -> None:
    document.update(material_change=True)


def another_recipient(document: Any) -> None:
    document["recipients"].append({"id": "print", "name": "P", "role": "processor", "country": "LV", "safeguard": None})
    next(one for one in document["purposes"] if one["id"] == "newsletter")["recipients"].append("print")


def raised(document: Any) -> None:
    document.update(version=document["version"] + 1)


ALL = ["respond_to_request", "newsletter", "product_offers"]


class TestChangedPurposes:
    @pytest.mark.parametrize(
        ("change", "changed"),
        [
            (in_purpose("newsletter", dpv="https://w3id.org/dpv#Advertising"), ["newsletter"]),
            (in_purpose("newsletter", channel="phone"), ["newsletter"]),
            (in_purpose("newsletter", automated_decision=True), ["newsletter"]),
            (lambda document: document["controller"].update(name="Another Example SIA"), ALL),
            (lambda document: document["controller"].update(country="PL"), ALL),
            (in_recipient("crm", country="US", safeguard="standard clauses"), ALL),
            (in_recipient("crm", role="controller"), ALL),
            (another_recipient, ["newsletter"]),
        ],
    )
    def test_c17_another_purpose_controller_recipient_or_transfer_is_material_whatever_it_is_called(
        self, before: Any, change: Change, changed: list[str]
    ) -> None:
        assert changed_purposes(before, after(before, change)) == changed

    @pytest.mark.parametrize(
        "change",
        [
            in_purpose("newsletter", title="Our letter", text="The same, said more plainly."),
            in_purpose("newsletter", recipients=["mail"]),
            in_purpose("newsletter", retention={"duration": "P36M", "from": "last_activity"}, validity="P6M"),
            lambda document: document["controller"].update(phone="+371 60000000", address="Around the corner 2"),
            lambda document: document["texts"].clear(),
            raised,
        ],
    )
    def test_c17_a_wording_fix_and_less_of_something_is_not(self, before: Any, change: Change) -> None:
        assert changed_purposes(before, after(before, change)) == []

    def test_c17_what_is_called_material_concerns_what_is_said_otherwise(self, before: Any) -> None:
        reworded = after(before, in_purpose("newsletter", text="Every week."), marked)
        assert changed_purposes(before, reworded) == ["newsletter"]

    def test_c17_what_is_called_material_and_changes_no_purpose_concerns_all(self, before: Any) -> None:
        assert changed_purposes(before, after(before, marked)) == ALL

    def test_c17_a_mark_left_standing_calls_nothing_until_there_is_another_version(self, before: Any) -> None:
        standing = after(before, marked)
        reworded = after(standing, in_purpose("newsletter", text="Every week."))
        assert changed_purposes(standing, reworded) == []
        assert changed_purposes(standing, after(reworded, raised)) == ["newsletter"]

    def test_c17_a_purpose_that_is_new_or_gone_ends_no_other(self, before: Any) -> None:
        fewer = after(before, lambda document: document["purposes"].pop())
        assert changed_purposes(before, fewer) == changed_purposes(fewer, before) == []


class TestSamePromise:
    def test_v06_other_words_promise_the_same(self, before: Any) -> None:
        reworded = after(before, in_purpose("newsletter", text="Said more plainly."), raised)
        assert same_promise(before, reworded)

    @pytest.mark.parametrize(
        "change",
        [
            in_purpose("newsletter", validity="P6M"),
            in_purpose("newsletter", retention={"duration": "P36M", "from": "last_activity"}),
            in_purpose("newsletter", recipients=["mail"]),
            marked,
        ],
    )
    def test_v06_another_time_recipient_or_a_material_change_does_not(self, before: Any, change: Change) -> None:
        assert not same_promise(before, after(before, change))

    def test_v06_k01_another_age_or_way_to_ask_does_not(self, before: Any) -> None:
        def asking(threshold: int | None) -> Any:
            return after(before, lambda document: document.update(children={"policy": "asked", "threshold": threshold}))

        assert same_promise(asking(16), after(asking(16), raised))
        assert not same_promise(asking(16), asking(13))
        assert not same_promise(before, asking(16))
        older = after(before, lambda document: document.pop("children"))
        assert same_promise(older, before)
        assert not same_promise(older, asking(16))

    def test_v06_a_notice_from_before_validity_was_written_down_promised_the_usual_one(self, before: Any) -> None:
        usual = after(before, in_purpose("product_offers", validity="P24M"))
        older = after(usual, lambda document: [one.pop("validity") for one in document["purposes"]])
        assert same_promise(older, usual)
        assert not same_promise(older, before)

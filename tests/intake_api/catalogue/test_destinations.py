"""The files of field maps: what travels to a destination under which name, and what is wrong in them."""

import pytest

from intake_api.rules.field_map import AS_HERE, ConsentFields
from tests.intake_api.catalogue.conftest import Copy

FILE = "destinations/odoo.yml"


def write(copy: Copy, text: str) -> None:
    (copy.folder / "destinations").mkdir(exist_ok=True)
    (copy.folder / FILE).write_text(text, encoding="utf-8")


class TestDestinations:
    def test_without_a_file_each_field_travels_under_the_name_it_has_here(self, copy: Copy) -> None:
        assert copy.load().field_map("odoo") is AS_HERE
        assert AS_HERE.name("request_demo", "email") == "email"

    def test_x02_what_is_not_named_does_not_travel(self, copy: Copy) -> None:
        write(copy, "fields: {email: email_from, company: partner_name}\nforms: {request_demo: {company: x_company}}\n")
        read = copy.load().field_map("odoo")
        assert [read.name("request_demo", one) for one in ("email", "company", "budget")] == [
            "email_from",
            "x_company",
            None,
        ]
        assert read.name("request_quote", "company") == "partner_name"

    def test_the_places_of_consent_and_what_is_the_same_for_each_lead(self, copy: Copy) -> None:
        places = "{state: x_newsletter, evidence: x_proof, subscription: '77'}"
        consent = f"consent: {{newsletter: {places}}}\nopt_out: [newsletter]\n"
        write(copy, f"fields: {{email: email_from}}\nfixed: {{source: Website}}\n{consent}")
        read = copy.load().field_map("odoo")
        assert (read.fixed, read.opt_out) == ({"source": "Website"}, ("newsletter",))
        assert read.consent == {"newsletter": ConsentFields("x_newsletter", None, "x_proof", "77")}

    @pytest.mark.parametrize(
        ("text", "key", "wrong"),
        [
            ("forms: {}\n", "fields", "is missing"),
            ("fields: {email: ''}\n", "fields.email", "is not a text"),
            ("fields: {e_mail: email_from}\n", "fields.e_mail", "not a field"),
            ("fields: {email: x}\nforms: {request: {email: y}}\n", "forms.request", "not known"),
            ("fields: {email: x}\nconsent: {letters: {state: y}}\n", "consent.letters", "not known"),
            ("fields: {email: x}\nconsent: {newsletter: {hash: y}}\n", "consent.newsletter.hash", "not a key"),
            ("fields: {email: x}\nopt_out: [letters]\n", "opt_out", "names letters"),
            ("fields: {email: x, phone: x}\n", "fields", "two things as x"),
            ("fields: {email: x}\nforms: {request_demo: {phone: x}}\n", "forms.request_demo", "two things as x"),
            ("fields: {email: x}\nfixed: {x: Website}\n", "fields", "two things as x"),
            ("fields: {email: x}\nwebsite: y\n", "website", "not a key"),
        ],
    )
    def test_each_mistake_is_told_with_its_key(self, copy: Copy, text: str, key: str, wrong: str) -> None:
        write(copy, text)
        assert [each.key for each in copy.problems() if each.file == FILE and wrong in each.wrong] == [key]

"""The dry run: some answers are looked at, and nothing is kept."""

from flask.testing import FlaskClient
from sqlalchemy import text

from intake_api.store.base import Store
from tests.intake_api.web.conftest import Count


class TestChecking:
    """The dry run."""

    def test_shows_values_as_they_would_be_kept_and_contact_data_masked(self, public: FlaskClient) -> None:
        fields = {
            "email": " Zane@GUEST.example ",
            "phone": "20 000 000",
            "role": "owner",
            "headcount": 12,
            "company": "",
        }
        answer = public.post("/v1/forms/request_demo/checks", json={"locale": "en", "fields": fields}).json
        assert answer["ok"]
        verdicts = answer["fields"]
        assert verdicts["email"]["value"] == "Zane@guest.example"
        assert "ane" not in verdicts["email"]["masked"].split("@")[0]
        assert verdicts["phone"]["value"] == "+37120000000"
        assert verdicts["role"]["masked"] == "I own it"
        assert verdicts["company"] == {"ok": True, "value": "", "masked": ""}

    def test_keeps_nothing(self, public: FlaskClient, kept: Count, store: Store) -> None:
        public.post("/v1/forms/request_demo/checks", json={"locale": "en", "fields": {"email": "zane@guest.example"}})
        assert kept() == 0
        with store.reading() as tx:
            assert tx.scalar(text("SELECT COUNT(*) FROM evidence WHERE kind <> 'notice.published'")) == 0

    def test_names_each_problem_and_echoes_no_value(self, public: FlaskClient) -> None:
        fields = {"email": "zq7f3", "extra": "zq7f3", "headcount": None}
        answer = public.post("/v1/forms/request_demo/checks", json={"locale": "en", "fields": fields})
        codes = {name: verdict["code"] for name, verdict in answer.json["fields"].items()}
        assert codes == {"email": "email_invalid", "extra": "field_unknown", "headcount": "type_wrong"}
        assert "zq7f3" not in answer.text

"""Every code a door can answer with is explained in docs/api.md, and nothing there is made up."""

import re

from intake_api.rules.fields import CODES
from intake_api.web.errors import PROBLEMS
from intake_api.web.public.submissions import DECISION_TEXTS
from intake_api.web.strict_json import SHAPE_CODES
from tests.intake_api.conftest import ROOT


class TestErrorCodes:
    def test_each_problem_stands_in_the_docs_with_its_status(self) -> None:
        text = (ROOT / "docs" / "api.md").read_text("utf-8")
        rows = dict(re.findall(r"^\| `([a-z_0-9]+)` \| (\d{3}) \|", text, re.MULTILINE))
        assert rows == {code: str(status) for code, (status, _) in PROBLEMS.items()}

    def test_each_code_of_a_field_or_key_stands_in_the_docs(self) -> None:
        text = (ROOT / "docs" / "api.md").read_text("utf-8")
        wanted = {*CODES, *DECISION_TEXTS, *SHAPE_CODES, "repeated"}
        assert {code for code in wanted if f"`{code}`" not in text} == set()

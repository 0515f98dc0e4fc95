"""What `make lighthouse` makes of a report, without running it: the middle counts, and a hidden page must be hidden."""

from typing import Any

import pytest

from tools.lighthouse import CannotMeasure, figures_of, middle


def report(crawlable: int = 1, **audits: float) -> dict[str, Any]:
    """Return a report of a page, as far as it is read: its SEO is the mean of its audits."""
    scores = {"is-crawlable": crawlable, "document-title": 1, "hreflang": None, **audits}
    known = [score for score in scores.values() if score is not None]
    categories = {name: {"score": 1.0} for name in ("performance", "accessibility", "best-practices")}
    weights = [{"id": name, "weight": 4 if name == "is-crawlable" else 1} for name in scores]
    return {
        "categories": {**categories, "seo": {"score": sum(known) / len(known), "auditRefs": weights}},
        "audits": {name: {"score": score} for name, score in scores.items()},
    }


class TestFigures:
    def test_they_are_percents_by_category(self) -> None:
        found = figures_of(report(**{"meta-description": 0}), hidden=False)
        assert found == {"performance": 100, "accessibility": 100, "best-practices": 100, "seo": 67}

    def test_p04_a_hidden_page_is_measured_without_the_audit_it_must_fail(self) -> None:
        assert figures_of(report(crawlable=0, **{"meta-description": 0}), hidden=True)["seo"] == 100
        assert figures_of(report(crawlable=0, **{"link-text": 0}), hidden=True)["seo"] == 50

    def test_p04_a_hidden_page_that_can_be_found_is_worth_nothing(self) -> None:
        assert figures_of(report(crawlable=1), hidden=True)["seo"] == 0

    def test_a_page_that_did_not_load_is_no_figure(self) -> None:
        with pytest.raises(CannotMeasure, match="could not load"):
            figures_of({**report(), "runtimeError": {"code": "NO_FCP"}}, hidden=False)

    def test_of_several_runs_the_middle_counts_by_category(self) -> None:
        runs = [dict.fromkeys(("performance", "accessibility", "best-practices", "seo"), one) for one in (90, 100, 96)]
        assert set(middle(runs).values()) == {96}

"""`python -m tests.weather`, small: what was approved arrives once, what was taken back is gone, in any weather."""

from pathlib import Path

from tests.weather.storm import Plan, brave

SMALL = Plan(leads=24, withdrawals=5, erasures=3, kills=1)


def test_g01_g02_every_lead_is_there_once_as_its_person_last_said(tmp_path: Path) -> None:
    outcome = brave(SMALL, f"sqlite:///{tmp_path}/vestibule.sqlite", tmp_path, lambda _: None)
    assert outcome.wrong == {}
    assert outcome.failed == []
    assert {"worker killed", "crm stopped", "flood"} <= set(outcome.happened)

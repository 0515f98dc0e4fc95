"""Judge whether a lead may go to a recipient now: for the screen before the button, at approval, and before sending."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from intake_api.flows.promised_end import valid_until
from intake_api.rules.consent import DecisionState
from intake_api.rules.forwarding import Obstacle, PromisedPurpose, find_obstacles, passable
from intake_api.store.decisions import Decision, current_decisions
from intake_api.store.leads import Lead
from intake_api.store.notices import get_notice_body
from intake_api.store.subjects import is_erased


class ForwardingBlocked(Exception):
    """This lead may not go to this destination; `obstacles` say why."""

    code = "forwarding_blocked"

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__(" ".join(obstacle.says for obstacle in obstacles))
        self.obstacles = obstacles


@dataclass(frozen=True)
class Judgement:
    """What the gate says: why not, and, if it may go, for which purposes and with which fields.

    `decisions` are those on every purpose that names the recipient: what was refused must be known over there, too.
    """

    obstacles: tuple[Obstacle, ...]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    decisions: tuple[Decision, ...]

    @property
    def open(self) -> bool:
        """Say whether the lead may go."""
        return not self.obstacles


def judge_forwarding(tx: Connection, lead: Lead, recipient: str, *, now: datetime) -> Judgement:
    """Judge by the notice this person saw and by what they decided until now.

    :raises NoticeAltered: the notice was changed in the database, so nothing can be said to have been promised.
    """
    notice = json.loads(get_notice_body(tx, lead.notice_hash))
    decisions = current_decisions(tx, lead.id)
    purposes = [
        PromisedPurpose(
            id=promised["id"],
            recipients=frozenset(promised["recipients"]),
            state=_state(notice, decisions.get(promised["id"]), now),
        )
        for promised in notice["purposes"]
    ]
    erased = is_erased(tx, lead.subject_id)
    obstacles = find_obstacles(
        purposes,
        recipient,
        erased=erased,
        restricted=lead.is_restricted,
        delete_after=lead.delete_after,
        now=now,
    )
    allowed = passable(purposes, recipient)
    return Judgement(
        obstacles=obstacles,
        purposes=allowed,
        fields=tuple(one["name"] for one in notice["fields"] if set(allowed) & set(one["purposes"])),
        decisions=tuple(
            replace(decisions[one.id], state=one.state) for one in purposes if recipient in one.recipients and one.state
        ),
    )


def _state(notice: Mapping[str, Any], decision: Decision | None, now: datetime) -> DecisionState | None:
    """Return where a purpose stands; a yes whose time is over counts for nothing, written down or not (C-16)."""
    if decision is None:
        return None
    end = valid_until(notice, decision)
    return decision.state if end is None or now < end else DecisionState.EXPIRED

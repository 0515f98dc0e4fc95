"""Judge whether a lead may go to a recipient now: for the screen before the button, at approval, and before sending."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.flows.decided_together import decided_together
from intake_api.flows.notice_in_force import notice_in_force
from intake_api.rules.forwarding import Obstacle, PromisedPurpose, find_obstacles, passable
from intake_api.store.decisions import Decision, current_decisions
from intake_api.store.inbound import is_deleted_there
from intake_api.store.lead_merges import merged_with
from intake_api.store.leads import Lead, get_lead_by_id
from intake_api.store.notices import get_notice_body
from intake_api.store.publications import current_publication
from intake_api.store.subjects import is_erased


class ForwardingBlocked(Exception):
    """This lead may not go to this destination; `obstacles` say why."""

    code = "forwarding_blocked"

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__(" ".join(f"{one.says} {one.next}" for one in obstacles))
        self.obstacles = obstacles


@dataclass(frozen=True)
class Judgement:
    """What the gate says: why not, and, if it may go, for which purposes and with which fields.

    `decisions` are those on every purpose that names the recipient: what was refused must be known over there, too.
    `promised` is each purpose as it was promised, `serves` each field's purposes: they say why a field stays here.
    """

    obstacles: tuple[Obstacle, ...]
    purposes: tuple[str, ...]
    fields: tuple[str, ...]
    decisions: tuple[Decision, ...]
    promised: tuple[PromisedPurpose, ...]
    serves: Mapping[str, tuple[str, ...]]
    restricted: bool

    @property
    def open(self) -> bool:
        """Say whether the lead may go."""
        return not self.obstacles


def judge_forwarding(tx: Connection, lead: Lead, recipient: str, *, now: datetime) -> Judgement:
    """Judge by the notices this person saw and by what they decided until now, in this lead or one merged into it.

    :raises NoticeAltered: the notice was changed in the database, so nothing can be said to have been promised.
    """
    own = current_decisions(tx, lead.id)
    notice = notice_in_force(tx, lead, own.values())
    merged = [get_lead_by_id(tx, one) for one in merged_with(tx, lead.id)]
    decisions = decided_together(tx, lead, own, merged, notice=notice, now=now)
    purposes = [
        PromisedPurpose(
            id=promised["id"],
            recipients=frozenset(promised["recipients"]),
            state=decisions[promised["id"]].state if promised["id"] in decisions else None,
        )
        for promised in notice["purposes"]
    ]
    erased = is_erased(tx, lead.subject_id)
    restricted = any(one.is_restricted for one in (lead, *merged))
    obstacles = find_obstacles(
        purposes,
        recipient,
        erased=erased,
        restricted=restricted,
        deleted_there=is_deleted_there(tx, lead.id, recipient),
        named_since=_is_named_today(tx, lead, recipient),
        untold=lead.tell_by is not None,
        delete_after=lead.delete_after,
        now=now,
    )
    allowed = passable(purposes, recipient)
    return Judgement(
        obstacles=obstacles,
        purposes=allowed,
        fields=tuple(one["name"] for one in notice["fields"] if set(allowed) & set(one["purposes"])),
        decisions=tuple(decisions[one.id] for one in purposes if recipient in one.recipients and one.state),
        promised=tuple(purposes),
        serves={one["name"]: tuple(one["purposes"]) for one in notice["fields"]},
        restricted=restricted,
    )


def _is_named_today(tx: Connection, lead: Lead, recipient: str) -> bool:
    """Say whether the notice that others see today names a recipient (N-15)."""
    today = current_publication(tx, lead.form, lead.locale)
    if today is None or today.notice_hash == lead.notice_hash:
        return False
    purposes = json.loads(get_notice_body(tx, today.notice_hash))["purposes"]
    return any(recipient in one["recipients"] for one in purposes)

"""Publish the notices that the catalogue has changed: an act of a person, with a reason, on the record (V-09).

The first notice of a form in a language is published by the start that finds it: nobody can have agreed to another.
Outside production so is every other; in production a changed notice waits until somebody has read the difference.
"""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from intake_api.catalogue.model import Catalogue
from intake_api.catalogue.shown import Notice
from intake_api.rules.promise import changed_purposes
from intake_api.store import evidence, notices
from intake_api.store.adding import in_one_go
from intake_api.store.base import Store
from intake_api.store.publications import SYSTEM, Publication, add_publication, current_publications
from intake_api.store.staff import find_account, normal_email


class NoticesUnpublished(Exception):
    """The catalogue's notices are not those that were published; no process may show them in production."""

    code = "notices_unpublished"


class AuthorUnknown(Exception):
    """Whoever publishes, or approves, has to have an account."""

    code = "author_unknown"


class ApprovalMissing(Exception):
    """Somebody else than the author has to approve."""

    code = "approval_missing"


@dataclass(frozen=True)
class Change:
    """A notice of the catalogue that is not the current one, and what is."""

    after: Notice
    before: Publication | None


def list_changes(tx: Connection, catalogue: Catalogue) -> list[Change]:
    """Return the notices of the catalogue that are not published, in the catalogue's order."""
    current = current_publications(tx)
    changes = [Change(notice, current.get((notice.form, notice.locale))) for notice in catalogue.notices.values()]
    return [one for one in changes if one.before is None or one.before.notice_hash != one.after.hash]


def difference(tx: Connection, change: Change) -> list[str]:
    """Return what changes, line by line, as `diff -u` writes it."""
    before = _lines(notices.get_notice_body(tx, change.before.notice_hash)) if change.before else []
    named = f"{change.after.form} {change.after.locale}"
    return list(difflib.unified_diff(before, _lines(change.after.canonical), named, named, lineterm="", n=1))


def asks_again(tx: Connection, change: Change) -> list[str]:
    """Return the purposes that a change alters so that an older yes does not count for them any more (C-17)."""
    if change.before is None:
        return []
    before = json.loads(notices.get_notice_body(tx, change.before.notice_hash))
    return changed_purposes(before, json.loads(change.after.canonical))


def publish_notices(
    store: Store, catalogue: Catalogue, *, by: str, approved_by: str | None = None, reason: str, now: datetime
) -> list[Change]:
    """Publish everything that has changed, and return it.

    :param by: the e-mail of a member of staff; the record holds the id of the account.
    :param approved_by: that of another one; needed where the catalogue says `two_people`.
    :raises AuthorUnknown: nobody has this account.
    :raises ApprovalMissing: nobody else than the author has approved.
    :raises AnotherWasFirst: somebody else published at the same moment; look again.
    """
    with store.writing() as tx:
        author = _staff_id(tx, by)
        approver = _staff_id(tx, approved_by) if approved_by else None
        if approver == author or (catalogue.organisation.two_people and approver is None):
            raise ApprovalMissing("Somebody else than the author has to approve: name them with --approved-by.")
        changes = list_changes(tx, catalogue)
        record_published(tx, changes, author=author, approver=approver, reason=reason, now=now)
    return changes


def publish_at_start(tx: Connection, catalogue: Catalogue, *, in_production: bool, now: datetime) -> None:
    """Publish what a start may.

    :raises NoticesUnpublished: in production, a notice differs from the one that is published.
    """
    changes = list_changes(tx, catalogue)
    changed = [f"{one.after.form} ({one.after.locale})" for one in changes if one.before]
    if changed and in_production:
        raise NoticesUnpublished(
            f"The catalogue has notices that are not published: {', '.join(changed)}. Look at them with"
            " `python -m intake_api notices diff`, then run `python -m intake_api notices publish`."
        )
    record_published(tx, changes, author=SYSTEM, reason="found at start", now=now)


def record_published(
    tx: Connection, changes: Iterable[Change], *, author: str, approver: str | None = None, reason: str, now: datetime
) -> None:
    """Keep the notices and make them current, each with its entry in the evidence."""
    for change in changes:
        with in_one_go(tx):
            _publish(tx, change, author=author, approver=approver, reason=reason, now=now)


def _staff_id(tx: Connection, email: str) -> str:
    account = find_account(tx, normal_email(email))
    if account is None:
        raise AuthorUnknown("Nobody has this account. Name one of the staff who sign in to the review queue.")
    return account.reviewer.id


def _publish(tx: Connection, change: Change, *, author: str, approver: str | None, reason: str, now: datetime) -> None:
    notice, before = change.after, change.before
    notices.add_notice(
        tx,
        notice_hash=notice.hash,
        form=notice.form,
        locale=notice.locale,
        version=notice.version,
        body=notice.canonical,
        now=now,
    )
    number = before.number + 1 if before else 1
    again = asks_again(tx, change)
    add_publication(
        tx, Publication(notice.form, notice.locale, number, notice.hash, now, author, reason, again or None)
    )
    facts = {
        "notice": notice.hash,
        "form": notice.form,
        "locale": notice.locale,
        "version": notice.version,
        "before": before and before.notice_hash,
        "reason": reason,
        "approved_by": approver,
        "asks_again": again,
    }
    evidence.add_entry(tx, "notice.published", actor=author, now=now, facts=facts)


def _lines(canonical: bytes) -> list[str]:
    return json.dumps(json.loads(canonical), ensure_ascii=False, indent=1).splitlines()

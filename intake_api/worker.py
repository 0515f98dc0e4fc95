"""The worker: runs the durable engine, and the rounds that keep evidence, deliveries and other workers in order.

Any number may run, on any number of machines; each round may be made by all of them.
"""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import click

from intake_api.catalogue.load import load_catalogue
from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.crm.port import Destination
from intake_api.crm.registry import open_destination
from intake_api.flows.act_on_many import BulkDesk
from intake_api.flows.answer_question import mend_questions
from intake_api.flows.approve_by_rule import RuleDesk, approve_by_rule
from intake_api.flows.ask_again import ask_again
from intake_api.flows.ask_to_renew import ask_to_renew
from intake_api.flows.assign_by_rule import assign_by_rule, free_left_leads, note_left_leads
from intake_api.flows.clear_mail import clear_mail
from intake_api.flows.copy_checkpoint import CheckpointTarget, Folder, OfficerMail, copy_checkpoint
from intake_api.flows.count_for_reports import count_for_reports
from intake_api.flows.end_exports import end_exports
from intake_api.flows.end_rights_cases import end_rights_cases
from intake_api.flows.enqueue_due import enqueue_due
from intake_api.flows.erase_expired import erase_expired
from intake_api.flows.expire_consents import expire_consents
from intake_api.flows.expire_unconfirmed import expire_unconfirmed
from intake_api.flows.fold_counts import fold_counts
from intake_api.flows.forget_erased import forget_erased
from intake_api.flows.leave_work import leave_work
from intake_api.flows.make_export import fields_in_files
from intake_api.flows.mend_bulk import mend_bulk
from intake_api.flows.mend_deliveries import mend_deliveries
from intake_api.flows.mend_mails import mend_mails
from intake_api.flows.open_store import open_store, ready_store, signer_of
from intake_api.flows.reconcile import reconcile_at_night
from intake_api.flows.send_alert import ALERT_MAIL
from intake_api.flows.send_assignment import ASSIGNMENT_MAIL
from intake_api.flows.send_confirmation import CONFIRMATION_MAIL
from intake_api.flows.send_invitation import INVITATION_MAIL
from intake_api.flows.send_letter import LETTER_MAIL, LetterDesk
from intake_api.flows.send_mail import MailDesk, MailKind
from intake_api.flows.send_renewal import RENEWAL_MAIL
from intake_api.flows.send_rights_link import RIGHTS_MAIL, RightsDesk
from intake_api.flows.sequence_evidence import sequence_evidence
from intake_api.flows.show_life import show_life
from intake_api.flows.take_over_work import take_over_work
from intake_api.flows.tell_of_parked import tell_of_parked
from intake_api.flows.thin_audit import thin_audit
from intake_api.flows.tidy_store import tidy_store
from intake_api.flows.unmerge_leads import return_stranded
from intake_api.flows.write_to_staff import StaffDesk
from intake_api.log import event, failure
from intake_api.mail.message import one_address
from intake_api.mail.port import Mailer
from intake_api.mail.registry import open_mailer
from intake_api.mail.words import read_mail_words
from intake_api.queue import ACT_ON_MANY, APPLICATION, ASK_DESTINATION, DELIVER_LEAD, TELL_DESTINATION, VERSION, Queue
from intake_api.rules.rate import NONE, Rate, RateInvalid, read_rate
from intake_api.rules.staff_roles import Role
from intake_api.settings import Settings, SettingsError, read_settings
from intake_api.store import keyring
from intake_api.store.base import Store
from intake_api.store.workers import last_beat
from intake_api.workflows.attempts import Desks, Workflow, attempts

AT_ONCE = 8  # deliveries in hands at the same time, as many that tell a no, and as many mails
FETCHED = 3 * AT_ONCE  # taken from a queue without a limit, so that free hands need not wait for the next look
# Seconds between two looks into a queue: one costs some 5 ms of a core, and most find nothing.
LOOK_EVERY = 0.5
LOOK_WHERE_LIMITED = 0.2  # there nothing is fetched ahead
LOOK_FOR_OTHERS_EVERY = 1.0  # a no, an act on many leads, a question
LOOK_FOR_MAILS_EVERY = 3.0
DUE_EVERY, DUE_AGAIN_EVERY = 1.0, 3.0  # what a destination is told becomes due at once; all else when tried again
BEAT_EVERY = 5.0
SILENT_AFTER = timedelta(seconds=30)  # for the health check of a container
FINISH_WITHIN = 5  # seconds to finish what is in hands when told to leave
CALLING = (DELIVER_LEAD, TELL_DESTINATION)
# Where a vendor limits an account: so many deliveries, of some four calls each. The others take what they can.
RATES = {"hubspot": "20/10s", "salesforce": "5/s", "pipedrive": "4/2s"}
MOST_STARTS = 20  # of one attempt: one that takes the worker down each time is mended instead, and counted


class Mend(Protocol):
    """Gives work another chance whose attempt broke."""

    def __call__(self, store: Store, queue: Queue, *, now: datetime) -> int: ...


MAILS: Sequence[tuple[str, MailKind[Any, Any]]] = (
    ("confirmations", CONFIRMATION_MAIL),
    ("renewals", RENEWAL_MAIL),
    ("rights_links", RIGHTS_MAIL),
    ("letters", LETTER_MAIL),
    ("invitations", INVITATION_MAIL),
    ("assignments", ASSIGNMENT_MAIL),
    ("alerts", ALERT_MAIL),
)
_MAILS = frozenset(kind.workflow for _, kind in MAILS)
TURNS: Sequence[tuple[str, str, Mend]] = (
    (DELIVER_LEAD, "deliveries", mend_deliveries),
    (TELL_DESTINATION, "nos", partial(mend_deliveries, workflow=TELL_DESTINATION)),
    (ACT_ON_MANY, "acts_on_many", mend_bulk),
    (ASK_DESTINATION, "questions", mend_questions),
    *((kind.workflow, name, partial(mend_mails, kind=kind)) for name, kind in MAILS),
)


class WorkflowBroke(Exception):
    """A workflow ended by an unexpected error; named by its class, since its text may hold what a person typed."""


@dataclass(frozen=True)
class Round:
    """Something every worker does again and again, `every` so many seconds."""

    name: str
    every: float
    make: Callable[[datetime], object]


@click.command()
@click.option("--check", is_flag=True, help="Only say by the exit code whether the worker of this machine is alive.")
def worker(check: bool) -> None:
    """Deliver leads, send mails and keep the evidence, until told to stop."""
    settings = read_settings(os.environ, "worker")
    if check:
        sys.exit(0 if is_alive(settings) else 1)
    work(settings)


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, finish what is in hands within seconds, and return.

    :raises SettingsError, CatalogueError, SecretInvalid, SchemaOutOfDate, KeyMismatch, NoticeAltered,
        StoreUnavailable: one sentence; nothing was started.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    catalogue, limits = load_catalogue(settings.catalogue, settings.public_url), limits_of(settings)
    store, me, clock = _opened_store(settings, catalogue), secrets.token_hex(16), settings.clock
    queue, host = Queue(settings.database_url), socket.gethostname()
    destination, mailer = open_destination(settings, catalogue), open_mailer(settings, catalogue.organisation)
    show_life(store, me, host=host, now=clock())
    workflows = attempts(store, destination, _desks(settings, catalogue, mailer, queue), clock=clock)
    engine = _Engine(settings.database_url, me, workflows, limits)
    rounds = [Round("show_life", BEAT_EVERY, lambda now: show_life(store, me, host=host, now=now))]
    targets = _checkpoint_targets(settings, catalogue, mailer)
    rounds += _rounds(settings, store, queue, mailer, destination, me)
    rounds += [one for turns in TURNS for one in _turns(store, queue, *turns)]
    rounds += _assigning(store, queue, catalogue)
    rounds += _approving(settings, store, queue, catalogue)
    rounds += _asking_again(settings.secrets.token_key, store, queue, catalogue)
    rounds.append(Round("copy_checkpoint", 5.0, lambda now: copy_checkpoint(store, targets, now=now)))
    threads = [threading.Thread(target=_go_round, args=(one, clock, stop), name=one.name) for one in rounds]
    for thread in threads:
        thread.start()
    event("worker.ready", worker=me, destination=destination.name, mail=mailer.name)
    stop.wait()
    engine.finish()
    for thread in threads:
        thread.join()
    unfinished = leave_work(store, queue, me)
    _leave_evidence(settings, store, targets, now=clock())
    queue.close()
    store.close()
    if unfinished:
        os._exit(0)  # a call that hangs must not keep the process: its attempt is in the queue again


def limits_of(settings: Settings) -> dict[str, Rate]:
    """Return how often work may begin that calls the destination, by queue: for all workers together.

    :raises SettingsError: the rate is not written as one.
    """
    try:
        rate = read_rate(settings.destination_rate or RATES.get(settings.destination, NONE))
    except RateInvalid as error:
        raise SettingsError(f"VESTIBULE_DESTINATION_RATE is {settings.destination_rate!r}. {error}") from None
    if rate is None:
        return {}
    leads, nos = rate.shared()
    return {DELIVER_LEAD: leads, TELL_DESTINATION: nos}


def is_alive(settings: Settings) -> bool:
    """Say whether a worker of this machine has lately shown life."""
    store = open_store(settings)
    with store.reading() as tx:
        beat_at = last_beat(tx, host=socket.gethostname())
    store.close()
    return beat_at is not None and settings.clock() - beat_at <= SILENT_AFTER


def _opened_store(settings: Settings, catalogue: Catalogue) -> Store:
    store = open_store(settings)
    ready_store(store, catalogue, settings, shows_notices=False, now=settings.clock())
    return store


def _checkpoint_targets(settings: Settings, catalogue: Catalogue, mailer: Mailer) -> list[CheckpointTarget]:
    targets: list[CheckpointTarget] = []
    if settings.checkpoint_folder:
        targets.append(Folder(settings.checkpoint_folder))
    if to := settings.checkpoint_mail_to:
        try:
            one_address(to)
        except ValueError:
            raise SettingsError(
                "VESTIBULE_CHECKPOINT_MAIL_TO is not one e-mail address: dpo@company.example."
            ) from None
        locale, product = catalogue.default_locale, catalogue.organisation.product
        targets.append(OfficerMail(mailer, to, read_mail_words().of(locale), locale=locale, product=product))
    return targets


def _desks(settings: Settings, catalogue: Catalogue, mailer: Mailer, queue: Queue) -> Desks:
    key, url, words, here = settings.secrets.token_key, settings.public_url, read_mail_words(), catalogue.organisation
    return Desks(
        questions=MailDesk(mailer, key, url),
        rights=RightsDesk(mailer, key, url, here, words),
        letters=LetterDesk(mailer, key, url, catalogue, words),
        staff=StaffDesk(mailer, key, url, settings.review_url, here, words, catalogue.default_locale),
        many=BulkDesk(queue, settings.destination, settings.destination_recipient, fields_in_files(catalogue)),
    )


def _leave_evidence(settings: Settings, store: Store, targets: Sequence[CheckpointTarget], *, now: datetime) -> None:
    """Sign and copy the state in which this worker leaves the log (E-04)."""
    try:
        _sequence_all(settings, store)
        copy_checkpoint(store, targets, at_once=True, now=now)
    except Exception as error:  # noqa: BLE001 - one of the three doors: the next worker does it
        failure("worker.round_broke", error, round="leave_evidence")


def _sequence_all(settings: Settings, store: Store) -> None:
    """Place all that waits. The time is read for each batch: another worker may place one in between."""
    signer = signer_of(settings, keyring.CHECKPOINTS)
    while sequence_evidence(store, signer, settings.checkpoint_file, now=settings.clock()):
        pass


def _rounds(
    settings: Settings, store: Store, queue: Queue, mailer: Mailer, destination: Destination, me: str
) -> list[Round]:
    def end_what_is_over(now: datetime) -> None:
        # In this order: that a yes came to nothing, or to its end, is written down before its lead goes.
        expire_unconfirmed(store, now=now)
        expire_consents(store, now=now)
        erase_expired(store, now=now)
        return_stranded(store, queue, now=now)
        end_rights_cases(store, now=now)

    told = [Role(name) for name in settings.parked_told]
    return [
        Round("sequence_evidence", 1.0, lambda _: _sequence_all(settings, store)),
        Round("take_over_work", 10.0, lambda now: take_over_work(store, queue, me, now=now)),
        Round("end_what_is_over", 60.0, end_what_is_over),
        Round("end_exports", 5.0, lambda now: end_exports(store, now=now)),
        Round("clear_mail", 5.0, lambda now: clear_mail(store, mailer, now=now)),
        Round("reconcile", 10.0, lambda _: reconcile_at_night(store, destination, clock=settings.clock)),
        Round("tell_of_parked", 15.0, lambda now: tell_of_parked(store, told, now=now)),
        Round("fold_counts", 10.0, lambda _: fold_counts(store)),
        Round("count_for_reports", 5.0, lambda _: count_for_reports(store)),
        Round("forget_erased", 3600.0, lambda now: forget_erased(store, now=now)),
        Round("thin_audit", 3600.0, lambda now: thin_audit(store, now=now)),
        Round("tidy_store", 3600.0, lambda now: tidy_store(store, queue, now=now)),
    ]


def _turns(store: Store, queue: Queue, workflow: str, name: str, mend: Mend) -> list[Round]:
    """Return the rounds that give work its next turn, and another chance to what broke."""
    return [
        Round(
            f"enqueue_due_{name}",
            DUE_EVERY if workflow in CALLING else DUE_AGAIN_EVERY,
            lambda now: enqueue_due(store, queue, workflow, now=now),
        ),
        Round(f"mend_{name}", 10.0, lambda now: mend(store, queue, now=now)),
    ]


def _asking_again(token_key: bytes, store: Store, queue: Queue, catalogue: Catalogue) -> list[Round]:
    purposes = frozenset(one.id for one in catalogue.purposes.values() if one.asks_to_renew)
    return [
        Round("ask_again", 5.0, lambda now: ask_again(store, queue, token_key, now=now)),
        Round("ask_to_renew", 60.0, lambda now: ask_to_renew(store, queue, token_key, purposes, now=now)),
    ]


def _assigning(store: Store, queue: Queue, catalogue: Catalogue) -> list[Round]:
    rules, kinds = catalogue.assignment, [(form, locale) for form in catalogue.forms for locale in catalogue.locales]
    return [
        Round("note_left_leads", 600.0, lambda now: note_left_leads(store, now=now)),
        Round("free_left_leads", 5.0, lambda now: free_left_leads(store, now=now)),
        Round("assign_by_rule", 2.0, lambda now: assign_by_rule(store, queue, rules, kinds, now=now)),
    ]


def _approving(settings: Settings, store: Store, queue: Queue, catalogue: Catalogue) -> list[Round]:
    rules = {form.key: form.approval for form in catalogue.forms.values() if form.approval}
    desk = RuleDesk(rules, settings.destination, settings.destination_recipient)
    return [Round("approve_by_rule", 2.0, lambda now: approve_by_rule(store, queue, desk, now=now))] if rules else []


def _go_round(one: Round, clock: Clock, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            one.make(clock())
        except Exception as error:  # noqa: BLE001 - one of the three doors: the next round may well succeed
            failure("worker.round_broke", error, round=one.name)
        stop.wait(one.every)


class _Engine:
    """The durable engine in this process."""

    def __init__(
        self, database_url: str, worker: str, workflows: dict[str, Workflow], limits: Mapping[str, Rate]
    ) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer

        # Its messages go where all go, and without their arguments: with a handler present it makes none of its own.
        logging.getLogger("dbos").addHandler(logging.NullHandler())
        DBOS(
            config={
                "name": APPLICATION,
                "application_version": VERSION,
                "executor_id": worker,
                "system_database_url": database_url,
                "serializer": DBOSPortableJSONSerializer(),
                "sys_db_pool_size": 4,
                "db_engine_kwargs": {"hide_parameters": True},
                "max_executor_threads": 2 * FETCHED + 3 * AT_ONCE,
                "enable_otlp": False,
                "log_level": "WARNING",
            }
        )
        for name, workflow in workflows.items():
            run = _guarded(name, workflow, threading.BoundedSemaphore(AT_ONCE))
            DBOS.workflow(name=name, max_recovery_attempts=MOST_STARTS)(run)
        DBOS.launch()
        for name in workflows:
            limit = limits.get(name)
            DBOS.register_queue(
                name,
                worker_concurrency=FETCHED if name in CALLING and not limit else AT_ONCE,
                polling_interval_sec=_look_every(name, is_limited=limit is not None),
                limiter={"limit": limit.limit, "period": limit.period} if limit else None,
                on_conflict="always_update",
            )

    def finish(self) -> None:
        """Take nothing more, and wait a little for what is in hands."""
        from dbos import DBOS

        DBOS.destroy(workflow_completion_timeout_sec=FINISH_WITHIN)


def _look_every(workflow: str, *, is_limited: bool) -> float:
    if is_limited:
        return LOOK_WHERE_LIMITED
    if workflow == DELIVER_LEAD:
        return LOOK_EVERY
    return LOOK_FOR_MAILS_EVERY if workflow in _MAILS else LOOK_FOR_OTHERS_EVERY


def _guarded(name: str, workflow: Workflow, hands: AbstractContextManager[object]) -> Workflow:
    """Keep what an error says out of the engine's tables and messages (SEC-36); begin when hands are free."""

    def run(key: str) -> None:
        try:
            with hands:
                workflow(key)
        except Exception as error:  # noqa: BLE001 - one of the three doors: `mend_deliveries` finds what broke
            failure("workflow.broke", error, workflow=name, key=key)
            raise WorkflowBroke(type(error).__name__) from None

    return run

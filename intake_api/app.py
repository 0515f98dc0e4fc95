"""The doors: what each listener is made of. The only file that sees all parts."""

from flask import Flask
from jinja2 import StrictUndefined

from intake_api.catalogue.model import Catalogue
from intake_api.clock import Clock
from intake_api.queue import Queue
from intake_api.settings import Settings
from intake_api.store.base import Store
from intake_api.web.access import guard_routes, let_anyone_in, need_service_token, share_with_allowed_origins
from intake_api.web.as_meant import take_as_meant
from intake_api.web.asking import open_asking
from intake_api.web.door import Door, open_door
from intake_api.web.embed.files import put_widget, widget
from intake_api.web.errors import PageOfProblem, answer_errors
from intake_api.web.headers import add_headers
from intake_api.web.limits import BODY_BYTES
from intake_api.web.ops.health import health
from intake_api.web.ops.metrics import metrics
from intake_api.web.pages.assets import page_assets
from intake_api.web.pages.confirmations import confirmation_pages
from intake_api.web.pages.contents import content_pages
from intake_api.web.pages.correcting import correcting
from intake_api.web.pages.forms import form_pages
from intake_api.web.pages.landing import landing
from intake_api.web.pages.my_data import my_data_pages
from intake_api.web.pages.notices import notice_pages
from intake_api.web.pages.problems import page_of_problem
from intake_api.web.pages.receipt_checks import receipt_check_pages
from intake_api.web.pages.receipts import receipt_pages
from intake_api.web.pages.renewals import renewal_pages
from intake_api.web.pages.stopping import stopping
from intake_api.web.public.chat import chat, need_conversation, open_gateway
from intake_api.web.public.crm_events import crm_events
from intake_api.web.public.forms import forms
from intake_api.web.public.gpc import gpc
from intake_api.web.public.keys import keys
from intake_api.web.public.log import log
from intake_api.web.public.notices import notices
from intake_api.web.public.openapi import (
    CHAT_OPERATIONS,
    EVENT_OPERATIONS,
    FORM_OPERATIONS,
    HEALTH_OPERATIONS,
    KEY_OPERATIONS,
    PERMISSION_OPERATIONS,
    RECEIPT_OPERATIONS,
    RIGHTS_OPERATIONS,
    TEXT_OPERATIONS,
    describe_api,
)
from intake_api.web.public.permissions import permissions
from intake_api.web.public.receipts import receipts
from intake_api.web.public.rights import rights
from intake_api.web.public.standing_answers import standing_answers
from intake_api.web.public.submissions import submissions
from intake_api.web.public.texts import texts
from intake_api.web.review.account import account
from intake_api.web.review.audit import audit
from intake_api.web.review.bulk import bulk
from intake_api.web.review.company import company, open_company
from intake_api.web.review.destinations import destinations, look_at_pauses
from intake_api.web.review.differences import differences
from intake_api.web.review.exports import exports
from intake_api.web.review.frame import assets, frame_pages, problem_page
from intake_api.web.review.joining import joining
from intake_api.web.review.lead import give_queue, lead
from intake_api.web.review.merging import merging
from intake_api.web.review.parked import parked
from intake_api.web.review.passkeys import passkeys
from intake_api.web.review.people import people
from intake_api.web.review.permits import guard_acts
from intake_api.web.review.questions import questions
from intake_api.web.review.queue import queue
from intake_api.web.review.recording import recording, refuse_consents
from intake_api.web.review.reports import reports
from intake_api.web.review.search import search
from intake_api.web.review.second_factor import second_factor
from intake_api.web.review.session import ask_for_what_is_missing, need_reviewer
from intake_api.web.review.sign_in import entrance
from intake_api.web.review.views import views
from intake_api.web.review.work import work
from intake_api.web.words import put_words


def create_public_app(settings: Settings, catalogue: Catalogue, store: Store, clock: Clock) -> Flask:
    """Make the door of visitors."""
    here = Door("public", settings, catalogue, store, clock, Queue(settings.database_url))
    app = _new_app(here, page_of_problem=page_of_problem)
    app.jinja_options = {**app.jinja_options, "undefined": StrictUndefined}
    put_words(app)
    put_widget(app, catalogue, settings.public_url)
    open_gateway(app, here)
    open_asking(app)
    own = (*RECEIPT_OPERATIONS, *KEY_OPERATIONS, *RIGHTS_OPERATIONS, *EVENT_OPERATIONS)
    described = describe_api(
        "Vestibule: lead intake", catalogue, (*FORM_OPERATIONS, *own, *CHAT_OPERATIONS, *HEALTH_OPERATIONS)
    )
    api = (
        forms,
        submissions,
        standing_answers,
        notices,
        receipts,
        keys,
        gpc,
        log,
        rights,
        crm_events,
        chat,
        health,
        described,
    )
    links = (receipt_pages, receipt_check_pages, confirmation_pages, renewal_pages, my_data_pages, correcting, stopping)
    pages = (landing, form_pages, content_pages, *links, notice_pages, page_assets, widget)
    for part in (*api, *pages):
        app.register_blueprint(part)
    share_with_allowed_origins(app)
    guard_routes(app, {"conversation": need_conversation, "anyone": let_anyone_in})
    return app


def create_internal_app(settings: Settings, catalogue: Catalogue, store: Store, clock: Clock) -> Flask:
    """Make the door of our own: the form and rights API for the bot, and what is permitted, behind a token."""
    app = _new_app(Door("internal", settings, catalogue, store, clock, Queue(settings.database_url)))
    put_words(app)
    open_asking(app)
    for_the_bot = (*FORM_OPERATIONS, *TEXT_OPERATIONS, *RECEIPT_OPERATIONS, *RIGHTS_OPERATIONS)
    operations = (*for_the_bot, *PERMISSION_OPERATIONS, *HEALTH_OPERATIONS)
    described = describe_api("Vestibule: lead intake for the bot", catalogue, operations, needs_token=True)
    api = (forms, submissions, texts, standing_answers, notices, receipts, rights)
    for part in (*api, permissions, health, metrics, described):
        app.register_blueprint(part)
    guard_routes(app, {"service": need_service_token, "anyone": let_anyone_in})
    return app


def create_review_app(settings: Settings, catalogue: Catalogue, store: Store, clock: Clock) -> Flask:
    """Make the door of staff: the queue and its leads. No visitor knocks here."""
    waiting = Queue(settings.database_url)
    app = _new_app(Door("review", settings, catalogue, store, clock, waiting), page_of_problem=problem_page)
    of_people = (people, account, joining, second_factor, passkeys, company)
    of_leads = (queue, search, views, lead, questions, merging, work, bulk, exports, recording)
    parts = (entrance, *of_leads, audit, reports, destinations, parked, differences, *of_people, assets, health)
    for part in parts:
        app.register_blueprint(part)
    frame_pages(app)
    give_queue(app, waiting)
    open_company(app, settings.company, settings.review_url)
    guard_routes(app, {"staff": need_reviewer, "anyone": let_anyone_in})
    guard_acts(app)
    refuse_consents(app)
    ask_for_what_is_missing(app)
    look_at_pauses(app)
    return app


def _new_app(door: Door, *, page_of_problem: PageOfProblem | None = None) -> Flask:
    """Make an app without routes: hosts, sizes, headers and errors as every door has them."""
    app = Flask(f"vestibule.{door.name}", static_folder=None, template_folder=None)
    app.config.update(
        TRUSTED_HOSTS=door.settings.trusted_hosts[door.name],
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES,
        MAX_FORM_PARTS=100,
    )
    app.url_map.merge_slashes = False  # a doubled slash is no address of ours, and no redirect either (SEC-18)
    take_as_meant(app)
    open_door(app, door)
    answer_errors(app, page_of_problem)
    add_headers(app)
    return app

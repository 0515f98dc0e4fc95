"""The names of everything the bot says (the words are in bot/words/<lang>.yml) and of every button it offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VERBATIM = "utter_verbatim"  # the catalogue's own words, unchanged
WELCOME = "utter_welcome"
GOODBYE = "utter_goodbye"
NO_QUESTION_OPEN = "utter_no_question_open"
NOTHING_TO_CHANGE = "utter_nothing_to_change"
CORRECT_AFTER_SENDING = "utter_correct_after_sending"
WAY_OUT = "utter_way_out"
TOO_YOUNG = "utter_too_young"
LANGUAGE_OFFER = "utter_language_offer"
WHAT_CAN_I_DO = "utter_what_can_i_do"
UNCLEAR = "utter_unclear"
DID_YOU_MEAN = "utter_did_you_mean"
NOTICE_INTRO = "utter_notice_intro"
NOTICE_LINK = "utter_notice_link"
NOTICE_QUESTION = "utter_notice_question"
NOTICE_EXPIRED = "utter_notice_expired"
PLEASE_YES_OR_NO = "utter_please_yes_or_no"
UNCLEAR_IS_NO = "utter_unclear_is_no"
REFUSED = "utter_refused"
REFUSED_BEFORE = "utter_refused_before"
REUSE_QUESTION = "utter_reuse_question"
FIELD_REQUIRED = "utter_field_required"
FIELD_OPTIONAL = "utter_field_optional"
FIELD_ONE_OF = "utter_field_one_of"
FIELD_WHY = "utter_field_why"
FIELD_NEEDED = "utter_field_needed"
FIELD_SKIPPED = "utter_field_skipped"
FIELD_NOT_GOOD = "utter_field_not_good"
FIELD_NOT_UNDERSTOOD = "utter_field_not_understood"
FIELD_ONE_NUMBER = "utter_field_one_number"
FIELD_PICK_ONE = "utter_field_pick_one"
NOTED = "utter_noted"
PURPOSE_QUESTION = "utter_purpose_question"
PURPOSE_UNCLEAR_IS_NO = "utter_purpose_unclear_is_no"
NOTHING_TO_SEND = "utter_nothing_to_send"
SUMMARY = "utter_summary"
SUMMARY_QUESTION = "utter_summary_question"
WHAT_TO_CORRECT = "utter_what_to_correct"
SENT = "utter_sent"
SENT_UNKNOWN = "utter_sent_unknown"
TOO_LATE_TO_CANCEL = "utter_too_late_to_cancel"
ALREADY_SENT = "utter_already_sent"
RECEIPT = "utter_receipt"
DOWNLOAD = "utter_download"
NOT_ACCEPTED = "utter_not_accepted"
CANCEL_DROPS = "utter_cancel_drops"
CANCELLED = "utter_cancelled"
API_AWAY = "utter_api_away"
API_AWAY_KEPT = "utter_api_away_kept"
SOMETHING_BROKE = "utter_something_broke"
I_AM_A_BOT = "utter_i_am_a_bot"
TALK_TO_HUMAN = "utter_talk_to_human"
PEOPLE_ANSWER = "utter_people_answer"
TALK_TO_HUMAN_IN_FORM = "utter_talk_to_human_in_form"
WHY_DATA = "utter_why_data"
DATA_USE = "utter_data_use"
RETENTION = "utter_retention"
RIGHTS = "utter_rights"
RIGHTS_NO_CONTACT = "utter_rights_no_contact"
RIGHTS_ADDRESS = "utter_rights_address"
RIGHTS_LEFT = "utter_rights_left"
RIGHTS_RECEIPT = "utter_rights_receipt"
DROPPED = "utter_dropped"
YES_TAKEN_BACK = "utter_yes_taken_back"
PRODUCT = "utter_product"
LANGUAGES = "utter_languages"
LANGUAGE_CHANGED = "utter_language_changed"
LANGUAGE_NOT_READY = "utter_language_not_ready"
NO_SUCH_FORM = "utter_no_such_form"
THANKS_BACK = "utter_thanks_back"
GREET_BACK = "utter_greet"

# Intents, as buttons carry them: `intent` or `intent:detail`.
AFFIRM = "affirm"
DENY = "deny"
DECLINE_FIELD = "decline_field"
ASK_WHY_DATA = "ask_why_data"
CANCEL = "cancel"
CORRECT_DETAILS = "correct_details"
INFORM = "inform"
CHOOSE_FORM = "choose_form"
CHANGE_LANGUAGE = "change_language"
TRY_AGAIN = "try_again"


@dataclass(frozen=True)
class Offer:
    """A button: what pressing it means, and a word of the words file or a title of the catalogue."""

    payload: str
    word: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class Reply:
    """One message to the visitor: a name of this file, the values in it, its buttons."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()


YES_NO = (Offer(AFFIRM, "yes"), Offer(DENY, "no"))


def choose_form(form: str, title: str) -> Offer:
    """Return the button that starts a form."""
    return Offer(f"{CHOOSE_FORM}:{form}", title=title)

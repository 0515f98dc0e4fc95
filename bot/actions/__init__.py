"""The actions of the bot, one per file. Served by `python -m bot.actions`; they import rasa_sdk and never rasa."""

from __future__ import annotations

from bot.actions.action_answer_data_question import AnswerDataQuestion
from bot.actions.action_answer_product import AnswerProduct
from bot.actions.action_change_language import ChangeLanguage
from bot.actions.action_offer_forms import OfferForms
from bot.actions.validate_lead_form import LeadForm

__all__ = ["AnswerDataQuestion", "AnswerProduct", "ChangeLanguage", "LeadForm", "OfferForms"]

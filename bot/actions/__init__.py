"""The actions of the bot, one per file. Served by `python -m bot.actions`; they import rasa_sdk and never rasa."""

from __future__ import annotations

from bot.actions.action_answer import AnswerOutside
from bot.actions.validate_lead_form import LeadForm

__all__ = ["AnswerOutside", "LeadForm"]

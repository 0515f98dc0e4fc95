"""The one conversation that serves every form of the catalogue.

notice → yes or no → (use what was typed before?) → the fields, in the catalogue's order → each opt-in purpose alone →
(old enough for a yes?) → what was understood → send. Each step is one user turn in and the next question out; questions
about the data, about the bot and the like are answered at any step, and then the open question is asked again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.client import ApiAway, ApiRefused, FormApi
from bot.dialogue import asides, filling, listening, lost, of_age, questions, replies, reuse, rights, sending
from bot.dialogue.named import form_named
from bot.dialogue.outside import answer_outside, offered_forms
from bot.dialogue.own_text import without_contacts
from bot.dialogue.phrases import plain
from bot.dialogue.replies import Offer, Reply
from bot.dialogue.said import SURE, Heard, Said, hear_decision
from bot.dialogue.sheet import Sheet
from bot.dialogue.state import Stage, State
from bot.dialogue.topics import Topics
from bot.dialogue.turn import Desk, Turn
from bot.wording import Wording

Step = Callable[[State, Said, Desk], Awaitable[Turn]]


@dataclass(frozen=True)
class Conversation:
    """Takes turns. It holds no state of its own: that comes with each turn and goes back changed."""

    api: FormApi
    wording: Wording
    topics: Topics

    async def take_turn(self, state: State, said: Said) -> Turn:
        """Return the next state and what to say. Never raises for what the API or a visitor does."""
        return await self._take(_step, state, said)

    async def answer(self, state: State, said: Said) -> Turn:
        """Answer while no form is open. Never raises for what the API or a visitor does."""
        return await self._take(answer_outside, state, said)

    async def _take(self, step: Step, state: State, said: Said) -> Turn:
        desk = self._desk(state, said)
        try:
            if await listening.is_a_child(state, said, desk):
                return await listening.end_for_a_child(state, desk)
            heard, other = listening.hear_language(state, said, desk)
            if other is not None:
                turn = await self._take_in(other, step, heard, said, desk)
            else:
                turn = listening.offer_language(state, await step(heard, said, desk), desk)
            if turn.opens_form:
                return Turn(state, [], opens_form=True)  # the same text is heard again there
            return await lost.show_a_way_out(state, turn, desk)
        except ApiAway:
            return _api_is_away(state)
        except ApiRefused as refusal:
            return await _api_refused(state, refusal, desk)

    async def _take_in(self, language: str, step: Step, state: State, said: Said, desk: Desk) -> Turn:
        """Switch, then answer in the new language what can be answered: an open notice has to be shown anew first."""
        switched = await asides.switch_language(state, language, desk)
        if switched.state.stage is not None:
            return switched
        turn = await step(switched.state, said, self._desk(switched.state, said))
        return Turn(turn.state, [*switched.says, *turn.says], turn.is_over)

    def _desk(self, state: State, said: Said) -> Desk:
        return Desk(self.api, self.wording.for_language(state.language or said.locale), self.wording, self.topics)


def take_back_lost_turn(state: State, button: str | None) -> Turn:
    """Return where a conversation stands after a turn that was lost on the way, and what to say about it.

    The turn did not happen, and no buttons are offered here: those of `state` still stand. Only one that may have sent
    a request cannot be taken back: then the question is whether to try again or to cancel.
    """
    may_have_sent = button is None or button.startswith(replies.AFFIRM)
    if state.stage is Stage.SENDING or (state.stage is Stage.SUMMARY and may_have_sent):
        return sending.not_known_to_arrive(state)
    return Turn(state, [Reply(replies.SOMETHING_BROKE)])


async def _step(state: State, said: Said, desk: Desk) -> Turn:
    if said.intent in rights.RIGHTS and _asks_for_a_right(state, said, desk):
        return await rights.ask_for_right(state, said, desk)
    if state.stage is None or said.intent == replies.CHOOSE_FORM or _wants_another(state, said, desk):
        return await _begin(state, said, desk)
    aside = await asides.take_aside(state, said, desk)
    if aside is not None:
        return aside
    if said.means(replies.TRY_AGAIN, 1.0) and state.stage is not Stage.SENDING:
        return Turn(state, questions.open_question(state))
    if state.stage is Stage.RIGHTS:
        return await rights.address_answered(state, said, desk)
    if asides.is_meant(replies.CANCEL, said, state):
        return await _cancel(state, desk)
    step = {
        Stage.NOTICE: _notice_answered,
        Stage.REUSE: reuse.reuse_answered,
        Stage.FIELD: filling.field_answered,
        Stage.PURPOSE: _purpose_answered,
        Stage.AGE: _age_answered,
        Stage.SUMMARY: _summary_answered,
        Stage.CORRECT: filling.correction_answered,
        Stage.SENDING: sending.sending_answered,
    }[state.stage]
    return await step(state, said, desk)


def _asks_for_a_right(state: State, said: Said, desk: Desk) -> bool:
    if state.stage in (Stage.NOTICE, Stage.PURPOSE) and said.intent == "withdraw_consent":
        # "No, don't write to me" is the answer to the question.
        return hear_decision(said, desk.words.lexicon) is not Heard.NO
    return state.stage is None or asides.is_meant(said.intent, said, state)


def _wants_another(state: State, said: Said, desk: Desk) -> bool:
    # Before a yes there is nothing to lose by changing the subject; after it, one thing is finished or cancelled first.
    if not desk.topics.is_topic(said.intent) or desk.topics.form_for(said) == state.form:
        return False
    if state.stage is Stage.RIGHTS:
        return not state.paused and said.means(said.intent, SURE)
    return state.stage is Stage.NOTICE and said.confidence >= asides.PLAIN


async def _begin(state: State, said: Said, desk: Desk) -> Turn:
    if state.too_young:
        return Turn(state.cleared(), [Reply(replies.TOO_YOUNG)], is_over=True)
    form = await _form_for(said, desk)
    if form in state.refused and said.button is None:
        # Not asked again in this conversation (C-10); whoever changes their mind has a button for it.
        again = Offer(f"{replies.CHOOSE_FORM}:{form}", "show_notice")
        return Turn(state.cleared(last_form=form), [Reply(replies.REFUSED_BEFORE, offers=(again,))], is_over=True)
    try:
        sheet = Sheet(await desk.api.get_form(form, desk.language))
    except ApiRefused as refusal:
        return await _cannot_begin(state, refusal, desk)
    if state.stage is Stage.NOTICE:
        state = state.but(before_yes=reuse.texts_with_details(state, sheet, desk))
    remembered = state.heard_before_yes(said.text) if said.button is None else state
    begun = remembered.cleared(form=form, sheet=sheet.form, before_yes=remembered.before_yes, last_form=form)
    begun = begun.asking(Stage.NOTICE)
    return Turn(begun, questions.show_notice(sheet))


async def _form_for(said: Said, desk: Desk) -> str:
    if said.intent == replies.INFORM and said.button is None and not said.guesses:
        forms = desk.topics.of_the_chat(await desk.api.list_forms(desk.language))
        if named := form_named(without_contacts(said.text), forms):
            return named
    return desk.topics.form_for(said)


async def _cannot_begin(state: State, refusal: ApiRefused, desk: Desk) -> Turn:
    over = state.cleared()
    if refusal.code == "locale_not_available":
        return Turn(over, [asides.offer_languages(desk, refusal.problem.get("locales"))], is_over=True)
    return Turn(over, [Reply(replies.NO_SUCH_FORM, offers=await offered_forms(over, desk))], is_over=True)


async def _notice_answered(state: State, said: Said, desk: Desk) -> Turn:
    heard = hear_decision(said, desk.words.lexicon)
    if heard is Heard.YES:
        return await reuse.offer_what_is_known(state, said, desk)
    if heard is Heard.NO:
        return await _refuse(state, desk, [Reply(replies.REFUSED)])
    if state.tries == 0:
        return Turn(
            state.heard_before_yes(said.text).but(tries=1), [Reply(replies.PLEASE_YES_OR_NO, offers=replies.YES_NO)]
        )
    return await _refuse(state, desk, [Reply(replies.UNCLEAR_IS_NO)])


async def _refuse(state: State, desk: Desk, says: list[Reply]) -> Turn:
    # With the no goes also what was sent before it: nothing typed is left in memory but what a receipt is for.
    over = state.cleared(refused=(*state.refused, str(state.form)), known={})
    try:
        await desk.api.refuse(Sheet(state.sheet or {}).key, Sheet(state.sheet or {}).presentation)
    except (ApiAway, ApiRefused):
        # The no is honoured here and now all the same: it must not depend on our being able to count it.
        return Turn(over, says, is_over=True)
    return Turn(over, says, is_over=True)


async def _purpose_answered(state: State, said: Said, desk: Desk) -> Turn:
    if said.button is None and (changed := await filling.details_changed(state, said, desk)):
        return changed  # whatever else it says: a yes together with something else is asked for again (C-08)
    heard = hear_decision(said, desk.words.lexicon)
    if heard is Heard.UNCLEAR and state.tries == 0:
        return Turn(state.but(tries=1), [Reply(replies.PLEASE_YES_OR_NO, offers=replies.YES_NO)])
    decided = state.but(decisions={**state.decisions, str(state.asked): heard is Heard.YES})
    turn = questions.ask_next(decided)
    if turn.state.stage is Stage.SUMMARY and _nothing_is_wanted(turn.state):
        return await _refuse(state, desk, [Reply(replies.NOTHING_TO_SEND)])
    if heard is Heard.UNCLEAR:
        return Turn(turn.state, [Reply(replies.PURPOSE_UNCLEAR_IS_NO), *turn.says])
    return turn


async def _age_answered(state: State, said: Said, desk: Desk) -> Turn:
    turn = await of_age.age_answered(state, said, desk)
    if turn.state.stage is Stage.SUMMARY and _nothing_is_wanted(turn.state):
        return await _refuse(state, desk, [Reply(replies.NOTHING_TO_SEND)])
    return turn


def _nothing_is_wanted(state: State) -> bool:
    return Sheet(state.sheet or {}).needs_an_opt_in and not any(state.decisions.values())


async def _summary_answered(state: State, said: Said, desk: Desk) -> Turn:
    if asides.is_meant(replies.CORRECT_DETAILS, said, state):
        return await filling.correct(state, said, desk)
    if "@" in said.text and (changed := await filling.details_changed(state, said, desk)):
        return changed
    named = filling.what_is_named(state, said, desk) if said.button is None else None
    if named in state.decisions:
        # "Yes, I want the news after all" is a yes to that, not to sending, and is asked for by itself.
        return await filling.correct(state, said, desk)
    heard = hear_decision(said, desk.words.lexicon)
    if heard is Heard.YES or _says_send(said, desk):
        return await sending.send(state, desk)
    if changed := await filling.details_changed(state, said, desk):
        return changed
    if named is not None:
        return await filling.correct(state, said, desk)
    if heard is Heard.NO:
        return Turn(state.asking(Stage.CORRECT), [questions.what_to_correct(state)])
    return Turn(state, [questions.summary_question()])


def _says_send(said: Said, desk: Desk) -> bool:
    """Say whether exactly the words of the button were typed, or what stands in them behind the yes."""
    title, yes = plain(desk.words.title(None, "send")), plain(desk.words.title(None, "yes"))
    sends = {part.strip() for part in (title, *title.split(","))} - {yes, ""}
    return said.button is None and plain(said.text).strip(" .!") in sends


async def _cancel(state: State, desk: Desk) -> Turn:
    if state.stage is Stage.NOTICE:
        return await _refuse(state, desk, [Reply(replies.CANCELLED)])
    if state.stage is Stage.SENDING:
        return await sending.call_back(state, desk)
    return Turn(state.cleared(), [Reply(replies.CANCELLED)], is_over=True)


def _api_is_away(state: State) -> Turn:
    if state.stage is Stage.SENDING:
        return sending.not_known_to_arrive(state)
    if state.stage in (None, Stage.NOTICE):
        return Turn(state.cleared(), [Reply(replies.API_AWAY)], is_over=True)
    # After a yes the answers given so far stay in memory, as promised; nothing more is asked until the API is back.
    return Turn(state, [Reply(replies.API_AWAY_KEPT, offers=questions.TRY_AGAIN_OR_CANCEL)])


async def _api_refused(state: State, refusal: ApiRefused, desk: Desk) -> Turn:
    if refusal.fresh_form is not None and state.stage is not None:
        # The showing is over: the notice is shown and asked anew, and with it each decision that was made on it (C-06).
        sheet = Sheet(refusal.fresh_form)
        again = state.shown_anew(sheet.form)
        return Turn(again, [Reply(replies.NOTICE_EXPIRED), *questions.show_notice(sheet)])
    if refusal.code == "idempotency_key_reused":
        # A turn was lost after the lead had arrived, and then something was changed: two leads out of one would be
        # worse.
        return Turn(state.cleared(), [Reply(replies.ALREADY_SENT)], is_over=True)
    if refusal.field_problems and state.sheet is not None:
        return await filling.ask_again_refused(state, refusal.field_problems, desk)
    return Turn(state.cleared(), [Reply(replies.NOT_ACCEPTED)], is_over=True)

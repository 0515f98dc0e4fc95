"""What a mail to somebody of staff says: one link, no lead and nobody, in the language in which they read our pages."""

from collections.abc import Sequence
from dataclasses import dataclass

from intake_api.catalogue.definitions import Organisation
from intake_api.flows.send_mail import MailDesk
from intake_api.mail.port import Mail
from intake_api.mail.words import MailWords
from intake_api.store.staff import Reviewer


@dataclass(frozen=True)
class StaffDesk(MailDesk):
    """The desk with what staff are written: where their door is, and the language of who has not chosen one."""

    review_url: str
    organisation: Organisation
    words: MailWords
    locale: str


def write_to_staff(
    desk: StaffDesk, mail_id: str, reader: Reviewer, kind: str, path: str, *, more: Sequence[str] = (), **said: str
) -> Mail:
    """Return a mail made of the words `<kind>.subject`, `.text` and `.open`, the link, and those `more` names.

    :param path: where the link leads on the review door.
    """
    locale = reader.language or desk.locale
    words, said = desk.words.of(locale), {**desk.organisation.in_texts, **said}
    parts = (
        words[f"{kind}.text"].format(**said),
        f"{words[f'{kind}.open']}\n{desk.review_url}{path}",
        *(words[f"{kind}.{one}"].format(**said) for one in more),
        f"-- \n{words['rights.who'].format(**said)}",
    )
    subject = words[f"{kind}.subject"].format(**said)
    return Mail(id=mail_id, to=reader.email, subject=subject, text="\n\n".join(parts) + "\n", locale=locale)

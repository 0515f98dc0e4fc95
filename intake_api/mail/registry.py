"""From the settings to the way out: the only place that knows which kinds there are."""

from intake_api.catalogue.definitions import Organisation
from intake_api.mail.folder import MailFolder
from intake_api.mail.message import one_address
from intake_api.mail.port import Mailer, Sender
from intake_api.mail.smtp import SmtpMailer, read_server
from intake_api.settings import Settings, SettingsError


def open_mailer(settings: Settings, organisation: Organisation) -> Mailer:
    """Return the configured way out; nothing is called or written yet.

    :raises SettingsError: the mail server's address or the sender's cannot be used.
    """
    sender = Sender(organisation.name, settings.mail_from or organisation.email)
    try:
        one_address(sender.address)
    except ValueError:
        raise SettingsError(
            "VESTIBULE_MAIL_FROM is not one e-mail address; write it like hello@company.example."
        ) from None
    if settings.mail == "smtp":
        return SmtpMailer(read_server(settings.smtp_url or ""), sender)
    return MailFolder(settings.mail_folder, sender)

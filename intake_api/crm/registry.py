"""From the settings to the destination: the only place that knows which kinds there are."""

from collections.abc import Callable, Mapping

from intake_api.catalogue.model import Catalogue
from intake_api.crm.csv_file import CsvFile
from intake_api.crm.dolibarr import Dolibarr
from intake_api.crm.espocrm import EspoCrm
from intake_api.crm.hubspot import HubSpot
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.lead_file import LeadFile, RotationInvalid, read_rotation
from intake_api.crm.odoo import Odoo
from intake_api.crm.pipedrive import Pipedrive
from intake_api.crm.port import Destination
from intake_api.crm.salesforce import Salesforce
from intake_api.crm.tryton import Tryton
from intake_api.crm.webhook import Webhook
from intake_api.rules.field_map import FieldMap
from intake_api.rules.web_target import TargetRefused
from intake_api.settings import Settings, SettingsError

# How each kind of CRM is opened.
KINDS: Mapping[str, Callable[..., Destination]] = {
    "odoo": Odoo,
    "hubspot": HubSpot,
    "tryton": Tryton,
    "espocrm": EspoCrm,
    "salesforce": Salesforce,
    "dolibarr": Dolibarr,
    "pipedrive": Pipedrive,
}

_ON_THIS_MACHINE = "on this machine itself, with VESTIBULE_WEBHOOK_ALLOW_LOOPBACK=1 and not in production"
# Why an address cannot be one, and what can (SEC-34).
_REFUSED = {
    "address_malformed": "is no address. Write one such as https://crm.company.example.",
    "scheme_not_https": f"does not begin with https://. Only what is {_ON_THIS_MACHINE}, may begin with http://.",
    "user_in_address": "has a user in it. Leave that out: the account has settings of its own.",
    "host_malformed": "has no name or address of a host. Write one such as https://crm.company.example.",
    "port_not_allowed": f"has a port other than 443 and 8443. Only what is {_ON_THIS_MACHINE}, may have any.",
}


def open_destination(settings: Settings, catalogue: Catalogue) -> Destination:
    """Return the configured destination; nothing is called or written yet.

    :raises SecretInvalid: the webhook's secret is none.
    :raises SettingsError: the address breaks a rule (SEC-34), a CRM needs a setting that is not there, or the file's
        rotation is none.
    """
    try:
        return _opened(settings, catalogue)
    except TargetRefused as error:
        name = "WEBHOOK_URL" if settings.destination == "webhook" else "CRM_URL"
        raise SettingsError(f"VESTIBULE_{name} {_REFUSED[error.code]}") from None


def _opened(settings: Settings, catalogue: Catalogue) -> Destination:
    named = catalogue.field_map(settings.destination)
    if settings.destination == "webhook":
        return Webhook(
            settings.webhook_url or "",
            settings.secrets.webhook_secrets,
            settings.destination_recipient,
            named,
            allow_loopback=settings.webhook_allow_loopback,
        )
    if settings.crm:
        open_crm = KINDS[settings.destination]
        loopback = settings.webhook_allow_loopback
        return open_crm(settings.crm, settings.destination_recipient, named, allow_loopback=loopback)
    return _open_file(settings, catalogue, named)


def _open_file(settings: Settings, catalogue: Catalogue, named: FieldMap) -> LeadFile:
    """Return the file; its name says what is written into it."""
    path, recipient = settings.destination_file, settings.destination_recipient
    try:
        rotation = read_rotation(settings.destination_file_rotation)
    except RotationInvalid as error:
        written = settings.destination_file_rotation
        raise SettingsError(f"VESTIBULE_DESTINATION_FILE_ROTATION is {written!r}. {error}") from None
    if path.suffix != ".csv":
        return JsonLinesFile(path, recipient, named, rotation=rotation)
    asked = [(form_id, name) for form_id, form in catalogue.forms.items() for name in form.rules]
    fields = {there for form, name in asked if (there := named.name(form, name))}
    return CsvFile(path, recipient, named, fields=fields, rotation=rotation)

"""From the settings to the destination: the only place that knows which kinds there are."""

from collections.abc import Callable, Mapping

from intake_api.catalogue.model import Catalogue
from intake_api.crm.dolibarr import Dolibarr
from intake_api.crm.espocrm import EspoCrm
from intake_api.crm.hubspot import HubSpot
from intake_api.crm.json_lines import JsonLinesFile
from intake_api.crm.odoo import Odoo
from intake_api.crm.pipedrive import Pipedrive
from intake_api.crm.port import Destination
from intake_api.crm.salesforce import Salesforce
from intake_api.crm.tryton import Tryton
from intake_api.crm.webhook import Webhook
from intake_api.settings import Settings

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


def open_destination(settings: Settings, catalogue: Catalogue) -> Destination:
    """Return the configured destination; nothing is called or written yet.

    :raises TargetRefused: the webhook's address breaks a rule (SEC-34).
    :raises SecretInvalid: the webhook's secret is none.
    :raises SettingsError: a CRM needs a setting that is not there.
    """
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
    return JsonLinesFile(settings.destination_file, settings.destination_recipient, named)

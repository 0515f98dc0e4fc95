"""The other sides that every connector is held to its promises against, by the name of its kind."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.intake_api.crm.worlds.dolibarr import dolibarr_world
from tests.intake_api.crm.worlds.espocrm import espo_world
from tests.intake_api.crm.worlds.file import file_world
from tests.intake_api.crm.worlds.hubspot import hubspot_world
from tests.intake_api.crm.worlds.odoo import odoo_17_world, odoo_19_world
from tests.intake_api.crm.worlds.pipedrive import pipedrive_world
from tests.intake_api.crm.worlds.salesforce import salesforce_world
from tests.intake_api.crm.worlds.tryton import tryton_world
from tests.intake_api.crm.worlds.webhook import webhook_world
from tests.intake_api.crm.worlds.world import World

WORLDS: dict[str, Callable[[Path], AbstractContextManager[World]]] = {
    "file": file_world,
    "tryton": tryton_world,
    "webhook": webhook_world,
    "espocrm": espo_world,
    "dolibarr": dolibarr_world,
    "odoo-19": odoo_19_world,
    "odoo-17": odoo_17_world,
    "hubspot": hubspot_world,
    "salesforce": salesforce_world,
    "pipedrive": pipedrive_world,
}

"""Set a new Tryton up as `docs/delivery.md` tells an administrator to; run by the Python of `.venv-tryton`.

Its one argument is the configuration file; the passwords of the two accounts come in on the standard input, the key of
the application goes out on the standard output.
"""

import json
import sys

from proteus import Model, config


def set_up(file: str, passwords: dict[str, str]) -> str:
    """Make company, accounts and key; return the key."""
    config.set_trytond("crm", config_file=file)
    company = make_company()
    for login, groups in (("leadbot", ["Sale Opportunity"]), ("eraser", ["Party Administration"])):
        make_user(login, passwords[login], groups, company)
    own = config.set_trytond("crm", user="leadbot", config_file=file)
    application = Model.get("res.user.application")(application="rest", user=Model.get("res.user")(own.user))
    application.save()
    return str(application.key)


def make_company() -> Model:
    """Make a company with its currency."""
    currency = Model.get("currency.currency")(name="Euro", code="EUR", symbol="€")
    currency.save()
    party = Model.get("party.party")(name="Company Example")
    party.save()
    company = Model.get("company.company")(party=party, currency=currency)
    company.save()
    return company


def make_user(login: str, password: str, groups: list[str], company: Model) -> None:
    """Make an account with the rights it needs and no more."""
    user = Model.get("res.user")(name=login, login=login, password=password)
    user.companies.append(Model.get("company.company")(company.id))
    user.company = Model.get("company.company")(company.id)
    for group in Model.get("res.group").find([("name", "in", groups)]):
        user.groups.append(group)
    user.save()


if __name__ == "__main__":
    print(set_up(sys.argv[1], json.load(sys.stdin)))

"""The page of the demo form, as a visitor without scripts fills it in."""

from tests.intake_api.web.html import Page

PAGE = "/f/request_demo"
TYPED = {"f-name": "Zane Example", "f-email": "zane@guest.example"}


def yes(page: Page, purpose: str) -> str:
    """Return the value by which this showing of a page says yes to a purpose."""
    return page.one("input", id=f"d-{purpose}-yes").get("value")


def no(page: Page, purpose: str) -> str:
    """Return the value by which this showing of a page says no to a purpose."""
    return page.one("input", id=f"d-{purpose}-no").get("value")

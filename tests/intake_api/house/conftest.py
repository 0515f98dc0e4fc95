"""The doors, as their own tests make them."""

from tests.intake_api.web.conftest import database_url, internal_app, kept, public, public_app, review_app, submission

__all__ = ["database_url", "internal_app", "kept", "public", "public_app", "review_app", "submission"]

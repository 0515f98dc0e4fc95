"""The shapes of what a CRM tells us."""

from intake_api.web.shapes import Choice, Inner, Several, Shape, Text


class EventData(Shape):
    """Of which lead (exactly one of the three names); of `unsubscribed` for which purposes, else for each yes."""

    lead = Text(64)
    reference = Text(32)
    remote_id = Text(200)
    purposes = Several(Text(64), most=20)

    also = {"oneOf": [{"required": [name]} for name in ("lead", "reference", "remote_id")]}  # noqa: RUF012


class EventBody(Shape):
    """What happened over there. Anything else is refused: nobody but the person can allow more."""

    type = Choice("unsubscribed", "bounced", "deleted", required=True)
    timestamp = Text(64)
    data = Inner(EventData, required=True)

"""What a customer decided about the texts of one application."""

from dataclasses import dataclass

from optiinfra_core.applications.interaction import TextPolicy


@dataclass(frozen=True, slots=True)
class TextRules:
    """What is kept, for how many days, and whether a judge may see it.

    ``policy``: ``full`` keeps texts as sent, ``redacted`` without what the redactor finds,
    ``hash`` a keyed hash of them alone, ``none`` nothing. ``days`` count from the day of the call.
    """

    policy: TextPolicy
    days: int
    send_to_judge: bool

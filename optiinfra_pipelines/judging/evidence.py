"""A stored call as a judge may see it."""

from collections.abc import Callable, Iterable

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.parts import documents, messages


def evidence_of(
    spoken: Iterable[str],
    answered: Iterable[str],
    sources: Iterable[str],
    change: Callable[[str], str] = str,
) -> Evidence:
    """The exchange that stored parts tell; ``change`` is applied to every text of it."""
    return Evidence(
        conversation=tuple(
            Message(message.role, change(message.text)) for message in messages(spoken)
        ),
        answer="\n\n".join(change(message.text) for message in messages(answered)),
        context=tuple(change(text) for text in documents(sources)),
    )

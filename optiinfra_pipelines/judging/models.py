"""The chain of a judge's models: the first that works judges, the next one what it cannot."""

import threading
from collections.abc import Iterable

from optiinfra_core.errors import ConfigurationError

MOST_NAMED = 20


class Models:
    """Model ids in order of preference; threads may lose some on the way."""

    def __init__(self, offered: Iterable[str]) -> None:
        self._chain = tuple(dict.fromkeys(offered))
        self._gone: dict[str, str] = {}
        self._lock = threading.Lock()

    def usable(self, first: str = "") -> tuple[str, ...]:
        """Those that the server still has, ``first`` before the others if it is among them.

        Raises:
            ConfigurationError: none is left.
        """
        with self._lock:
            left = [model for model in self._chain if model not in self._gone]
            why = ", ".join(f"{model} ({reason})" for model, reason in self._gone.items())
        if not left:
            raise ConfigurationError(
                f"the judge's server has none of its models any more: {why}",
                remedy="Set OPTIINFRA_JUDGE_MODELS to models that the server offers.",
            )
        return tuple(sorted(left, key=lambda model: model != first))

    def lose(self, model: str, why: str) -> None:
        """The server does not have ``model`` any more; nobody asks it again."""
        with self._lock:
            self._gone[model] = why


def chosen(wanted: Iterable[str], offered: frozenset[str]) -> Models:
    """Those of ``wanted`` that are ``offered``.

    Raises:
        ConfigurationError: none is.
    """
    wanted = tuple(wanted)
    found = [model for model in wanted if model in offered]
    if not found:
        some = ", ".join(sorted(offered)[:MOST_NAMED]) or "none at all"
        raise ConfigurationError(
            f"the judge's server offers none of {', '.join(wanted)}; it offers {some}",
            remedy="Set OPTIINFRA_JUDGE_MODELS to models that the server offers.",
        )
    return Models(found)

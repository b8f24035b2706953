"""How many tokens an inference subscription has used by an instant, hour by hour."""

from collections.abc import Mapping
from datetime import datetime

from optiinfra_core.windows import Window
from optiinfra_simulator.vultr.things import Inference
from optiinfra_simulator.world import dice

MODELS = ("llama-3.3-70b-instruct-fp8", "deepseek-r1-distill-llama-70b")
_HOUR = 3600


def used(seed: int, thing: Inference, span: Window) -> Mapping[str, tuple[int, int]]:
    """Tokens read and written by each model in the whole hours of ``span``."""
    existing = thing.life.existing(span.start, span.end)
    if existing is None:
        return dict.fromkeys(MODELS, (0, 0))
    first, last = (int(instant.timestamp()) // _HOUR for instant in existing)
    return {model: _sums(seed, thing.id, model, range(first, last)) for model in MODELS}


def _sums(seed: int, thing: str, model: str, hours: range) -> tuple[int, int]:
    read = written = 0
    for hour in hours:
        read += dice.whole(2_000, 90_000, seed, thing, model, hour, "in")
        written += dice.whole(500, 30_000, seed, thing, model, hour, "out")
    return read, written


def month_to(month: Window, instant: datetime) -> Window | None:
    """The part of ``month`` before ``instant``, None where it has not begun."""
    end = min(month.end, instant)
    return Window(month.start, end) if month.start < end else None

"""Answers that begin with the newest rows: read the last hours first, and more only if needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from optiinfra_core.windows import as_utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backwards:
    """How far back a question is asked that orders its rows by an instant, newest first.

    Rows of a shorter period that fill a page are the first rows of the longer one too. ``after``
    is the parameter that holds the instant of the page before; ``spans`` are the lengths that are
    tried before the whole period; ``step`` the parameter with the seconds that rows are condensed
    to, where they are: a step is read wholly or not at all. Whoever reads many pages at once skips
    the first ``short`` spans, which hold only few of them.
    """

    after: str
    spans: tuple[timedelta, ...]
    step: str = ""
    short: int = 0

    def starts(
        self, bound: Mapping[str, Any], newest: datetime | None, *, many: bool = False
    ) -> Iterator[datetime]:
        """The starts to try in their order; the last one is the question's own.

        ``newest`` is where rows are known to end; a period that goes on after it holds none there.
        """
        start = as_utc(bound["start"])
        step = timedelta(seconds=bound[self.step]) if self.step else timedelta()
        upper = self._upper(bound, newest, step)
        for span in self.spans[self.short if many else 0 :]:
            near = upper - max(span, step)
            near -= (near - EPOCH) % step if step else timedelta()
            if near > start:
                yield near
        yield start

    def _upper(
        self, bound: Mapping[str, Any], newest: datetime | None, step: timedelta
    ) -> datetime:
        """No row of the answer is expected after this."""
        upper = as_utc(bound["end"])
        if newest is not None:
            upper = min(upper, as_utc(newest))
        if bound["has_after"]:
            upper = min(upper, as_utc(bound[self.after]) + step)
        return upper

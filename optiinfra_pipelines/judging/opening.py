"""Opens the panel of a run; what keeps the model from judging does not keep the screens."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from pydantic import SecretBytes

from optiinfra_core.applications.screen import LexicalScreen
from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import OptiInfraError
from optiinfra_pipelines.judging.bench import Bench
from optiinfra_pipelines.judging.chain import open_judge
from optiinfra_pipelines.judging.panel import Panel
from optiinfra_pipelines.judging.scope import Tools
from optiinfra_pipelines.judging.spending import Purse

# Nothing is judged before a seat is taken on behalf of a purse.
EMPTY = Purse(Decimal(0))


@contextmanager
def open_panel(
    tools: Tools, secret: SecretBytes, models: Iterable[str] = ()
) -> Iterator[tuple[Panel, OptiInfraError | None]]:
    """The panel, and why its model is missing where one is configured but cannot be opened.

    ``models`` take the place of those in the settings: their scores are series of their own.
    """
    log = CallLog()
    bench = Bench(clock=tools.clock, ledger=log, secret=secret)
    try:
        judge = open_judge(tools.settings, bench, EMPTY, models)
    except OptiInfraError as error:
        yield Panel(screens=LexicalScreen(), log=log), error
        return
    try:
        yield Panel(screens=LexicalScreen(), model=judge, log=log), None
    finally:
        if judge is not None:
            judge.close()

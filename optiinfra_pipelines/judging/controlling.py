"""Holds the judge against the labelled items where it is at work, and tells when it changed."""

from collections.abc import Iterable
from decimal import Decimal

import structlog

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.warehouse.gold_results import OPERATOR
from optiinfra_pipelines.judging.customer_run import Report
from optiinfra_pipelines.judging.gold_control import control, known_steps
from optiinfra_pipelines.judging.panel import Panel
from optiinfra_pipelines.judging.scope import Tools
from optiinfra_pipelines.judging.watching import Steps

log = structlog.get_logger(__name__)


def controlled(tools: Tools, panel: Panel, reports: Iterable[Report]) -> Steps:
    """The days on which a judge changed; controls the judge first if it judged in these reports.

    A control that fails is told in the log: the customers' judgements stand without it.

    Raises:
        Transient, Permanent: as our own servers say.
    """
    reports = list(reports)
    worked = [report for report in reports if report.model_calls]
    if panel.model is None or not worked:
        return known_steps(tools)
    fingerprints = {name for each in worked for done in each.judged for name in done.fingerprints}
    scope = worked[0].scope
    try:
        found = control(tools, panel.model, scope.run_id, fingerprints)
    except OptiInfraError as error:
        log.warning("judge.control_failed", code=error.code, detail=error.detail)
        return known_steps(tools)
    finally:
        calls = tuple(panel.log.drain())
        usd = sum((call.usd for call in calls), Decimal(0))
        record_calls(
            tools.warehouse, OPERATOR, scope.provider, APPLICATION, "gold", scope.run_id, calls
        )
    if found.metrics:
        log.info("judge.controlled", metrics=len(found.metrics), failed=found.failed, usd=str(usd))
    return found.steps

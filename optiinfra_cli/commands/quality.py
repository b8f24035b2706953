"""``quality``: how good the answers of a customer's applications are."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from optiinfra_cli.options import Customer, DataDir, Json, settings_for
from optiinfra_cli.output import Output

APPLICATIONS = ("application", "calls", "errors", "p95_ms", "cost_usd", "usd_per_passing_answer",
                "open_alarms")  # fmt: skip
METRICS = ("application", "metric", "judge", "judged", "score", "passed", "drift", "note")


def quality(
    customer: Customer,
    *,
    provider: Annotated[
        str, typer.Option("--provider", help="The cloud that hosts the applications, or all.")
    ] = "all",
    days: Annotated[int, typer.Option("--days", min=1, help="How far back to look.")] = 7,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show how good applications' answers are, each rate with its interval, and what they cost."""
    from optiinfra_cli.api_client import open_api  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_api(settings_for(data_dir), customer) as api:
        told = api.get(f"/api/v2/applications/{customer}/{provider}/summary", days=days)
    out.table(APPLICATIONS, [_application(row) for row in told["data"]])
    out.table(METRICS, [line for row in told["data"] for line in _metrics(row)])
    out.result(quality=told)


def _application(row: Mapping[str, Any]) -> list[object]:
    latency = row["latency_ms"]
    return [
        row["application_id"],
        row["requests"],
        row["errors"],
        round(latency["p95"]) if latency else None,
        row["cost_usd"],
        row["cost_per_passing_answer_usd"],
        row["open_alarms"],
    ]


def _metrics(row: Mapping[str, Any]) -> Iterator[list[object]]:
    for metric in row["metrics"]:
        yield [
            row["application_id"],
            metric["metric_name"],
            metric["judge_model"] or metric["judge"],
            metric["judged"],
            _between(metric["score"], ".2f"),
            _between(metric["pass_rate"], ".0%"),
            metric["drift"],
            _note(metric),
        ]


def _between(estimate: Mapping[str, Any] | None, form: str) -> str | None:
    """An estimate with its interval, as "0.90 (0.80-0.95)"."""
    if estimate is None:
        return None
    value, low, high = (format(estimate[name], form) for name in ("value", "low", "high"))
    return f"{value} ({low}-{high})"


def _note(metric: Mapping[str, Any]) -> str:
    """What a reader must know of the numbers."""
    if metric["reason"]:
        return str(metric["reason"])
    too_few = [] if metric["verdict_possible"] else ["below 50 judged"]
    return ", ".join([*too_few, *([] if metric["calibrated"] else ["not calibrated"])])

"""``collect``, ``backfill``, ``spending``: start collection through the API; what it costs."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import typer

from optiinfra_cli.exits import Exit
from optiinfra_cli.options import Customer, DataDir, Json, ProviderSlug, Wait, instant, settings_for
from optiinfra_cli.output import Output

DataTypes = Annotated[
    list[str] | None, typer.Argument(help="cost, performance, resource; default: all there are.")
]
TypeOption = Annotated[
    list[str] | None, typer.Option("--type", help="A data type; may be given again; default: all.")
]
ENDED = {"succeeded": Exit.OK, "partial": Exit.PARTIAL, "failed": Exit.UPSTREAM}


def collect(  # noqa: PLR0913 - a command's options
    customer: Customer,
    provider: ProviderSlug,
    data_type: DataTypes = None,
    *,
    wait: Wait = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Collect now what is due for a customer."""
    from optiinfra_cli.api_client import open_api  # noqa: PLC0415 - lazy
    from optiinfra_cli.tasks import collected  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_api(settings_for(data_dir), customer) as api:
        body = {
            "customer_id": customer,
            "provider": provider,
            "data_types": data_type or [],
        }
        start = partial(api.post, "/api/v1/collect/trigger", body)
        task = collected(api, start, out.progress) if wait else start()
    _finish(out, task)


def backfill(  # noqa: PLR0913 - a command's options
    customer: Customer,
    provider: ProviderSlug,
    *,
    start: Annotated[str, typer.Option("--start", help="First day, or instant with a zone.")],
    end: Annotated[str, typer.Option("--end", help="The day or instant to stop before.")],
    data_type: TypeOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would take.")
    ] = False,
    wait: Wait = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Collect a span of the past again; --dry-run says the calls and dollars first."""
    from optiinfra_cli.api_client import open_api  # noqa: PLC0415 - lazy
    from optiinfra_cli.tasks import await_task  # noqa: PLC0415 - lazy

    out = Output(as_json)
    body = {
        "customer_id": customer,
        "provider": provider,
        "data_types": data_type or [],
        "start": instant(start).isoformat(),
        "end": instant(end).isoformat(),
        "dry_run": dry_run,
    }
    with open_api(settings_for(data_dir), customer) as api:
        plan = api.post("/api/v1/collect/backfill", body)
        task = plan["task"]
        if wait and task:
            task = await_task(api, task["task_id"], out.progress)
    _show_plan(out, plan)
    if task is None:
        out.result(plan=plan)
    else:
        _finish(out, task)


def spending(
    customer: Customer,
    *,
    days: Annotated[int, typer.Option("--days", min=1, help="How far back to look.")] = 30,
    group_by: Annotated[
        str,
        typer.Option(
            "--by", help="provider, data_type, account, operation, run or day.", metavar="WHAT"
        ),
    ] = "provider",
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show what collecting a customer's data cost, and how it stands against its budgets."""
    from optiinfra_cli.api_client import open_api  # noqa: PLC0415 - lazy

    out = Output(as_json)
    with open_api(settings_for(data_dir), customer) as api:
        told = api.get("/api/v1/collect/cost", customer_id=customer, days=days, group_by=group_by)
    columns = ("key", "calls", "pages", "units", "usd", "throttled", "errors")
    out.table(columns, [[row[name] for name in columns] for row in told["data"]])
    accounts = ("provider", "account_id", "month_to_date_usd", "projected_month_usd",
                "budget_usd", "slowed_until")  # fmt: skip
    out.table(accounts, [[row[name] for name in accounts] for row in told["accounts"]])
    out.result(spending=told)


def _show_plan(out: Output, plan: Mapping[str, Any]) -> None:
    columns = ("data_type", "possible", "first_day", "last_day", "partitions",
               "estimated_calls", "estimated_usd", "reason")  # fmt: skip
    out.table(columns, [[part[name] for name in columns] for part in plan["data_types"]])
    out.say(
        f"{plan['partitions']} partitions, about {plan['estimated_calls']} calls"
        f" and {plan['estimated_usd']} US dollars"
    )


def _finish(out: Output, task: Mapping[str, Any]) -> None:
    """Show the task; once it ended, the exit code is its outcome."""
    out.say(f"task {task['task_id']}: {task['status']}")
    for result in task.get("results", ()):
        out.say(f"  {result['data_type']:<12} {result['status']:<10} {result['rows']} rows")
        for error in (result["error"], *result["failed_parts"]):
            if error:
                out.say(f"    {error['detail']}\n    Remedy: {error['remedy']}")
    out.result(task=task)
    code = ENDED.get(str(task["status"]), Exit.OK)
    if code:
        raise typer.Exit(code)

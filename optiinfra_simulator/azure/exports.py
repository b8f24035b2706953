"""Microsoft.CostManagement/exports: the exports of a subscription and their runs."""

from collections.abc import Mapping
from typing import Any

from optiinfra_core.windows import day_window
from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS, ExportPlace
from optiinfra_simulator.azure.answers import Answer, AzureError
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.runs import VERSION, Run


def listed(call: Call) -> Answer:
    """The exports of the subscription."""
    place = SUBSCRIPTIONS[call.subscription].export
    return Answer({"value": [_export(call, place)] if place else []}, {})


def one(call: Call) -> Answer:
    """One export."""
    return Answer(_export(call, _named(call)), {})


def history(call: Call) -> Answer:
    """The runs of an export, the newest first; one in progress has no end."""
    _named(call)
    runs = sorted(call.azure.exporter(call.subscription).runs(call.now), key=lambda run: run.began)
    return Answer({"value": [_run(call, run) for run in reversed(runs)]}, {})


def _named(call: Call) -> ExportPlace:
    place = SUBSCRIPTIONS[call.subscription].export
    name = call.named["export"]
    if place is None or place.name.lower() != name.lower():
        raise AzureError(404, "NotFound", f"Export '{name}' not found.")
    return place


def _scope(call: Call, place: ExportPlace) -> str:
    scope = f"subscriptions/{call.subscription}/providers/Microsoft.CostManagement"
    return f"{scope}/exports/{place.name}"


def _settings(call: Call, place: ExportPlace) -> Mapping[str, Any]:
    group = f"/subscriptions/{call.subscription}/resourceGroups/rg-platform"
    return {
        "format": "Parquet",
        "deliveryInfo": {
            "destination": {
                "type": "AzureBlob",
                "resourceId": f"{group}/providers/Microsoft.Storage/storageAccounts/"
                f"{place.storage_account}",
                "container": place.container,
                "rootFolderPath": place.directory,
            }
        },
        "definition": {
            "type": "FocusCost",
            "timeframe": "MonthToDate",
            "dataSet": {
                "granularity": "Daily",
                "configuration": {"columns": [], "dataVersion": VERSION, "filters": []},
            },
        },
        "partitionData": True,
        "dataOverwriteBehavior": "CreateNewReport",
        "compressionMode": "Snappy",
    }


def _export(call: Call, place: ExportPlace) -> Mapping[str, Any]:
    return {
        "id": _scope(call, place),
        "name": place.name,
        "type": "Microsoft.CostManagement/exports",
        "eTag": '"1dc0ffee0badf00"',
        "properties": {
            "schedule": {
                "status": "Active",
                "recurrence": "Daily",
                "recurrencePeriod": {"from": "2025-01-01T00:00:00Z", "to": "2050-01-01T00:00:00Z"},
            },
            **_settings(call, place),
        },
    }


def _run(call: Call, run: Run) -> Mapping[str, Any]:
    done = run.completed <= call.now
    properties: dict[str, Any] = {
        "executionType": "Scheduled",
        "status": "Completed" if done else "InProgress",
        "submittedBy": "System",
        "submittedTime": f"{run.began:%Y-%m-%dT%H:%M:%S}.0000000Z",
        "processingStartTime": f"{run.began:%Y-%m-%dT%H:%M:%S}.0000000Z",
        "startDate": f"{run.month.start:%Y-%m-%dT%H:%M:%SZ}",
        "endDate": f"{day_window(run.month.last_day).start:%Y-%m-%dT%H:%M:%SZ}",
        "fileName": run.folder,
        "manifestFile": f"{run.folder}/manifest.json",
        "runSettings": _settings(call, run.place),
    }
    if done:
        properties["processingEndTime"] = f"{run.completed:%Y-%m-%dT%H:%M:%S}.0000000Z"
    return {"id": f"{_scope(call, run.place)}/run/{run.id}", "properties": properties}

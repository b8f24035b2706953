"""BigQuery v2 over REST: queries, jobs, their results by the page, datasets and tables."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from optiinfra_core.windows import Window, day_window
from optiinfra_simulator.google.bigquery import cells
from optiinfra_simulator.google.bigquery.jobs import LOCATION, Asked, Job, Jobs, export
from optiinfra_simulator.google.bigquery.schemas import SCHEMAS, described
from optiinfra_simulator.google.bigquery.translation import Reference
from optiinfra_simulator.google.cost.book import FIRST_DAY, Book
from optiinfra_simulator.google.cost.lines import last_append
from optiinfra_simulator.google.rest.errors import invalid, missing
from optiinfra_simulator.google.rest.requests import Call, Operation
from optiinfra_simulator.google.world.projects import TABLES, Project, project
from optiinfra_simulator.world.lifetimes import EPOCH

_MOST = 100_000
_ROW_BYTES = 900
# Counting every row of a large project's table takes minutes; a week stands for all of it.
_COUNTED, _WEEK = 50, timedelta(days=7)


def _asked(body: Mapping[str, Any], outer: Mapping[str, Any]) -> Asked:
    if body.get("useLegacySql", True) is not False:
        raise invalid("Legacy SQL is not simulated.", "invalidQuery")
    limit = body.get("maximumBytesBilled")
    return Asked(
        query=str(body.get("query") or ""),
        parameters=tuple(body.get("queryParameters") or ()),
        limit=int(limit) if limit else None,
        dry=bool(outer.get("dryRun")),
        dataset=str((body.get("defaultDataset") or {}).get("datasetId", "")),
        location=str(outer.get("location") or ""),
    )


def query(call: Call, jobs: Jobs) -> Mapping[str, Any]:
    """Run a statement and answer with its first page (jobs.query)."""
    body = call.request.document()
    job = jobs.run(call.principal, call.project, _asked(body, body))
    most = int(body.get("maxResults") or call.state.limits.queried)
    whole = bool((body.get("formatOptions") or {}).get("useInt64Timestamp"))
    return _page(job, 0, min(most, call.state.limits.queried), whole=whole) | {
        "kind": "bigquery#queryResponse"
    }


def insert(call: Call, jobs: Jobs) -> Mapping[str, Any]:
    """Run a statement as a job of the caller's own number (jobs.insert)."""
    body = call.request.document()
    configuration = body.get("configuration") or {}
    asked = configuration.get("query")
    if not asked:
        raise invalid("Only query jobs are simulated.")
    reference = body.get("jobReference") or {}
    outer = {"dryRun": configuration.get("dryRun"), "location": reference.get("location")}
    job = jobs.run(
        call.principal, call.project, _asked(asked, outer), str(reference.get("jobId") or "")
    )
    return _job(job)


def get(call: Call, jobs: Jobs) -> Mapping[str, Any]:
    """A job (jobs.get)."""
    return _job(jobs.job(call.parts["job"]))


def results(call: Call, jobs: Jobs) -> Mapping[str, Any]:
    """A page of a job's rows (jobs.getQueryResults)."""
    asked = call.request.query
    job = jobs.job(call.parts["job"])
    token = asked.get("pageToken") or "0"
    if not token.isdigit() or int(token) > max(job.table.num_rows, 0):
        raise invalid(f"Invalid page token: {token}")
    first = int(token) or int(asked.get("startIndex") or 0)
    limit = asked.get("maxResults")
    most = int(limit) if limit not in (None, "") else call.state.limits.queried
    whole = asked.get("formatOptions.useInt64Timestamp", "").lower() == "true"
    return _page(job, first, min(most, call.state.limits.queried), whole=whole) | {
        "kind": "bigquery#getQueryResultsResponse",
        "etag": job.id,
    }


def _page(job: Job, first: int, size: int, *, whole: bool) -> dict[str, Any]:
    total = job.table.num_rows
    found: dict[str, Any] = {
        "schema": {"fields": job.fields},
        "jobReference": _reference(job),
        "totalRows": str(total),
        "totalBytesProcessed": str(job.processed),
        "totalBytesBilled": str(job.billed),
        "jobComplete": True,
        "cacheHit": False,
    }
    shown = job.table.slice(first, min(size, _MOST))
    if shown.num_rows:
        found["rows"] = cells.rows(shown, job.fields, whole_stamps=whole)
    if size and first + shown.num_rows < total:
        found["pageToken"] = str(first + shown.num_rows)
    return found


def _reference(job: Job) -> Mapping[str, str]:
    return {"projectId": job.project, "jobId": job.id, "location": LOCATION}


def _job(job: Job) -> Mapping[str, Any]:
    stamp = str(int(job.started.timestamp() * 1000))
    return {
        "kind": "bigquery#job",
        "etag": job.id,
        "id": f"{job.project}:{LOCATION}.{job.id}",
        "selfLink": f"https://bigquery.googleapis.com/bigquery/v2/projects/{job.project}/jobs/{job.id}",
        "jobReference": _reference(job),
        "configuration": {
            "jobType": "QUERY",
            "dryRun": job.asked.dry,
            "query": {
                "query": job.asked.query,
                "useLegacySql": False,
                "destinationTable": {
                    "projectId": job.project,
                    "datasetId": "_anonymous",
                    "tableId": f"anon_{job.id}",
                },
            },
        },
        "status": {"state": "DONE"},
        "statistics": {
            "creationTime": stamp,
            "startTime": stamp,
            "endTime": stamp,
            "totalBytesProcessed": str(job.processed),
            "query": {
                "statementType": "SELECT",
                "totalBytesProcessed": str(job.processed),
                "totalBytesBilled": str(job.billed),
                "cacheHit": False,
                "schema": {"fields": job.fields},
            },
        },
    }


def dataset(call: Call, _: Jobs) -> Mapping[str, Any]:
    """A dataset (datasets.get)."""
    name = call.parts["dataset"]
    if name not in {project(call.project).dataset_of(kind) for kind in TABLES}:
        raise missing(f"Not found: Dataset {call.project}:{name}")
    return {
        "kind": "bigquery#dataset",
        "id": f"{call.project}:{name}",
        "datasetReference": {"datasetId": name, "projectId": call.project},
        "location": LOCATION,
        "type": "DEFAULT",
        "creationTime": str(int(EPOCH.timestamp() * 1000)),
        "lastModifiedTime": str(int(EPOCH.timestamp() * 1000)),
    }


def tables(call: Call, _: Jobs) -> Mapping[str, Any]:
    """The tables of a dataset (tables.list)."""
    owner = project(call.project)
    name = call.parts["dataset"]
    kinds = [kind for kind in TABLES if owner.dataset_of(kind) == name]
    if not kinds:
        raise missing(f"Not found: Dataset {call.project}:{name}")
    return {
        "kind": "bigquery#tableList",
        "totalItems": len(kinds),
        "tables": [
            {"kind": "bigquery#table", "type": "TABLE", **_named(owner, kind)} for kind in kinds
        ],
    }


def _named(owner: Project, kind: str) -> Mapping[str, Any]:
    place, table = owner.dataset_of(kind), owner.table(kind)
    return {
        "id": f"{owner.id}:{place}.{table}",
        "tableReference": {"projectId": owner.id, "datasetId": place, "tableId": table},
        "timePartitioning": {"type": "DAY"},
        "creationTime": str(int(EPOCH.timestamp() * 1000)),
    }


def table(call: Call, _: Jobs) -> Mapping[str, Any]:
    """An export table, when it was last appended to and how long it is (tables.get)."""
    reference = Reference(call.project, call.parts["dataset"], call.parts["table"])
    found = export(reference, call.project)
    if found is None:
        name = f"{call.project}:{reference.dataset}.{reference.table}"
        raise missing(f"Not found: Table {name}")
    owner, kind = found
    now = int(call.now.timestamp())
    count = _count(call.state.books[owner.id], call)
    modified = max(last_append(now), int(EPOCH.timestamp()))
    return {
        "kind": "bigquery#table",
        "etag": f"{modified}",
        **_named(owner, kind),
        "schema": {"fields": described(SCHEMAS[kind])},
        "numRows": str(count),
        "numBytes": str(count * _ROW_BYTES),
        "numLongTermBytes": "0",
        "numTotalLogicalBytes": str(count * _ROW_BYTES),
        "lastModifiedTime": str(modified * 1000),
        "type": "TABLE",
        "location": LOCATION,
    }


def _count(book: Book, call: Call) -> int:
    """The rows exported so far; counted, or from what the last week had in a large project."""
    span = Window(day_window(FIRST_DAY).start, max(call.now, EPOCH + timedelta(seconds=1)))
    if book.ledger.fleet.machines <= _COUNTED:
        return sum(count for _, _, count in book.known(span, call.now))
    start = max(span.start, day_window(call.now.date()).start - _WEEK)
    week = Window(start, start + _WEEK)
    counted = sum(count for _, _, count in book.known(week, call.now))
    return counted * max(1, span.length // week.length)


_BASE = "/bigquery/v2/projects/{project}"


def operations(jobs: Jobs) -> Mapping[tuple[str, str], Operation]:
    """The operations over ``jobs``."""
    create, read = "bigquery.jobs.create", "bigquery.tables.get"
    return {
        ("POST", f"{_BASE}/queries"): Operation(
            "bigquery", "jobs.query", create, lambda call: query(call, jobs), "rows", "pageToken"
        ),
        ("POST", f"{_BASE}/jobs"): Operation(
            "bigquery", "jobs.insert", create, lambda call: insert(call, jobs)
        ),
        ("GET", f"{_BASE}/jobs/{{job}}"): Operation(
            "bigquery", "jobs.get", create, lambda call: get(call, jobs)
        ),
        ("GET", f"{_BASE}/queries/{{job}}"): Operation(
            "bigquery", "jobs.getQueryResults", create, lambda call: results(call, jobs),
            "rows", "pageToken",
        ),
        ("GET", f"{_BASE}/datasets/{{dataset}}"): Operation(
            "bigquery", "datasets.get", "bigquery.datasets.get", lambda call: dataset(call, jobs)
        ),
        ("GET", f"{_BASE}/datasets/{{dataset}}/tables"): Operation(
            "bigquery", "tables.list", "bigquery.tables.list", lambda call: tables(call, jobs)
        ),
        ("GET", f"{_BASE}/datasets/{{dataset}}/tables/{{table}}"): Operation(
            "bigquery", "tables.get", read, lambda call: table(call, jobs)
        ),
    }  # fmt: skip

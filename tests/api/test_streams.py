"""Every list that can be long is streamed, and a stream says what its pages say."""

import csv
import io
from typing import Any

import orjson
import pyarrow as pa
import pytest

from tests.api.house import House

LISTS: list[tuple[str, dict[str, str]]] = [
    ("costs/acme/aws/metrics", {"days": "5"}),
    ("costs/acme/aws/metrics", {"days": "5", "as_known_at": "2026-11-22T12:00:00Z"}),
    ("costs/acme/aws/latest", {}),
    ("costs/acme/aws/by-resource", {}),
    ("costs/acme/aws/by-type", {"dimension": "tag", "tag": "team"}),
    ("costs/acme/aws/tags", {}),
    ("costs/acme/aws/restatements", {}),
    ("performance/acme/aws/metrics", {"hours": "3"}),
    ("performance/acme/aws/metrics", {"step": "3600"}),
    ("performance/acme/aws/trends", {}),
    ("performance/acme/aws/by-resource", {}),
    ("resources/acme/aws/inventory", {}),
    ("resources/acme/aws/changes", {}),
]
EACH = pytest.mark.parametrize(("path", "asked"), LISTS, ids=str)


def page(house: House, path: str, asked: dict[str, str]) -> list[dict[str, Any]]:
    """The rows of a JSON page."""
    answer = house.get(f"/api/v2/{path}", limit=1000, **asked)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


def streamed(house: House, path: str, asked: dict[str, str], media_type: str) -> Any:
    """The stream of the same rows."""
    answer = house.get(f"/api/v2/{path}", limit=100_000, headers={"Accept": media_type}, **asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith(media_type)
    assert answer.headers["X-Row-Limit"] == "100000"
    return answer


def told(row: dict[str, Any]) -> str:
    """A row in one order; the numbers that place cursors are not streamed with charges."""
    return str(sorted((k, v) for k, v in row.items() if k not in {"line_key", "detail_key"}))


@EACH
def test_lines_of_json_are_the_rows_of_the_page(
    house: House, path: str, asked: dict[str, str]
) -> None:
    """The same fields and values; only charges come in the order they are stored in."""
    lines = streamed(house, path, asked, "application/x-ndjson").content.splitlines()
    rows = page(house, path, asked)
    assert sorted(told(orjson.loads(line)) for line in lines) == sorted(map(told, rows))
    assert rows or path.endswith("restatements")


@EACH
def test_csv_and_arrow_have_as_many(house: House, path: str, asked: dict[str, str]) -> None:
    """A line for each row below the names; a table with the same names."""
    count = len(page(house, path, asked))
    text = streamed(house, path, asked, "text/csv").text
    header, *rows = csv.reader(io.StringIO(text))
    assert len(rows) == count
    body = streamed(house, path, asked, "application/vnd.apache.arrow.stream").content
    table = pa.ipc.open_stream(body).read_all()
    assert (table.num_rows, table.column_names) == (count, header)


def test_a_stream_takes_no_cursor(house: House) -> None:
    """It would begin again at the first row; the refusal says what to do instead."""
    path = "/api/v2/resources/acme/aws/inventory"
    cursor = house.get(path, limit=1).json()["next_cursor"]
    answer = house.get(path, limit=1, cursor=cursor, headers={"Accept": "text/csv"})
    assert answer.status_code == 422
    assert "narrow the period" in answer.json()["remedy"]


def test_only_a_stream_may_be_long(house: House) -> None:
    """A JSON page ends at 1,000 rows."""
    answer = house.get("/api/v2/resources/acme/aws/changes", limit=1001)
    assert answer.status_code == 422
    assert "application/x-ndjson" in answer.json()["remedy"]

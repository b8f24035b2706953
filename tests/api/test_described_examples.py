"""The examples in the description are what the furnished API answers, and fit their schemas."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from optiinfra_api.described import EXAMPLES
from tests.api.applications import applications, furnish_applications, note
from tests.api.house import House

COSTS = "/api/v2/costs/acme/aws"
PERFORMANCE = "/api/v2/performance/acme/aws"
RESOURCES = "/api/v2/resources/acme/aws"
APPLICATIONS = "/api/v2/applications/acme/aws"
WEEK = {"start": "2026-11-15T00:00:00Z", "end": "2026-11-22T00:00:00Z"}
HOUR = {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T09:00:00Z"}
CALLS = {"start": "2026-11-22T08:00:00Z", "end": "2026-11-22T10:00:00Z"}

# Which request each example is the answer to; short ones, so that people read them.
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "overview": ("/api/v2/overview/acme", {"start": "2026-11-21T00:00:00Z",
                                           "end": "2026-11-22T00:00:00Z"}),
    "cost_metrics": (f"{COSTS}/metrics", {**WEEK, "tag.team": "acme", "limit": 1}),
    "cost_latest": (f"{COSTS}/latest", {**WEEK, "limit": 1}),
    "cost_trends": (f"{COSTS}/trends", {**WEEK, "group_by": "week"}),
    "cost_trends_by_type": (f"{COSTS}/trends-by-type", {**WEEK, "group_by": "week", "top": 1}),
    "cost_by_resource": (f"{COSTS}/by-resource", {**WEEK, "limit": 2}),
    "cost_by_type": (f"{COSTS}/by-type", {**WEEK, "dimension": "tag", "tag": "team"}),
    "cost_tags": (f"{COSTS}/tags", WEEK),
    "cost_total": (f"{COSTS}/total", WEEK),
    "cost_restatements": (f"{COSTS}/restatements", WEEK),
    "performance_metrics": (f"{PERFORMANCE}/metrics", {**HOUR, "step": 3600, "limit": 1}),
    "performance_trends": (f"{PERFORMANCE}/trends", {**HOUR, "metric_name": "cpu_utilization"}),
    "performance_summary": (f"{PERFORMANCE}/summary", HOUR),
    "performance_by_resource": (f"{PERFORMANCE}/by-resource", {**HOUR, "first": "idlest"}),
    "resource_inventory": (f"{RESOURCES}/inventory", {"limit": 1}),
    "resource_changes": (f"{RESOURCES}/changes", {"hours": 12}),
    "resource_summary": (f"{RESOURCES}/summary", {}),
    "application_quality": (f"{APPLICATIONS}/quality", CALLS),
    "application_models": (f"{APPLICATIONS}/models", CALLS),
    "application_usage": (f"{APPLICATIONS}/usage", CALLS),
    "source_freshness": ("/api/v1/collect/freshness", {"customer_id": "acme"}),
}  # fmt: skip
# Signed anew by every installation.
CURSOR = "d9yWVQrvKnUIZNoX"


@pytest.fixture(scope="module", autouse=True)
def answered(furnished: House) -> dict[str, Any]:
    """Each operation with the request and the answer of the installation of these tests."""
    furnish_applications(furnished)
    applications(furnished).scores(dict.fromkeys(range(60), 0.9))
    note(furnished)
    told = {}
    for name, (path, asked) in ASKED.items():
        answer = furnished.get(path, **asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        if body.get("next_cursor"):
            body["next_cursor"] = CURSOR
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        told[name] = {"asked": f"{path}?{query}" if query else path, "answer": body}
    return told


def test_the_examples_are_what_the_api_answers(answered: dict[str, Any], tmp_path: Path) -> None:
    """A change of an answer is seen in review; the file to copy is written beside."""
    actual = tmp_path / EXAMPLES.name
    actual.write_text(json.dumps(answered, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert EXAMPLES.read_text(encoding="utf-8") == actual.read_text(encoding="utf-8"), (
        f"cp {actual} {EXAMPLES}"
    )


def test_every_example_fits_the_schema_it_stands_beside(house: House) -> None:
    """Numbers, nulls and names are those that the description promises."""
    description = house.client.get("/openapi.json").json()
    found = 0
    for methods in description["paths"].values():
        for operation in methods.values():
            content = operation["responses"].get("200", {}).get("content", {})
            told = content.get("application/json", {})
            if "example" not in told:
                continue
            schema = {**told["schema"], "components": description["components"]}
            Draft202012Validator(schema).validate(told["example"])
            found += 1
    assert found == len(ASKED)


def test_reads_that_have_a_tag_say_so(house: House) -> None:
    """ETag, If-None-Match and 304 stand in the description of each that answers them."""
    description = house.client.get("/openapi.json").json()
    for name, (path, asked) in ASKED.items():
        tagged = "ETag" in house.get(path, **asked).headers
        [operation] = [
            one
            for methods in description["paths"].values()
            for one in methods.values()
            if one["operationId"] == name
        ]
        assert ("304" in operation["responses"]) is tagged, name
        names = {parameter["name"] for parameter in operation["parameters"]}
        assert ("If-None-Match" in names) is tagged, name

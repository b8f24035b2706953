"""Requests made out of the OpenAPI document, some of them with another customer's names in them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

from optiinfra_api.gateway import VERIFYING_OP
from optiinfra_core.collecting.tasks import CollectionTasks, NewTask
from optiinfra_core.errors import CredentialRejected
from tests.api.applications import NAME, furnish_applications
from tests.api.house import CANARY, CloudKey, House

FOLDER = Path(__file__).parent
DOCUMENT = FOLDER.parents[1] / "docs" / "openapi.json"
SEEDS = FOLDER / "fuzz_seeds.json"
# Never answers to its end: it follows what happens. It has tests of its own.
ENDLESS = "follow_events"
PATIENCE_SECONDS = 30
TOO_LONG = 400
PROVIDERS = ("aws", "aws", "all", "hetzner")
# Parameters that are seldom right together: one of these groups is left out of most requests.
CONTRADICTING = (
    ("start", "end", "hours", "cursor"),
    ("start", "end", "days", "cursor"),
    ("days", "hours", "cursor"),
    (),
)
# What no table holds.
NOBODY = ("nobody", "00000000-0000-4000-8000-000000000000")

REQUIRED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# Refusals that say nothing about whose the named thing is: the request was not looked at so far.
NOT_LOOKED_AT = frozenset({400, 401, 403, 404, 413, 415, 422})


@dataclass(frozen=True)
class Person:
    """A tenant: a key for everything of it, the names of what it has, words only it may read."""

    token: str
    names: Mapping[str, tuple[str, ...]]
    canaries: tuple[str, ...]

    @property
    def headers(self) -> Mapping[str, str]:
        """What identifies the person."""
        return {"Authorization": f"Bearer {self.token}"}


def schema() -> Any:
    """The committed document."""
    return schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))


def operations(*, negated: bool) -> list[str]:
    """The operations that are asked; those that take nothing cannot be asked wrongly."""
    paths = json.loads(DOCUMENT.read_text())["paths"].values()
    return [
        told["operationId"]
        for methods in paths
        for told in methods.values()
        if told["operationId"] != ENDLESS
        and (not negated or told.get("parameters") or told.get("requestBody"))
    ]


def furnish(house: House) -> tuple[Person, Person]:
    """Acme and Globex, each with a key that may do everything of its own."""
    furnish_applications(house)
    house.dagster.state.on_launch = partial(verify, house)
    acme = person(house, "acme", NAME, ("acme-bucket", "111111111111"))
    globex = person(house, "globex", f"{CANARY}.bot", (CANARY, "222222222222", "987654"))
    return acme, globex


def verify(house: House, run_id: str, params: Mapping[str, Any]) -> None:
    """Answer a run that looks at a credential at once: nobody waits for it."""
    asked_for = params["runConfigData"].get("ops", {}).get(VERIFYING_OP)
    if asked_for:
        refusal = CredentialRejected("the key is not valid", remedy="Create a new key.")
        house.doors.vault.record_verification(asked_for["config"]["credential_id"], refusal)
    house.dagster.state.runs[run_id] = "SUCCESS"


def person(house: House, customer: str, application: str, canaries: tuple[str, ...]) -> Person:
    """One of them, with a credential, a task and a second key."""
    house.key(f"{customer}-everything", ("admin",), (customer,))
    spare = house.key(f"{customer}-spare", ("costs:read",), (customer,))
    secret = CloudKey(access_key_id="AKIA", secret_access_key=SecretStr("s3cret"))
    sealed = house.doors.vault.add(customer, "aws", secret, f"of {customer}", "test")
    task = CollectionTasks(house.database).create(
        NewTask(customer_id=customer, provider="aws", data_types=("cost",), trigger="api")
    )
    names = {
        "customer_id": (customer, str(house.doors.customers.get(customer).id)),
        "application_id": (application,),
        "credential_id": (str(sealed.id),),
        "task_id": (str(task.id),),
        "key_id": (spare,),
    }
    return Person(house.tokens[f"{customer}-everything"], names, canaries)


@dataclass(frozen=True)
class Request:
    """A request, whether names of another were put into it, and whether any were."""

    case: Case
    foreign: bool
    touched: bool


@st.composite
def asked(draw: st.DrawFn, operation: Any, mode: GenerationMode, me: Person, other: Person) -> Any:
    """A request of the operation: names are mine, another's, nobody's, or as they came.

    What comes first in each choice is drawn most.
    """
    case: Case = draw(operation.as_strategy(generation_mode=mode))
    if draw(st.integers(0, 3)) == 3:
        return Request(case, foreign=False, touched=False)
    whose = draw(st.sampled_from(("mine", "mine", "mine", "another's", "nobody's")))
    known = {"mine": me.names, "another's": other.names, "nobody's": {}}[whose]
    for name in draw(st.sampled_from(CONTRADICTING)):
        (case.query or {}).pop(name, None)
    touched: set[str] = set()
    body = case.body if isinstance(case.body, dict) else {}
    for place in (case.path_parameters or {}, case.query or {}, body):
        for name in sorted(set(place) & me.names.keys()):
            place[name] = draw(st.sampled_from(known.get(name, NOBODY)))
            touched.add(name)
        if "provider" in place:
            place["provider"] = draw(st.sampled_from(PROVIDERS))
    return Request(case, foreign=whose == "another's" and bool(touched), touched=True)


def answered(request: Request, url: str, session: requests.Session, me: Person) -> Any:
    """Send it; the answer, which the checks of the house found right."""
    case = request.case
    response = case.call(
        base_url=url, session=session, headers=dict(me.headers), timeout=PATIENCE_SECONDS
    )
    if response.status_code == TOO_LONG and "X-Request-ID" not in response.headers:
        return response  # uvicorn ended it: a line of the request was over 64 KiB
    meant = () if request.touched else ("negative_data_rejection",)
    case.validate_response(response, checks=CHECKS.get_by_names([*REQUIRED, *meant]))
    if request.foreign:
        assert response.status_code in NOT_LOOKED_AT, (response.status_code, response.url)
    return response


def replayed(seed: Mapping[str, Any], operation: Any, url: str, me: Person) -> list[int]:
    """Send what was found once; the statuses of its answers, which the checks found right."""
    case = operation.Case(path_parameters=dict(seed.get("path_parameters", {})))
    headers = {"Content-Type": "application/json", **seed.get("headers", {}), **me.headers}
    statuses = []
    for body in filter(None, (seed.get("body", " "), seed.get("then"))):
        response = requests.request(
            case.method,
            url + case.formatted_path,
            params=seed.get("query"),
            data=body.encode("latin-1"),
            headers=headers,
            timeout=PATIENCE_SECONDS,
        )
        case.validate_response(response, checks=CHECKS.get_by_names(REQUIRED))
        statuses.append(response.status_code)
    return statuses


def leaked(response: Any, other: Person) -> list[str]:
    """Words of the other tenant that an answer holds though its request did not."""
    sent = f"{response.request.url} {response.request.body!r}"
    return [word for word in other.canaries if word in response.text and word not in sent]

"""Listings over REST: every page, and what Google says of the places it could not ask."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from optiinfra_core.errors import Malformed, OptiInfraError
from optiinfra_pipelines.providers.gcp.client.calls import Calls, checked
from optiinfra_pipelines.providers.gcp.client.operations import PERMISSIONS, Asked, Operation
from optiinfra_pipelines.providers.gcp.client.refusals import Answer, hidden, refusal

Payload = Mapping[str, Any]

# A scope with nothing in it says so (Compute "AggregatedList"); that is no failure.
EMPTY = "NO_RESULTS_ON_PAGE"
# Warning codes of a place that a listing could not reach; HTTP's word for it.
UNAVAILABLE = 503


class Rest(Protocol):
    """What listings need of a connection."""

    @property
    def calls(self) -> Calls:
        """Its calls."""
        ...

    @property
    def session(self) -> Any:
        """Its HTTP session."""
        ...

    def base(self, operation: Operation) -> str:
        """Where the operation's API answers."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A request that lists things of a project.

    ``items`` is the field that holds them; with ``aggregated`` it is that of each scope. Page
    sizes are the largest each API takes.
    """

    operation: Operation
    path: str
    items: str
    aggregated: bool = False
    params: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Unreached:
    """A place (``zones/us-east1-b``) that a listing has no answer of, and why."""

    scope: str
    error: OptiInfraError


def listed(rest: Rest, listing: Listing, project: str) -> Iterator[Payload | Unreached]:
    """Each item of a listing, from every page, and each place that it could not reach.

    Raises:
        OptiInfraError: the whole listing is refused, or its pages never end.
    """
    asked = Asked(operation=listing.operation, about=project)
    url = rest.base(listing.operation) + listing.path.format(project=project)
    seen, token = set[str](), ""
    while True:
        params = {**listing.params, **({"pageToken": token} if token else {})}
        page = _page(rest, asked, url, params)
        yield from _items(asked, listing, page)
        token = str(page.get("nextPageToken") or "")
        if not token:
            return
        if token in seen:
            raise Malformed(f"{asked} gave the same page token twice after {len(seen)} pages")
        seen.add(token)


def _page(rest: Rest, asked: Asked, url: str, params: Mapping[str, str]) -> Payload:
    def call() -> Any:
        return checked(
            rest.session.get(url, params=dict(params), timeout=rest.calls.seconds)
        ).json()

    page = rest.calls.ask(asked, call)
    if not isinstance(page, Mapping):
        raise Malformed(f"{asked} is not a JSON object", sample=hidden(repr(page)))
    return page


def _items(asked: Asked, listing: Listing, page: Payload) -> Iterator[Payload | Unreached]:
    if not listing.aggregated:
        yield from page.get(listing.items) or ()
        for zone in page.get(listing.missing) or ():
            yield Unreached(f"zones/{zone}", _unreachable(asked, f"{zone} is missing"))
        if (page.get("warning") or {}).get("code") == "UNREACHABLE":
            yield Unreached("global", _unreachable(asked, "the answer is not whole"))
        yield from _warned(asked, page)
        return
    scopes = page.get("items") or {}
    for scope, held in scopes.items():
        yield from held.get(listing.items) or ()
        warning = held.get("warning") or {}
        if warning and warning.get("code") != EMPTY:
            yield Unreached(scope, _unreachable(asked, _words(warning)))
    for scope in page.get("unreachables") or ():
        if scope not in scopes or not (scopes[scope].get("warning") or {}).get("code"):
            yield Unreached(_scope(scope), _unreachable(asked, "it is unreachable"))


def _warned(asked: Asked, page: Payload) -> Iterator[Unreached]:
    # Cloud SQL: {"code": "REGION_UNREACHABLE", "region": "us-east1", "message": ...}.
    for warning in page.get("warnings") or ():
        region = warning.get("region")
        if region:
            yield Unreached(f"regions/{region}", _unreachable(asked, _words(warning)))


def _words(warning: Payload) -> str:
    return f"{warning.get('code', '')}: {warning.get('message', '')}"


def _scope(told: str) -> str:
    """``zones/...`` of a full or partial resource name."""
    return "/".join(told.rstrip("/").split("/")[-2:])


def _unreachable(asked: Asked, why: str) -> OptiInfraError:
    return refusal(asked, Answer(status=UNAVAILABLE, message=why))


def permitted(rest: Rest, project: str, permissions: tuple[str, ...]) -> frozenset[str]:
    """Which of ``permissions`` the credential has on a project; asking is free."""
    asked = Asked(operation=PERMISSIONS, about=project)
    url = f"{rest.base(PERMISSIONS)}/v3/projects/{project}:testIamPermissions"

    def call() -> Any:
        body = {"permissions": list(permissions)}
        return checked(rest.session.post(url, json=body, timeout=rest.calls.seconds)).json()

    told: Callable[[], Any] = lambda: rest.calls.ask(asked, call)  # noqa: E731
    return frozenset(map(str, told().get("permissions") or ()))

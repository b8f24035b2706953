"""Who asks, whether the key may, and whose data it is about."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from optiinfra_api.auth.oidc import SUBJECT
from optiinfra_api.dependencies.doors import Doors
from optiinfra_core.collecting.catalogue import ProviderInfo
from optiinfra_core.errors import NotFound, PermissionMissing
from optiinfra_core.tenancy.api_keys import ALL_CUSTOMERS, SCOPES, ApiKey
from optiinfra_core.tenancy.customers import Customer

ALL = "all"
OBSERVERS = (*(scope for scope in SCOPES if scope.endswith(":read")), "collect:trigger")

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="Bearer",
    bearerFormat="oi_<environment>_<id>_<secret>",
    description="An API key; `optiinfra keys create` makes one. Where the installation names an"
    " OpenID Connect issuer, an access token of it as well.",
)
header = APIKeyHeader(
    name="X-API-Key",
    auto_error=False,
    scheme_name="ApiKey",
    description="The same key, for callers that cannot set Authorization.",
)


async def token_of(request: Request) -> str | None:
    """What the request identifies itself with, if it does."""
    by_bearer = await bearer(request)
    return by_bearer.credentials if by_bearer else await header(request)


TokenOf = Annotated[str | None, Depends(token_of)]


async def admitted(request: Request) -> ApiKey:
    """The key of the request, counted against its rate once and remembered with the request.

    A read that the MCP server asks for inside of this process carries the key it let in.
    """
    key: ApiKey | None = getattr(request.state, "admitted", None)
    if key is not None:
        request.state.key_id = str(key.id)
        return key
    doors: Doors = request.app.state.doors
    key = await doors.authenticator.authenticate(await token_of(request))
    request.state.key_id = str(key.id)
    try:
        doors.limiter.take(str(key.id))
    finally:
        request.state.rate = doors.limiter.standing(str(key.id))
    request.state.admitted = key
    return key


async def authenticated(
    request: Request,
    by_bearer: Annotated[  # noqa: ARG001 - says in the OpenAPI document how to identify oneself
        HTTPAuthorizationCredentials | None, Depends(bearer)
    ],
    by_header: Annotated[str | None, Depends(header)],  # noqa: ARG001 - the same
) -> ApiKey:
    """The key of the request."""
    return await admitted(request)


Caller = Annotated[ApiKey, Depends(authenticated)]


async def allowed(scopes: SecurityScopes, key: Caller) -> ApiKey:
    """The key, if it has every scope that the route asks for."""
    missing = tuple(scope for scope in scopes.scopes if not key.may(scope))
    if missing:
        raise PermissionMissing(
            f"this key has the scopes {', '.join(key.scopes)}, not {', '.join(missing)}",
            permissions=missing,
            remedy=f"Use a key with the scope {', '.join(missing)}; an administrator makes one.",
        )
    return key


Administrator = Annotated[ApiKey, Security(allowed, scopes=["admin"])]


async def operating(key: Administrator) -> ApiKey:
    """The key, if it is an administrator's for all customers.

    Raises:
        PermissionMissing: it is bound to some.
    """
    if not key.reaches(ALL_CUSTOMERS):
        raise PermissionMissing(
            "this key administers some customers, not the installation",
            permissions=("admin",),
            remedy="Use a key with the scope admin that is bound to all customers (*).",
        )
    return key


Operator = Annotated[ApiKey, Depends(operating)]


async def observing(key: Caller) -> ApiKey:
    """The key, if it reads anything or starts collection: how that goes is no secret to it.

    Raises:
        PermissionMissing: it does neither.
    """
    if not any(key.may(scope) for scope in OBSERVERS):
        raise PermissionMissing(
            f"this key has the scopes {', '.join(key.scopes)}; none of them reads",
            permissions=OBSERVERS,
            remedy=f"Use a key with one of the scopes {', '.join(OBSERVERS)}.",
        )
    return key


async def reached(
    doors: Doors, key: ApiKey, customer_id: str, otherwise: str | None = None
) -> Customer:
    """The customer, if it exists and the key reaches it.

    Raises:
        NotFound: one of the two is not so; the caller cannot tell which. ``otherwise`` is what
            it says, where not the customer was asked for but something of it.
    """
    customer = await doors.customer(customer_id)
    if not key.reaches(customer.slug):
        raise NotFound(otherwise or f"there is no customer {customer_id!r}")
    return customer


def actor(key: ApiKey) -> str:
    """How the audit log names the key, or whom a token of the issuer stands for."""
    return key.id if key.id.startswith(SUBJECT) else f"api-key:{key.id}"


async def tenant_of(
    request: Request,
    customer_id: Annotated[
        str, Path(description="Slug or UUID.", max_length=64, examples=["acme"])
    ],
) -> Customer:
    """The customer in the path.

    The key is not asked for as a dependency: the framework would go through its own once more.
    """
    return await reached(request.app.state.doors, await admitted(request), customer_id)


Tenant = Annotated[Customer, Depends(tenant_of)]


def known(providers: Mapping[str, ProviderInfo], slug: str) -> ProviderInfo:
    """The installed provider.

    Raises:
        NotFound: there is none; the remedy lists those there are.
    """
    if slug not in providers:
        raise NotFound(
            f"there is no provider {slug!r}",
            remedy=f"Use one of {', '.join(providers) or '(none is installed)'}.",
        )
    return providers[slug]


ProviderSlug = Annotated[
    str, Path(description="A provider's slug, or `all`.", max_length=64, examples=["aws"])
]


async def meant(doors: Doors, slug: str) -> tuple[ProviderInfo, ...]:
    """The providers that ``slug`` means.

    Raises:
        NotFound: there is none.
    """
    installed = await doors.providers()
    if slug == ALL:
        return tuple(installed.values())
    return (known(installed, slug),)


async def providers_of(
    request: Request,
    tenant: Tenant,  # noqa: ARG001 - a foreign customer is refused before the provider is looked at
    provider: ProviderSlug,
) -> tuple[ProviderInfo, ...]:
    """The providers that the path means."""
    return await meant(request.app.state.doors, provider)


Providers = Annotated[tuple[ProviderInfo, ...], Depends(providers_of)]

"""What an administrator may grant: no key reaches further than the one that makes it."""

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.schemas.tenants import NewKeyIn
from optiinfra_core.errors import NotFound
from optiinfra_core.tenancy.api_keys import ApiKey, NewKey


def within(customers: Iterable[str], key: ApiKey) -> bool:
    """Whether ``key`` reaches all of ``customers``; only a key for all reaches `*`."""
    return all(key.reaches(customer) for customer in customers)


def grantable(body: NewKeyIn, key: ApiKey) -> NewKey:
    """The key to make.

    Raises:
        NotFound: it would reach a customer that ``key`` does not, which is as if there were none.
    """
    beyond = [customer for customer in body.customers if not key.reaches(customer)]
    if beyond:
        raise NotFound(f"there is no customer {', '.join(map(repr, beyond))}")
    return NewKey(
        name=body.name,
        scopes=tuple(body.scopes),
        customers=tuple(body.customers),
        expires_at=body.expires_at,
        default_provider=body.default_provider,
    )


async def key_of(doors: Doors, key_id: str, key: ApiKey) -> ApiKey:
    """The key with this id.

    Raises:
        NotFound: there is none, or it reaches further than ``key``.
    """
    found = await run_in_threadpool(doors.api_keys.get, key_id)
    if not within(found.customers, key):
        raise NotFound(f"there is no API key {key_id!r}")
    return found

"""Tenants: added and deleted by an administrator of all customers."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.erasure import erase
from optiinfra_api.dependencies.tenant import Administrator, Operator, Tenant, actor
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Listing
from optiinfra_api.schemas.tenants import CustomerChanges, CustomerOut, Erased, NewCustomer

router = APIRouter(prefix="/api/v1/customers", tags=["customers"], responses={**RESPONSES})


@router.get("")
async def list_customers(key: Administrator, doors: DoorsOf) -> Listing[CustomerOut]:
    """The customers that the key reaches, by id."""
    found = await run_in_threadpool(doors.customers.list)
    mine = [CustomerOut.model_validate(each) for each in found if key.reaches(each.slug)]
    return Listing(count=len(mine), data=mine)


@router.post("", status_code=201)
async def add_customer(body: NewCustomer, key: Operator, doors: DoorsOf) -> CustomerOut:
    """Add a customer; its id is never given to another one, not even after deletion."""
    added = await run_in_threadpool(
        doors.customers.add, body.customer_id, body.name, actor=actor(key)
    )
    return CustomerOut.model_validate(added)


@router.get("/{customer_id}")
async def get_customer(customer: Tenant, key: Administrator) -> CustomerOut:  # noqa: ARG001
    """One customer, by id or UUID."""
    return CustomerOut.model_validate(customer)


@router.patch("/{customer_id}")
async def change_customer(
    customer: Tenant, body: CustomerChanges, key: Operator, doors: DoorsOf
) -> CustomerOut:
    """Set what judging all of its applications may cost a month; it counts from the next call."""
    changed = await run_in_threadpool(
        doors.customers.set_judge_budget, customer.slug, body.judge_budget_usd, actor=actor(key)
    )
    doors.recent_customers.forget(lambda known: known.slug == customer.slug)
    return CustomerOut.model_validate(changed)


@router.delete("/{customer_id}")
async def delete_customer(customer: Tenant, key: Operator, doors: DoorsOf) -> Erased:
    """Delete a customer with its credentials, keys, tasks and every collected row, for good."""
    return await erase(doors, customer, actor(key))

"""The read operations of API v2 that are simulated: what each answers, and how it is paged."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from optiinfra_simulator.vultr import payloads, plans
from optiinfra_simulator.vultr.accounts import VultrAccount
from optiinfra_simulator.vultr.billing import Books, Entry, Invoice, Item
from optiinfra_simulator.vultr.fleet import Fleet
from optiinfra_simulator.vultr.readings import Readings
from optiinfra_simulator.vultr.things import Base, Inference, Machine
from optiinfra_simulator.world.world import World

Json = dict[str, Any]
DEFAULT_PAGE, LARGEST_PAGE = 100, 500
_CURSOR = "next__"
_DEFAULT_DAYS, _MOST_DAYS = 30, 60


class Refusal(Exception):
    """An error answer: its status and its text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One account with all that answers are made of."""

    account: VultrAccount
    world: World
    fleet: Fleet
    books: Books
    readings: Readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One authorised request: the parameters in its path and its query."""

    estate: Estate
    named: str
    query: Mapping[str, str]
    now: datetime


def _items(lines: Sequence[Item]) -> list[Json]:
    return [
        {
            "description": line.description,
            "product": line.product,
            "start_date": line.start.isoformat(),
            "end_date": line.end.isoformat(),
            "units": line.units,
            "unit_type": line.unit_type,
            "unit_price": float(line.unit_price),
            "total": float(line.total),
        }
        for line in lines
    ]


def _account(asked: Asked) -> Json:
    estate = asked.estate
    history = estate.books.history(asked.now)
    payments = [entry for entry in history if entry.type == "payment"]
    paid = payments[-1] if payments else None
    pending = estate.books.pending(asked.now)
    return {
        "account": {
            "balance": float(sum((entry.amount for entry in history), Decimal(0))),
            "pending_charges": float(sum((item.total for item in pending), Decimal(0))),
            "last_payment_date": paid.at.isoformat() if paid else "",
            "last_payment_amount": float(paid.amount) if paid else 0,
            "name": estate.account.customer_name,
            # The address as its owner typed it.
            "email": estate.account.email.capitalize(),
            "acls": list(estate.account.acls),
        }
    }


def _pending(asked: Asked) -> Json:
    return {"pending_charges": _items(asked.estate.books.pending(asked.now))}


def _invoices(asked: Asked) -> Json:
    found = reversed(asked.estate.books.invoices(asked.now))
    return paged(asked, "billing_invoices", [_invoice(asked, one) for one in found])


def _invoice(asked: Asked, invoice: Invoice) -> Json:
    return {
        "id": invoice.id,
        "date": invoice.at.isoformat(),
        "description": f"Invoice #{invoice.id}",
        "amount": float(invoice.amount),
        "balance": float(_balance(asked, invoice.at)),
    }


def _balance(asked: Asked, at: datetime) -> Decimal:
    return sum((one.amount for one in asked.estate.books.history(at)), Decimal(0))


def _one_invoice(asked: Asked) -> Invoice:
    for invoice in asked.estate.books.invoices(asked.now):
        if str(invoice.id) == asked.named:
            return invoice
    raise Refusal(404, "Invalid invoice.")


def _invoice_items(asked: Asked) -> Json:
    return paged(asked, "invoice_items", _items(_one_invoice(asked).items))


def _history(asked: Asked) -> Json:
    balance, told = Decimal(0), []
    for entry in asked.estate.books.history(asked.now):
        balance += entry.amount
        told.append(_entry(entry, balance))
    return paged(asked, "billing_history", told[::-1])


def _entry(entry: Entry, balance: Decimal) -> Json:
    return {
        "id": entry.id,
        "date": entry.at.isoformat(),
        "type": entry.type,
        "description": entry.description,
        "amount": float(entry.amount),
        "balance": float(balance),
    }


def _listing(name: str) -> Callable[[Asked], Json]:
    key, kind, write = payloads.WRITERS[name]

    def answer(asked: Asked) -> Json:
        found = asked.estate.fleet.of(kind, asked.now)
        return paged(asked, key, [write(thing, asked.now) for thing in found])

    return answer


def _thing(asked: Asked, kind: type[Any], name: str) -> Any:
    for thing in asked.estate.fleet.of(kind, asked.now):
        if thing.id == asked.named:
            return thing
    raise Refusal(404, f"Invalid {name}.")


def _bandwidth(asked: Asked) -> Json:
    machine = _thing(asked, Machine, "instance")
    days = whole(asked, "date_range", _DEFAULT_DAYS, _MOST_DAYS)
    return {"bandwidth": asked.estate.readings.bandwidth(machine, days, asked.now)}


def _usage(asked: Asked) -> Json:
    return {"usage": asked.estate.readings.usage(_thing(asked, Base, "database"), asked.now)}


def _subscriptions(asked: Asked) -> Json:
    found = asked.estate.fleet.of(Inference, asked.now)
    return {"subscriptions": [payloads.inference(one, asked.now) for one in found]}


def _tokens(asked: Asked) -> Json:
    thing = _thing(asked, Inference, "subscription")
    return {"usage": asked.estate.readings.inference(thing, asked.now)}


def _traffic(asked: Asked) -> Json:
    return {"bandwidth": asked.estate.readings.account(asked.estate.fleet, asked.now)}


def _plans(asked: Asked) -> Json:
    told = []
    for plan in plans.PLANS.values():
        gpu = {"gpu_vram_gb": plan.gpu_memory, "gpu_type": plan.gpu} if plan.gpu else {}
        told.append(
            {
                "id": plan.id,
                "vcpu_count": plan.vcpus,
                "ram": plan.ram,
                "disk": plan.disk,
                "disk_count": 1,
                "bandwidth": plan.bandwidth,
                "monthly_cost": float(plan.monthly),
                "type": plan.type,
                **gpu,
                "locations": list(plans.REGIONS),
            }
        )
    return paged(asked, "plans", told)


def _metal_plans(asked: Asked) -> Json:
    told = [
        {
            "id": plan.id,
            "cpu_count": plan.cores,
            "cpu_model": plan.model,
            "cpu_threads": plan.threads,
            "ram": plan.ram,
            "disk": plan.disk,
            "disk_count": plan.disks,
            "bandwidth": 5120,
            "monthly_cost": float(plan.monthly),
            "type": "SSD",
            "locations": list(plans.REGIONS),
        }
        for plan in plans.METAL.values()
    ]
    return paged(asked, "plans_metal", told)


def _regions(asked: Asked) -> Json:
    told = [
        {
            "id": name,
            "city": city,
            "country": country,
            "continent": continent,
            "options": ["block_storage_high_perf", "kubernetes"],
            "connectivity": [],
        }
        for name, (city, country, continent) in plans.REGIONS.items()
    ]
    return paged(asked, "regions", told)


ROUTES: Mapping[str, Callable[[Asked], Json]] = {
    "account": _account,
    "account/bandwidth": _traffic,
    "billing/pending-charges": _pending,
    "billing/invoices": _invoices,
    "billing/invoices/{id}": lambda asked: {
        "billing_invoice": _invoice(asked, _one_invoice(asked))
    },
    "billing/invoices/{id}/items": _invoice_items,
    "billing/history": _history,
    **{name: _listing(name) for name in payloads.WRITERS},
    "instances/{id}/bandwidth": _bandwidth,
    "databases/{id}/usage": _usage,
    "inference": _subscriptions,
    "inference/{id}/usage": _tokens,
    "plans": _plans,
    "plans-metal": _metal_plans,
    "regions": _regions,
}


def needed(operation: str) -> tuple[str, ...]:
    """The ACLs of which a user needs one for an operation."""
    if operation in ("account", "regions", "plans", "plans-metal"):
        return ()
    return ("billing",) if operation.startswith("billing") else ("subscriptions_view",)


def whole(asked: Asked, name: str, default: int, most: int) -> int:
    """A whole-number parameter between 1 and ``most``."""
    told = asked.query.get(name, str(default))
    if not told.isdecimal() or not 1 <= int(told) <= most:
        raise Refusal(400, f"Invalid {name}.")
    return int(told)


def paged(asked: Asked, key: str, found: list[Json]) -> Json:
    """A page of ``found``; the cursor names how many were given out before."""
    size = whole(asked, "per_page", DEFAULT_PAGE, LARGEST_PAGE)
    first = _position(asked.query.get("cursor", ""))
    more = first + size < len(found)
    return {
        key: found[first : first + size],
        "meta": {
            "total": len(found),
            "links": {
                "next": cursor(first + size) if more else "",
                "prev": cursor(max(0, first - size)) if first else "",
            },
        },
    }


def cursor(position: int) -> str:
    """Where a page begins, as the API hides it."""
    return base64.b64encode(f"{_CURSOR}{position}".encode()).decode()


def _position(told: str) -> int:
    if not told:
        return 0
    try:
        plain = base64.b64decode(told, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal(400, "Invalid cursor.") from None
    number = plain.removeprefix(_CURSOR)
    if not number.isdecimal():
        raise Refusal(400, "Invalid cursor.")
    return int(number)

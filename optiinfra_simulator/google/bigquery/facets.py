"""What exported rows have in common, as rows of a table that every row is joined with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from optiinfra_simulator.google.cost.lines import Credit, Facet
from optiinfra_simulator.google.world.places import (
    COUNTRIES,
    GLOBAL,
    REGION_TITLES,
    region_of,
)
from optiinfra_simulator.google.world.projects import Project
from optiinfra_simulator.google.world.skus import EXPORTED, MACHINES
from optiinfra_simulator.google.world.things import Machine

_PAIR = "STRUCT(key VARCHAR, value VARCHAR)[]"
_CREDIT = "STRUCT(name VARCHAR, full_name VARCHAR, id VARCHAR, type VARCHAR)"
_NUMERIC = "DECIMAL(38, 9)"
_PRICE = ", ".join(
    f"{name} {kind}"
    for name, kind in (
        ("effective_price", _NUMERIC),
        ("tier_start_amount", _NUMERIC),
        ("unit", "VARCHAR"),
        ("pricing_unit_quantity", _NUMERIC),
        ("list_price", _NUMERIC),
        ("effective_price_default", _NUMERIC),
        ("list_price_consumption_model", _NUMERIC),
    )
)
COLUMNS: Mapping[str, str] = {
    "place": "INTEGER",
    "billing_account_id": "VARCHAR",
    "service": "STRUCT(id VARCHAR, description VARCHAR)",
    "sku": "STRUCT(id VARCHAR, description VARCHAR)",
    "project": (
        f"STRUCT(id VARCHAR, number VARCHAR, name VARCHAR, labels {_PAIR}, ancestry_numbers "
        "VARCHAR, ancestors STRUCT(resource_name VARCHAR, display_name VARCHAR)[])"
    ),
    "labels": _PAIR,
    "system_labels": _PAIR,
    "tags": "STRUCT(key VARCHAR, value VARCHAR, inherited BOOLEAN, namespace VARCHAR)[]",
    "location": "STRUCT(location VARCHAR, country VARCHAR, region VARCHAR, zone VARCHAR)",
    "region_name": "VARCHAR",
    "resource": "STRUCT(name VARCHAR, global_name VARCHAR)",
    "price": f"STRUCT({_PRICE})",
    "base_factor": "DOUBLE",
    "base_unit": "VARCHAR",
    "pricing_unit": "VARCHAR",
    "discount": _CREDIT,
    "promotion": _CREDIT,
    "transaction_type": "VARCHAR",
    "seller_name": "VARCHAR",
    "publisher": "VARCHAR",
    "subscription": "STRUCT(instance_id VARCHAR)",
}


def described(place: int, facet: Facet) -> Mapping[str, Any]:
    """A facet as a row; ``place`` is what lines name it by."""
    sku, thing = facet.sku, facet.thing
    return {
        "place": place,
        "billing_account_id": facet.project.billing_account,
        "service": {"id": sku.service.id, "description": sku.service.title},
        "sku": {"id": sku.id, "description": sku.title},
        "project": _project(facet.project),
        "labels": _pairs(thing.tags if thing else {}),
        "system_labels": _system(facet),
        "tags": [
            {"key": "cost-centre", "value": facet.project.customer, "inherited": True,
             "namespace": facet.project.number[:10]}
        ],
        "location": _location(facet),
        "region_name": REGION_TITLES.get(facet.region),
        "resource": {
            "name": thing.name if thing else None,
            "global_name": thing.billing_id if thing else None,
        },
        "price": _price(facet),
        "base_factor": float(sku.unit.factor),
        "base_unit": EXPORTED[sku.unit.base],
        "pricing_unit": EXPORTED[sku.unit.name],
        "discount": _credit(facet.discount),
        "promotion": _credit(facet.promotion),
        "transaction_type": facet.seller.transaction,
        "seller_name": facet.seller.name,
        "publisher": facet.seller.publisher,
        "subscription": {"instance_id": facet.subscription or None},
    }  # fmt: skip


def _pairs(labels: Mapping[str, str]) -> list[Mapping[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(labels.items())]


def _project(one: Project) -> Mapping[str, Any]:
    organization = one.number[:10]
    return {
        "id": one.id,
        "number": one.number,
        "name": one.name,
        "labels": _pairs({"company": one.customer}),
        "ancestry_numbers": f"/{organization}/",
        "ancestors": [
            {"resource_name": f"projects/{one.number}", "display_name": one.name},
            {
                "resource_name": f"organizations/{organization}",
                "display_name": one.customer_name,
            },
        ],
    }


def _system(facet: Facet) -> list[Mapping[str, str]]:
    if not isinstance(facet.thing, Machine):
        return []
    shape = MACHINES[facet.thing.type]
    return _pairs(
        {
            "compute.googleapis.com/machine_spec": facet.thing.type,
            "compute.googleapis.com/cores": str(shape.cores),
            "compute.googleapis.com/memory": str(int(shape.gib * 1024)),
        }
    )


def _location(facet: Facet) -> Mapping[str, str | None]:
    zone = str(getattr(facet.thing, "zone", "") or "")
    region = region_of(zone) if zone else facet.region
    if region == GLOBAL:
        return {"location": GLOBAL, "country": None, "region": None, "zone": None}
    return {
        "location": zone or region,
        "country": COUNTRIES[region],
        "region": region,
        "zone": zone or None,
    }


def _price(facet: Facet) -> Mapping[str, Any]:
    listed = facet.sku.price
    paid = facet.paid
    return {
        "effective_price": paid,
        "tier_start_amount": Decimal(0),
        "unit": EXPORTED[facet.sku.unit.name],
        "pricing_unit_quantity": Decimal(1),
        "list_price": listed,
        "effective_price_default": paid,
        "list_price_consumption_model": listed,
    }


def _credit(credit: Credit | None) -> Mapping[str, str] | None:
    if credit is None:
        return None
    return {
        "name": credit.name,
        "full_name": credit.full_name,
        "id": credit.id,
        "type": credit.type,
    }

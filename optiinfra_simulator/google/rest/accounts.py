"""Cloud Resource Manager v3 and Cloud Billing v1: projects, permissions, accounts and prices."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from optiinfra_simulator.google.rest.errors import denied, invalid, missing
from optiinfra_simulator.google.rest.paging import page
from optiinfra_simulator.google.rest.requests import Call, Operation
from optiinfra_simulator.google.world.projects import Project, project
from optiinfra_simulator.google.world.skus import SERVICES, Service, Sku, catalog
from optiinfra_simulator.world.lifetimes import EPOCH

_MOST = 5000
_MOST_ASKED = 100


def get_project(call: Call) -> Mapping[str, Any]:
    """A project."""
    one = project(call.project)
    return {
        "name": f"projects/{one.number}",
        "parent": f"organizations/{one.number[:10]}",
        "projectId": one.id,
        "state": "ACTIVE",
        "displayName": one.name,
        "createTime": f"{EPOCH:%Y-%m-%dT%H:%M:%S}Z",
        "updateTime": f"{EPOCH:%Y-%m-%dT%H:%M:%S}Z",
        "etag": f'W/"{one.number}"',
        "labels": {"company": one.customer},
    }


def test_permissions(call: Call) -> Mapping[str, Any]:
    """Those of the asked permissions that the caller has; the key is left out where none is."""
    asked = call.request.document().get("permissions") or []
    if len(asked) > _MOST_ASKED:
        raise invalid(f"At most {_MOST_ASKED} permissions can be tested at once.")
    held = [name for name in asked if call.principal.may(str(name), call.project)]
    return {"permissions": held} if held else {}


def _account(one: Project) -> Mapping[str, Any]:
    return {
        "name": f"billingAccounts/{one.billing_account}",
        "open": True,
        "displayName": one.customer_name,
        "masterBillingAccount": "",
        "parent": f"organizations/{one.number[:10]}",
        "currencyCode": "USD",
    }


def billing_accounts(call: Call) -> Mapping[str, Any]:
    """The billing accounts that the caller may see."""
    return {"billingAccounts": [_account(call.principal.project)], "nextPageToken": ""}


def billing_account(call: Call) -> Mapping[str, Any]:
    """A billing account."""
    one = call.principal.project
    if call.parts["account"] != one.billing_account:
        raise denied("billing.accounts.get", f"billingAccounts/{call.parts['account']}")
    return _account(one)


def billing_info(call: Call) -> Mapping[str, Any]:
    """Which billing account pays for a project."""
    one = project(call.project)
    return {
        "name": f"projects/{one.id}/billingInfo",
        "projectId": one.id,
        "billingAccountName": f"billingAccounts/{one.billing_account}",
        "billingEnabled": True,
    }


def services(call: Call) -> Mapping[str, Any]:
    """A page of the services of the catalog."""
    shown, token = page(
        sorted(SERVICES, key=lambda one: one.id), lambda one: one.id,
        call.request.query.get("pageToken"), call.number("pageSize", _MOST, _MOST),
    )  # fmt: skip
    return {"services": [_service(one) for one in shown], "nextPageToken": token or ""}


def _service(one: Service) -> Mapping[str, Any]:
    return {
        "name": f"services/{one.id}",
        "serviceId": one.id,
        "displayName": one.title,
        "businessEntityName": "businessEntities/GCP",
    }


def skus(call: Call) -> Mapping[str, Any]:
    """A page of the SKUs of a service at public prices."""
    service = call.parts["service"]
    if service not in {one.id for one in SERVICES}:
        raise missing(f"Service {service} was not found.")
    if call.request.query.get("currencyCode") not in (None, "", "USD"):
        raise invalid("Only USD prices are simulated.")
    shown, token = page(
        catalog(service), lambda one: one.id, call.request.query.get("pageToken"),
        call.number("pageSize", _MOST, _MOST),
    )  # fmt: skip
    effective = f"{call.now:%Y-%m-%dT00:00:00Z}"
    return {"skus": [_sku(one, effective) for one in shown], "nextPageToken": token or ""}


def _sku(one: Sku, effective: str) -> Mapping[str, Any]:
    whole = int(one.price)
    nanos = int((one.price - whole) * Decimal(1_000_000_000))
    regions = list(one.regions)
    return {
        "name": f"services/{one.service.id}/skus/{one.id}",
        "skuId": one.id,
        "description": one.title,
        "category": {
            "serviceDisplayName": one.service.title,
            "resourceFamily": one.family,
            "resourceGroup": one.group,
            "usageType": one.usage,
        },
        "serviceRegions": regions,
        "pricingInfo": [
            {
                "summary": "",
                "pricingExpression": {
                    "usageUnit": one.unit.name,
                    "displayQuantity": 1,
                    "tieredRates": [
                        {
                            "startUsageAmount": 0,
                            "unitPrice": {
                                "currencyCode": "USD",
                                "units": str(whole),
                                "nanos": nanos,
                            },
                        }
                    ],
                    "usageUnitDescription": one.unit.title,
                    "baseUnit": one.unit.base,
                    "baseUnitDescription": one.unit.base_title,
                    "baseUnitConversionFactor": one.unit.factor,
                },
                "currencyConversionRate": 1,
                "effectiveTime": effective,
            }
        ],
        "serviceProviderName": "Google",
        "geoTaxonomy": {"type": "MULTI_REGIONAL" if len(regions) > 1 else "REGIONAL",
                        "regions": regions},
    }  # fmt: skip


_GET = "resourcemanager.projects.get"
# Prices are public: whoever is signed in may read them.
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/v3/projects/{project}"): Operation(
        "cloudresourcemanager", "projects.get", _GET, get_project
    ),
    ("POST", "/v3/projects/{project}:testIamPermissions"): Operation(
        "cloudresourcemanager", "projects.testIamPermissions", "", test_permissions
    ),
    ("GET", "/v1/billingAccounts"): Operation(
        "cloudbilling", "billingAccounts.list", "billing.accounts.list", billing_accounts,
        items="billingAccounts",
    ),
    ("GET", "/v1/billingAccounts/{account}"): Operation(
        "cloudbilling", "billingAccounts.get", "billing.accounts.get", billing_account
    ),
    ("GET", "/v1/projects/{project}/billingInfo"): Operation(
        "cloudbilling", "projects.getBillingInfo", _GET, billing_info
    ),
    ("GET", "/v1/services"): Operation(
        "cloudbilling", "services.list", "", services, items="services"
    ),
    ("GET", "/v1/services/{service}/skus"): Operation(
        "cloudbilling", "services.skus.list", "", skus, items="skus"
    ),
}  # fmt: skip

"""Cloud Billing: what a billing account is called, and the public prices of SKUs."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from optiinfra_core.errors import Malformed
from optiinfra_pipelines.providers.gcp.client.access import Access
from optiinfra_pipelines.providers.gcp.client.calls import Calls
from optiinfra_pipelines.providers.gcp.client.operations import BILLING_ACCOUNT, SKUS, Asked

HOST = "https://cloudbilling.googleapis.com"
# The largest page the catalogue gives (services.skus.list).
PAGE = 5000
NANO = Decimal("0.000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A billing account: its display name, its currency, and whether it is open."""

    name: str
    currency: str
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one SKU costs at list, beyond its free tier: per ``unit``, in ``currency``."""

    sku_id: str
    description: str
    regions: tuple[str, ...]
    usage_type: str
    unit: str
    currency: str
    amount: Decimal


class Billing:
    """The billing clients of one connection, on its HTTP session."""

    def __init__(self, calls: Calls, access: Access) -> None:
        self._calls = calls
        self._access = access
        parts = urlsplit(access.endpoint or HOST)
        self._where = {"host": parts.netloc, "url_scheme": parts.scheme}

    def account(self, billing_account_id: str) -> Account:
        """The billing account of that id.

        Raises:
            OptiInfraError: Google refused or did not answer.
        """
        asked = Asked(operation=BILLING_ACCOUNT, about=billing_account_id)
        request = {"name": f"billingAccounts/{billing_account_id}"}
        told = self._calls.ask(
            asked,
            lambda: self._accounts.get_billing_account(
                request=request, retry=None, timeout=self._calls.seconds
            ),
        )
        return Account(
            name=str(told.display_name), currency=str(told.currency_code), open=bool(told.open)
        )

    def prices(self, service_id: str, currency: str = "USD") -> Iterator[Price]:
        """The list prices of a service (``6F81-5844-456A``), page by page.

        Raises:
            OptiInfraError: Google refused or did not answer, or its pages never end.
        """
        asked = Asked(operation=SKUS, about=service_id)
        request = {
            "parent": f"services/{service_id}",
            "currency_code": currency,
            "page_size": PAGE,
            "page_token": "",
        }
        seen = set[str]()
        while True:
            page = self._calls.ask(asked, lambda: self._page(request))
            for sku in page.skus:
                yield from _price(sku)
            token = page.next_page_token
            if not token:
                return
            if token in seen:
                raise Malformed(f"{asked} gave the same page token twice after {len(seen)} pages")
            seen.add(token)
            request["page_token"] = token

    def _page(self, request: dict[str, Any]) -> Any:
        pager = self._catalogue.list_skus(request=request, retry=None, timeout=self._calls.seconds)
        return next(iter(pager.pages))

    @cached_property
    def _accounts(self) -> Any:
        from google.cloud.billing_v1 import CloudBillingClient  # noqa: PLC0415 - loads the SDK
        from google.cloud.billing_v1.services.cloud_billing.transports.rest import (  # noqa: PLC0415
            CloudBillingRestTransport,
        )

        return CloudBillingClient(transport=self._transport(CloudBillingRestTransport))

    @cached_property
    def _catalogue(self) -> Any:
        from google.cloud.billing_v1 import CloudCatalogClient  # noqa: PLC0415 - loads the SDK
        from google.cloud.billing_v1.services.cloud_catalog.transports.rest import (  # noqa: PLC0415
            CloudCatalogRestTransport,
        )

        return CloudCatalogClient(transport=self._transport(CloudCatalogRestTransport))

    def _transport(self, kind: Any) -> Any:
        from google.api_core.gapic_v1.client_info import ClientInfo  # noqa: PLC0415 - loads the SDK

        transport = kind(credentials=self._access.identity, **self._where)
        # The transport takes no session; its methods are wrapped once for the one they have.
        own = transport._session  # noqa: SLF001
        transport._session = self._access.session  # noqa: SLF001
        transport._prep_wrapped_messages(ClientInfo())  # noqa: SLF001
        own.close()
        return transport


def _price(sku: Any) -> Iterator[Price]:
    """The price beyond the free tier; a SKU without a price yields none."""
    for info in list(sku.pricing_info)[-1:]:
        expression = info.pricing_expression
        rates = sorted(expression.tiered_rates, key=lambda rate: rate.start_usage_amount)
        paid = [rate for rate in rates if rate.unit_price.units or rate.unit_price.nanos] or rates
        for rate in paid[:1]:
            amount = rate.unit_price
            yield Price(
                sku_id=str(sku.sku_id),
                description=str(sku.description),
                regions=tuple(map(str, sku.service_regions)),
                usage_type=str(sku.category.usage_type),
                unit=str(expression.usage_unit),
                currency=str(amount.currency_code),
                amount=Decimal(amount.units) + NANO * amount.nanos,
            )

"""What an account owes: pending charges, invoices with their lines, and the history."""

from optiinfra_pipelines.providers.vultr.client.calls import Operation, Payload
from optiinfra_pipelines.providers.vultr.client.connection import Vultr

PENDING = Operation(path="billing/pending-charges", key="pending_charges", acl="billing")
INVOICES = Operation(path="billing/invoices", key="billing_invoices", acl="billing")
LINES = Operation(path="billing/invoices/{id}/items", key="invoice_items", acl="billing")
HISTORY = Operation(path="billing/history", key="billing_history", acl="billing")


def pending(vultr: Vultr) -> list[Payload]:
    """Charges that no invoice has yet; the answer has no pages."""
    return list(vultr.calls.ask(PENDING))


def invoices(vultr: Vultr) -> list[Payload]:
    """Every invoice of the account."""
    return list(vultr.calls.everything(INVOICES))


def lines(vultr: Vultr, invoice: str) -> list[Payload]:
    """The lines of an invoice."""
    return list(vultr.calls.everything(LINES, invoice))


def history(vultr: Vultr) -> list[Payload]:
    """Invoices, payments, credits and refunds."""
    return list(vultr.calls.everything(HISTORY))

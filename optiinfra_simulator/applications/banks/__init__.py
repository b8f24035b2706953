"""Banks of sentences: what an application may say, and which of it is true."""

from collections.abc import Mapping

from optiinfra_simulator.applications.banks import docs, ops, shop, support
from optiinfra_simulator.applications.banks.bank import Bank, Fact, Topic

__all__ = ["BANKS", "Bank", "Fact", "Topic"]

BANKS: Mapping[str, Bank] = {
    bank.application: bank for bank in (support.BANK, shop.BANK, docs.BANK, ops.BANK)
}

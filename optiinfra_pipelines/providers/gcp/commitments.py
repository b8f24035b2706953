"""Committed use discounts, as far as exports tell of them."""

TYPE = "Committed Use Discount"


def commitment(identity: str, described: str) -> dict[str, str]:
    """The columns of FOCUS for a charge of the commitment ``identity``; none without one.

    Fees of spend-based commitments are described as dollar based, others commit to resources.
    """
    if not identity:
        return {}
    spend = "dollar based" in described.lower()
    return {
        "commitment_discount_id": identity,
        "commitment_discount_type": TYPE,
        "commitment_discount_category": "Spend" if spend else "Usage",
    }

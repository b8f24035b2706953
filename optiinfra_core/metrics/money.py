"""Money and quantities in JSON: exact decimal strings, never in powers of ten."""

from decimal import Decimal
from typing import Annotated

from pydantic import PlainSerializer


def plain(amount: Decimal) -> str:
    """The exact amount without exponent and trailing zeros: 0E-12 is "0", 1E-7 is "0.0000001".

    As ClickHouse writes it. Text only: ``Decimal.normalize`` would round to 28 digits.
    """
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


Money = Annotated[Decimal, PlainSerializer(plain, return_type=str, when_used="json")]

"""Cost Explorer filters: And, Or, Not and Dimensions, as predicates over cells."""

from collections.abc import Callable, Mapping
from typing import Any

from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.cost.totals import Facet

Predicate = Callable[[Facet], bool]

DIMENSIONS: Mapping[str, Callable[[Facet], str]] = {
    "SERVICE": lambda facet: facet.service,
    "USAGE_TYPE": lambda facet: facet.usage_type,
    "OPERATION": lambda facet: facet.operation,
    "REGION": lambda facet: facet.region,
    "RECORD_TYPE": lambda facet: facet.record_type,
    "LINKED_ACCOUNT": lambda facet: facet.account,
}


def invalid(message: str) -> AwsError:
    """Cost Explorer's refusal of a request that cannot be meant."""
    return AwsError("ValidationException", message)


def dimension(key: str) -> Callable[[Facet], str]:
    """The reader of a dimension.

    Raises:
        AwsError: Cost Explorer cannot use that key here.
    """
    if key not in DIMENSIONS:
        raise invalid(f"{key} is not a dimension that this cloud simulates")
    return DIMENSIONS[key]


def predicate(expression: Mapping[str, Any] | None) -> Predicate:
    """The filter of a request as a predicate; everything passes where there is none."""
    if not expression:
        return lambda _: True
    if len(expression) != 1:
        raise invalid("Expression has to have exactly one root operator")
    ((operator, operand),) = expression.items()
    if operator in ("And", "Or"):
        return _combined(operator, operand)
    if operator == "Not":
        inner = predicate(operand)
        return lambda facet: not inner(facet)
    if operator == "Dimensions":
        return _dimension(operand)
    raise invalid(f"{operator} is not an operator that this cloud simulates")


def _combined(operator: str, operands: list[Mapping[str, Any]]) -> Predicate:
    if len(operands) <= 1:
        raise invalid(f"{operator} must have more than one operand")
    parts = [predicate(operand) for operand in operands]
    if operator == "And":
        return lambda facet: all(part(facet) for part in parts)
    return lambda facet: any(part(facet) for part in parts)


def _dimension(operand: Mapping[str, Any]) -> Predicate:
    read = dimension(str(operand.get("Key", "")))
    values = frozenset(operand.get("Values") or ())
    if not values:
        raise invalid("Dimensions filter must have at least one value")
    if set(operand.get("MatchOptions") or ["EQUALS"]) - {"EQUALS", "CASE_SENSITIVE"}:
        raise invalid("only EQUALS and CASE_SENSITIVE are simulated as match options")
    return lambda facet: read(facet) in values

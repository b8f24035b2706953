"""Small readings of AWS payloads: homes, identifiers, tags, instants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_core.windows import as_utc

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The account and region a payload was seen in; ``partition`` is aws, aws-cn, aws-us-gov."""

    region: str
    account_id: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a thing whose payload has none, by the rule of its service."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


def database_id(payload: Mapping[str, Any], home: Home) -> str:
    """An RDS instance's ARN."""
    name = payload["DBInstanceIdentifier"]
    return str(payload.get("DBInstanceArn") or home.arn("rds", f"db:{name}"))


def function_id(payload: Mapping[str, Any], home: Home) -> str:
    """A Lambda function's ARN."""
    name = payload["FunctionName"]
    return str(payload.get("FunctionArn") or home.arn("lambda", f"function:{name}"))


def tags(pairs: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """AWS's list of Key and Value as a mapping."""
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs or ()}


def instant(value: datetime | None) -> datetime | None:
    """The instant in UTC; botocore hands out the machine's zone."""
    return None if value is None else as_utc(value)

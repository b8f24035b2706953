"""AWS's refusals in our vocabulary: one table from an error code to what an operator does next."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from optiinfra_core.errors import (
    ConfigurationError,
    CredentialRejected,
    Malformed,
    NotReady,
    NotSupported,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.redaction import scrub
from optiinfra_pipelines.providers.aws.client.actions import action, called

# The union of what botocore 1.44 (retries/standard.py) and the EC2 error reference list.
THROTTLED = frozenset(
    {
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "LimitExceededException", "RequestThrottled", "SlowDown", "EC2ThrottledException",
        "PriorRequestNotComplete",
    }
)  # fmt: skip
TOO_MANY = 429  # HTTP's Too Many Requests
SERVER_ERRORS = 500

DENIED = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError",
        "NotAuthorized", "UnauthorizedAccess", "403",
    }
)  # fmt: skip
REJECTED = frozenset(
    {
        "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
        "SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken",
        "IncompleteSignature", "InvalidToken",
    }
)  # fmt: skip
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
CLOCK = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
# EC2 says this of a wrong clock and of expired temporary keys alike (EC2 API, error codes); where
# the keys have worked in this connection, the clock is right.
ALSO_EXPIRED = frozenset({"RequestExpired"})
NOT_OFFERED = frozenset(
    {"OptInRequired", "UnsupportedOperation", "InvalidAction", "UnknownOperationException"}
)
# A key of an export that is being delivered again may be gone for a moment.
NOT_READY = frozenset({"DataUnavailableException", "NoSuchKey"})
PASSING = frozenset(
    {
        "InternalError", "InternalFailure", "InternalServiceError", "InternalServerError",
        "ServiceUnavailable", "Unavailable", "ServiceException", "RequestTimeout",
        "RequestTimeoutException", "500", "502", "503", "504",
    }
)  # fmt: skip


class Expired(CredentialRejected):
    """The session token's time is over; a role's can be had anew."""


class WouldBeAllowed(Permanent):
    """The answer to a dry run that the account may make."""


MEANINGS: tuple[tuple[frozenset[str], type[OptiInfraError], str | None], ...] = (
    (
        EXPIRED | ALSO_EXPIRED,
        Expired,
        "The session token has expired: enter new keys, or use role_arn.",
    ),
    (frozenset({"DryRunOperation"}), WouldBeAllowed, None),
    (REJECTED, CredentialRejected, None),
    (NOT_OFFERED, NotSupported, None),
    (NOT_READY, NotReady, None),
    (PASSING, Transient, None),
)

# What AWS answers in a region the account has not enabled, though the keys are right.
REGION_OFF = frozenset({"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"})

NAMED_ACTION = re.compile(r"not authorized to perform:?\s+([a-z0-9-]+:[A-Za-z0-9]+)")
SIGNED_WRONG_TIME = re.compile(r"Signature (expired|not yet current)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request that was refused; ``proven``: the keys have worked in this connection."""

    service: str
    operation: str
    region: str
    proven: bool = False

    @override
    def __str__(self) -> str:
        return f"{called(self.service, self.operation)} in {self.region}"


def refusal(asked: Asked, response: Mapping[str, Any]) -> OptiInfraError:
    """AWS's error answer as one of our errors, its text scrubbed."""
    error = response.get("Error", {})
    code, said = str(error.get("Code", "")), scrub(str(error.get("Message", "")))[:600]
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    told = f"{asked}: {code or status}: {said}"
    if code in THROTTLED or status == TOO_MANY:
        return Throttled(told, retry_after=_seconds(metadata.get("HTTPHeaders", {})))
    if _wrong_clock(asked, code, said):
        return ConfigurationError(told, remedy="Set this machine's clock: AWS allows 5 minutes.")
    if code in DENIED:
        return _denied(asked, told, said)
    return _by_code(asked, code, status, told)


def _wrong_clock(asked: Asked, code: str, said: str) -> bool:
    if code in ALSO_EXPIRED and asked.proven:
        return False
    return code in CLOCK or SIGNED_WRONG_TIME.search(said) is not None


def _by_code(asked: Asked, code: str, status: int, told: str) -> OptiInfraError:
    if code in REGION_OFF and asked.proven:
        return NotSupported(
            told, remedy=f"Enable {asked.region} for the account, or leave it out of `regions`."
        )
    for codes, error, remedy in MEANINGS:
        if code in codes:
            return error(told, remedy=remedy)
    return Transient(told) if status >= SERVER_ERRORS else Permanent(told)


def _denied(asked: Asked, told: str, said: str) -> OptiInfraError:
    if asked.operation == "AssumeRole":
        return CredentialRejected(
            told,
            remedy="Let the role's trust policy name this identity and this external id, and allow "
            "sts:AssumeRole on the role to this identity.",
        )
    named = NAMED_ACTION.search(said)
    permission = named[1] if named else action(asked.service, asked.operation)
    if "service control policy" in said:
        return PermissionMissing(
            told,
            permissions=(permission,),
            remedy=f"A service control policy of the organisation denies {permission} in "
            f"{asked.region}: change it, or leave the region out of `regions`.",
        )
    return PermissionMissing(told, permissions=(permission,))


def fault(asked: Asked, failure: Exception) -> OptiInfraError:
    """A fault of botocore's own (network, missing identity) as one of our errors."""
    from botocore import exceptions  # noqa: PLC0415 - loads the SDK

    told = f"{asked}: {type(failure).__name__}: {scrub(str(failure))[:400]}"
    if isinstance(failure, (exceptions.HTTPClientError, exceptions.ConnectionError)):
        return Transient(told)
    if isinstance(
        failure,
        (
            exceptions.NoCredentialsError,
            exceptions.PartialCredentialsError,
            exceptions.CredentialRetrievalError,
            exceptions.ProfileNotFound,
        ),
    ):
        return CredentialRejected(
            told,
            remedy="This process has no AWS identity to assume the role from: give it one "
            "(instance profile, AWS_* variables), or enter keys with the role.",
        )
    return Permanent(told)


def unreadable(asked: Asked, status: int, failure: Exception) -> OptiInfraError:
    """An answer the SDK could not read: what its status says, else a malformed one."""
    told = f"{asked}: HTTP {status}, the answer cannot be read"
    if status == TOO_MANY:
        return Throttled(told)
    if status >= SERVER_ERRORS:
        return Transient(told)
    return Malformed(told, sample=scrub(f"{type(failure).__name__}: {failure}"))


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        told = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return told if 0 <= told < math.inf else None

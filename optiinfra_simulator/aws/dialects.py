"""How each AWS service speaks: its protocol and the codes of its refusals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import escape

from optiinfra_simulator.reply import Reply

QUERY = "query"
EC2 = "ec2"
JSON = "json"
REST_JSON = "rest-json"
REST_XML = "rest-xml"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error code with its HTTP status."""

    code: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A service's protocol and how it refuses."""

    protocol: str
    unknown_key: Refusal
    bad_signature: Refusal
    expired: Refusal
    denied: Refusal
    throttled: Refusal
    broken: Refusal
    unsupported: Refusal


_QUERY = Dialect(
    protocol=QUERY,
    unknown_key=Refusal("InvalidClientTokenId", 403),
    bad_signature=Refusal("SignatureDoesNotMatch", 403),
    expired=Refusal("ExpiredToken", 403),
    denied=Refusal("AccessDenied", 403),
    throttled=Refusal("Throttling", 400),
    broken=Refusal("InternalFailure", 500),
    unsupported=Refusal("InvalidAction", 400),
)
_EC2 = Dialect(
    protocol=EC2,
    unknown_key=Refusal("AuthFailure", 401),
    bad_signature=Refusal("AuthFailure", 401),
    expired=Refusal("RequestExpired", 400),
    denied=Refusal("UnauthorizedOperation", 403),
    throttled=Refusal("RequestLimitExceeded", 503),
    broken=Refusal("InternalError", 500),
    unsupported=Refusal("InvalidAction", 400),
)
_JSON = Dialect(
    protocol=JSON,
    unknown_key=Refusal("UnrecognizedClientException", 400),
    bad_signature=Refusal("InvalidSignatureException", 400),
    expired=Refusal("ExpiredTokenException", 400),
    denied=Refusal("AccessDeniedException", 400),
    throttled=Refusal("ThrottlingException", 400),
    broken=Refusal("InternalServerException", 500),
    unsupported=Refusal("UnknownOperationException", 400),
)
_EXPLORER = Dialect(
    protocol=JSON,
    unknown_key=_JSON.unknown_key,
    bad_signature=_JSON.bad_signature,
    expired=_JSON.expired,
    denied=_JSON.denied,
    # botocore's legacy retry mode does not know this code as a throttle.
    throttled=Refusal("LimitExceededException", 400),
    broken=_JSON.broken,
    unsupported=_JSON.unsupported,
)
_REST = Dialect(
    protocol=REST_JSON,
    unknown_key=Refusal("UnrecognizedClientException", 403),
    bad_signature=Refusal("InvalidSignatureException", 403),
    expired=Refusal("ExpiredTokenException", 403),
    denied=Refusal("AccessDeniedException", 403),
    throttled=Refusal("TooManyRequestsException", 429),
    broken=Refusal("ServiceException", 500),
    unsupported=Refusal("UnknownOperationException", 404),
)
_S3 = Dialect(
    protocol=REST_XML,
    unknown_key=Refusal("InvalidAccessKeyId", 403),
    bad_signature=Refusal("SignatureDoesNotMatch", 403),
    expired=Refusal("ExpiredToken", 400),
    denied=Refusal("AccessDenied", 403),
    throttled=Refusal("SlowDown", 503),
    broken=Refusal("InternalError", 500),
    unsupported=Refusal("NotImplemented", 501),
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "ec2": _EC2,
        "ce": _EXPLORER,
        "cloudwatch": _JSON,
        "rds": _QUERY,
        "elb": _QUERY,
        "elbv2": _QUERY,
        "sts": _QUERY,
        "iam": _QUERY,
        "lambda": _REST,
        "eks": _REST,
        "s3": _S3,
    }
)


def dialect(service: str) -> Dialect:
    """How a service speaks; JSON where it is not one of those simulated."""
    return DIALECTS.get(service, _JSON)


class AwsError(Exception):
    """A refusal that travels to the client in its service's protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status

    @classmethod
    def of(cls, refusal: Refusal, message: str) -> "AwsError":
        """A refusal of a dialect with a message."""
        return cls(refusal.code, message, refusal.status)


def refuse(protocol: str, error: AwsError, request_id: str) -> Reply:
    """An error as the protocol writes it."""
    if protocol in (JSON, REST_JSON):
        body = json.dumps({"__type": error.code, "message": error.message}).encode()
        return Reply(
            error.status,
            (
                ("Content-Type", "application/x-amz-json-1.1"),
                ("x-amzn-RequestId", request_id),
                ("x-amzn-ErrorType", error.code),
            ),
            body,
        )
    code, message = escape(error.code), escape(error.message)
    if protocol == EC2:
        text = (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>"
            f"</Errors><RequestID>{request_id}</RequestID></Response>"
        )
    elif protocol == REST_XML:
        text = (
            f"<Error><Code>{code}</Code><Message>{message}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
    else:
        kind = "Sender" if error.status < 500 else "Receiver"  # noqa: PLR2004 - HTTP's own line
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error><RequestId>{request_id}</RequestId>"
            "</ErrorResponse>"
        )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Reply(error.status, (("Content-Type", "text/xml;charset=UTF-8"),), body)

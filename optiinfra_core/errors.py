"""Every failure, named by what an operator does next.

OptiInfraError
├── Transient               wait; the same call may succeed
│   ├── Throttled           wait until ``retry_after``
│   └── WindowBusy          another run is writing this window; it will finish
├── NotReady                nothing to do: the provider has not published yet
├── BudgetSpent             raise the cap, or wait for the next day or month
├── CredentialRejected      fix the credential
│   └── PermissionMissing   grant the named permissions
├── Permanent               fix the request or the code; retrying cannot help
│   ├── Malformed           the provider answered something we do not understand
│   └── StaleWrite          a newer collection of this window is already committed
├── NotSupported            the provider does not offer this
├── ConfigurationError      fix a setting, then start again
├── NotFound                the thing does not exist for this caller
├── Conflict                the thing exists already, or is in use
└── InvalidRequest          correct the request
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override


class OptiInfraError(Exception):
    """A failure that tells what happened and what to do about it.

    ``detail`` is free of secrets by contract: whoever raises it has scrubbed provider text.
    ``code`` is stable and documented; ``retryable`` says whether waiting can help.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something failed"
    retryable: ClassVar[bool] = False
    default_remedy: ClassVar[str] = "Read the detail; if it does not help, open an issue."

    def __init__(self, detail: str, *, remedy: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy or self.default_remedy

    @property
    def told(self) -> str:
        """The detail with everything else that helps whoever reads it."""
        return self.detail


class Transient(OptiInfraError):
    """A fault that passes: time-out, connection reset, 5xx, a server that restarts."""

    code = "transient"
    title = "The provider or a server did not answer"
    retryable = True
    default_remedy = "Nothing: the next tick retries it. If it lasts an hour, check the network."


class Throttled(Transient):
    """The provider asked us to slow down; ``retry_after`` is in seconds, None if it did not say."""

    code = "throttled"
    title = "The provider is throttling this account"
    default_remedy = "Nothing: collection resumes after the wait the provider asked for."

    def __init__(
        self, detail: str, *, retry_after: float | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(detail, remedy=remedy)
        self.retry_after = retry_after


class WindowBusy(Transient):
    """Another run holds the lock of this window."""

    code = "window-busy"
    title = "Another run is collecting this window"
    default_remedy = "Nothing: the run that holds the window finishes it."


class NotReady(OptiInfraError):
    """The provider has not published data for the window yet; this is not a failure."""

    code = "not-ready"
    title = "The provider has no data for this window yet"
    retryable = True
    default_remedy = "Nothing: the window is collected once the provider publishes it."


class BudgetSpent(OptiInfraError):
    """A cap on what judging may cost is reached; the call that met it was not made."""

    code = "budget-spent"
    title = "The budget for judging is spent"
    retryable = True
    default_remedy = "Raise the budget, or wait: a new one begins each day and each month."


class CredentialRejected(OptiInfraError):
    """The provider refuses the credential: wrong, revoked or expired."""

    code = "credential-rejected"
    title = "The provider refuses the credential"
    default_remedy = "Create a new key at the provider and run `optiinfra credentials rotate`."


class PermissionMissing(CredentialRejected):
    """The credential is valid but lacks ``permissions``, in the provider's own spelling."""

    code = "permission-missing"
    title = "The credential lacks permissions"
    default_remedy = "Grant the named permissions; the next tick collects the rest."

    def __init__(
        self, detail: str, *, permissions: tuple[str, ...], remedy: str | None = None
    ) -> None:
        super().__init__(
            detail, remedy=remedy or f"Allow {', '.join(permissions)} for this credential."
        )
        self.permissions = permissions


class Permanent(OptiInfraError):
    """A refusal that repeats for ever."""

    code = "permanent"
    title = "The provider refuses this request for good"
    default_remedy = "Read the detail: the request or this program has to change."


class Malformed(Permanent):
    """An answer we cannot understand; ``sample`` is a scrubbed excerpt of 500 characters."""

    code = "malformed"
    title = "The provider's answer is not what its documentation says"
    default_remedy = "Open an issue with the sample; the rest of the account was collected."

    def __init__(self, detail: str, *, sample: str = "", remedy: str | None = None) -> None:
        super().__init__(detail, remedy=remedy)
        # Garbage holds NUL and worse: a text that no database or terminal would take.
        self.sample = "".join(each if each.isprintable() else "?" for each in sample[:500])

    @property
    @override
    def told(self) -> str:
        """The detail and the sample, which the remedy asks to send."""
        return f"{self.detail}; sample: {self.sample}" if self.sample else self.detail


class StaleWrite(Permanent):
    """A newer collection of the window is committed already; ours would turn back time."""

    code = "stale-write"
    title = "A newer collection of this window is already committed"
    default_remedy = "Nothing: what is served is newer than what this run collected."


class NotSupported(OptiInfraError):
    """The provider does not offer this data at all, or not for the past."""

    code = "not-supported"
    title = "The provider does not offer this"
    default_remedy = "Nothing: no setting changes this; see the provider's page in the docs."


class ConfigurationError(OptiInfraError):
    """The program refuses to start with these settings."""

    code = "configuration"
    title = "A setting is missing or wrong"
    default_remedy = "Correct the setting and start again; `optiinfra doctor` lists them."


class NotFound(OptiInfraError):
    """The thing does not exist, or belongs to someone else: the caller cannot tell which."""

    code = "not-found"
    title = "Not found"
    default_remedy = "Check the identifier and that your key may read it."


class Conflict(OptiInfraError):
    """The thing exists already, or its state forbids the change."""

    code = "conflict"
    title = "Conflict"
    default_remedy = "Read the current state and decide."


class InvalidRequest(OptiInfraError):
    """The caller asked for something that cannot be meant."""

    code = "invalid-request"
    title = "The request is not valid"
    default_remedy = "Correct the request as the detail says."


def passes_by_waiting(code: str) -> bool:
    """Whether the error called ``code`` may be gone at the next try; unknown codes may."""
    pending = [OptiInfraError]
    while pending:
        kind = pending.pop()
        if kind.code == code:
            return kind.retryable
        pending += kind.__subclasses__()
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFailure:
    """One part of a window (a region, a service) that failed while the rest was collected.

    ``part`` is the value of the metric's part column (a region id), so that the writer keeps
    what an earlier run committed for it.
    """

    part: str
    code: str
    detail: str
    remedy: str
    retryable: bool
    retry_after: float | None = None

    @classmethod
    def of(cls, part: str, error: OptiInfraError) -> "PartFailure":
        """The failure of ``part`` as ``error`` tells it."""
        return cls(
            part=part,
            code=error.code,
            detail=error.told,
            remedy=error.remedy,
            retryable=error.retryable,
            retry_after=getattr(error, "retry_after", None),
        )

    def as_dict(self) -> Mapping[str, object]:
        """For metadata and API answers."""
        return {name: getattr(self, name) for name in self.__slots__}

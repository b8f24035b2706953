"""Exit codes: what a script learns without reading a word. They never change their meaning."""

from enum import IntEnum

from optiinfra_core import errors


class Exit(IntEnum):
    """The codes of every command; 1 is left to failures that are bugs."""

    OK = 0
    USAGE = 2
    CONFIGURATION = 3
    CREDENTIAL = 4
    UPSTREAM = 5
    PARTIAL = 6


_OF_ERROR = (
    (errors.ConfigurationError, Exit.CONFIGURATION),
    (errors.CredentialRejected, Exit.CREDENTIAL),
    (errors.NotFound, Exit.USAGE),
    (errors.Conflict, Exit.USAGE),
    (errors.InvalidRequest, Exit.USAGE),
    (errors.NotSupported, Exit.USAGE),
)

HELP = (
    "Exit codes: 0 done; 2 the command line is wrong, or names what does not exist; "
    "3 a setting is missing or wrong; 4 a key or credential is refused; "
    "5 a server or provider does not do its part; 6 done in part."
)


def exit_of(error: errors.OptiInfraError) -> Exit:
    """The code that a failure ends the program with."""
    for kind, code in _OF_ERROR:
        if isinstance(error, kind):
            return code
    return Exit.UPSTREAM

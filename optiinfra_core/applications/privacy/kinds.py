"""What the redactor looks for: each kind with its pattern and what a match must satisfy besides.

No pattern repeats without a bound before something that may fail, so the time grows with the
length of the text alone. No pattern crosses ``<`` or ``>``, and none begins or ends beside a
placeholder: what one pass left is not found again by the next.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address

from optiinfra_core.applications.privacy import numbers

Span = tuple[int, int]
Finder = Callable[[str], Iterator[Span]]

# Not inside a word, not straight after or before a placeholder.
BEFORE = r"(?<!\w)(?<!_[0-9a-f]{4}>)"
AFTER = r"(?!\w)(?!<[A-Z]{2,12}_[0-9a-f]{4}>)"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data: its name in placeholders, where it is, and what two spellings share.

    ``hints``: texts that hold none of these letters have no match; most texts have none.
    """

    name: str
    find: Finder
    hints: tuple[str, ...]
    normal: Callable[[str], str] = str


def _always(_found: str) -> bool:
    return True


def _matches(pattern: str, accept: Callable[[str], bool] = _always, flags: int = 0) -> Finder:
    """Finds what ``pattern`` matches and ``accept`` agrees to; a group ``it`` narrows the match."""
    compiled = re.compile(pattern, flags)
    group = "it" if "it" in compiled.groupindex else 0

    def find(text: str) -> Iterator[Span]:
        for match in compiled.finditer(text):
            if accept(match[group]):
                yield match.span(group)

    return find


def _near_numbers(pattern: str) -> Finder:
    """Finds what ``pattern`` matches where there are numbers."""
    compiled = re.compile(pattern)

    def find(text: str) -> Iterator[Span]:
        return (match.span() for match in numbers.near(compiled, text))

    return find


def _has_digit(found: str) -> bool:
    """Keys are random: one of sixteen letters without any digit is a name with hyphens."""
    return any(letter.isdigit() for letter in found)


def _address_v6(found: str) -> bool:
    """Addresses of somebody: written with three groups at least, so that no ``a::b`` of code is."""
    try:
        IPv6Address(found)
    except AddressValueError:
        return False
    return sum(map(bool, found.split(":"))) > 2  # noqa: PLR2004 - see above


def _only_digits(found: str) -> str:
    return "".join(letter for letter in found if letter.isdigit())


def _compact(found: str) -> str:
    return "".join(letter for letter in found if letter.isalnum()).upper()


# RFC 7468; the body ends where base64, headers and (escaped) line breaks do.
PEM = (
    r"-----BEGIN [A-Z0-9 ]{1,40}-----(?>(?:[A-Za-z0-9+/=\s:,.\\]|-(?!----))*)"
    r"(?:-----END [A-Z0-9 ]{1,40}-----)?"
)
# scheme://user:password@host (RFC 3986 3.2.1); the scheme and the host stay.
CREDENTIALS = r"""://(?P<it>[^\s:/@<>"']{0,200}+:[^\s/<>"']{1,200})(?=@)"""
# RFC 7519: three base64url parts, the first two begin with {" .
JWT = rf"{BEFORE}(?<!-)eyJ[\w-]{{5,}}+\.eyJ[\w-]{{5,}}+\.[\w-]*+"
# Prefixes as vendors document them for secret scanning.
KEYS = r"""
    sk-[\w-]{16,}+                          # OpenAI, Anthropic, OpenRouter, DeepSeek
    | gsk_[A-Za-z0-9]{16,}+                 # Groq
    | (?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}+  # AWS
    | gh[opusr]_[A-Za-z0-9]{20,}+           # GitHub
    | github_pat_\w{22,}+
    | glpat-[\w-]{20,}+                     # GitLab
    | xox[abeoprs]-[A-Za-z0-9-]{10,}+       # Slack
    | xapp-[A-Za-z0-9-]{10,}+
    | AIza[\w-]{35}+                        # Google
    | ya29\.[\w-]{20,}+
    | GOCSPX-[\w-]{20,}+
    | hf_[A-Za-z0-9]{20,}+                  # Hugging Face
    | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}+  # Stripe
    | whsec_[A-Za-z0-9]{16,}+
    | SG\.[\w-]{16,}+\.[\w-]{16,}+          # SendGrid
    | npm_[A-Za-z0-9]{30,}+
    | pypi-[\w-]{16,}+
    | xai-[A-Za-z0-9]{20,}+
    | pplx-[A-Za-z0-9]{20,}+                # Perplexity
    | r8_[A-Za-z0-9]{20,}+                  # Replicate
    | dop_v1_[a-f0-9]{40,}+                 # DigitalOcean
    | lin_api_[A-Za-z0-9]{20,}+             # Linear
    | oi_[a-z0-9]{1,12}_[a-z0-9]{12}_[\w-]{43}+  # ours
"""
KEY = f"{BEFORE}(?:{KEYS})"
# RFC 5321 in the form people write: no quoted local part, at most ten labels.
EMAIL = (
    r"(?<![\w.%+-])(?<!_[0-9a-f]{4}>)\w[\w.%+'-]{0,63}+@"
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,10}[^\W\d_]{2,63}" + AFTER
)
# Social security numbers: SSA, "Social Security Number Randomization": never 000, 666, 9xx.
SSN = (
    rf"{BEFORE}(?<!\d[.-])(?<!_[0-9a-f]{{4}}>[.-])(?!000|666|9)\d{{3}}(?P<gap>[ -])(?!00)\d\d"
    rf"(?P=gap)(?!0000)\d{{4}}{AFTER}(?![.-]\d)"
)
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
IPV4 = rf"{BEFORE}(?<!\w\.)(?:{_BYTE}\.){{3}}{_BYTE}{AFTER}(?!\.\d)"
IPV6 = rf"{BEFORE}(?<![:.])(?=[0-9A-Fa-f]{{0,4}}:)[0-9A-Fa-f:]{{4,39}}+{AFTER}"

_COLONS = re.compile(r":[0-9A-Fa-f]{0,4}:")
_V6 = _matches(IPV6, _address_v6)


def _addresses_v6(text: str) -> Iterator[Span]:
    """Colons are in every text, two of them so near only in addresses, times and code."""
    return _V6(text) if _COLONS.search(text) else iter(())


KINDS = (
    Kind("PEM", _matches(PEM), ("-----begin ",)),
    Kind("CREDENTIALS", _matches(CREDENTIALS), ("://",)),
    Kind("JWT", _matches(JWT), ("eyj",)),
    Kind(
        "KEY",
        _matches(KEY, _has_digit, re.VERBOSE),
        ("sk-", "gsk_", "akia", "asia", "abia", "acca", "gho_", "ghp_", "ghu_", "ghs_", "ghr_",
         "github_pat_", "glpat-", "xox", "xapp-", "aiza", "ya29.", "gocspx-", "hf_", "_live_",
         "_test_", "whsec_", "sg.", "npm_", "pypi-", "xai-", "pplx-", "r8_", "dop_v1_",
         "lin_api_", "oi_"),
    ),
    Kind("EMAIL", _matches(EMAIL), ("@",), str.lower),
    Kind("IBAN", numbers.ibans, (), _compact),
    Kind("CARD", numbers.cards, (), _only_digits),
    Kind("SSN", _near_numbers(SSN), (), _only_digits),
    Kind("IP", _near_numbers(IPV4), (".",)),
    Kind("IP", _addresses_v6, (":",), str.lower),
    Kind("PHONE", numbers.phones, (), _only_digits),
)  # fmt: skip

"""Numbers that name people's accounts: bank accounts, payment cards, telephones."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

# Atomic groups instead of possessive repetitions of groups, which Python before 3.11.5 matches
# wrongly (python/cpython#106052).
_BEFORE = r"(?<!\w)(?<!_[0-9a-f]{4}>)"
_AFTER = r"(?!\w)(?!<[A-Z]{2,12}_[0-9a-f]{4}>)"
# Not within a longer number, also after its beginning became a placeholder: else each pass would
# find the next piece of a long one, and time would grow with the square of its length.
_ALONE = r"(?<!\d[ .,:/-])(?<!_[0-9a-f]{4}>[ .,:/-])"
_APART = r"(?<!\d[.-])(?<!_[0-9a-f]{4}>[.-])"

_RUN = re.compile(r"\d[\d ./()-]{5,}\d")
# A word that announces a number stands before it, an extension or a placeholder behind it.
LEAD = 80
TRAIL = 48

# Lengths by country: SWIFT, IBAN Registry (ISO 13616).
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
# Begins with the check digits, which are rarer than letters: the country stands before them.
_IBAN_DIGITS = re.compile(r"\d\d(?<=[A-Za-z]{2}\d\d)(?=[ -]?[A-Za-z0-9])")
_IBAN_START = re.compile(_BEFORE + r"[A-Za-z]{2}")

# ISO/IEC 7812: 12 to 19 digits; those that pay begin with 2 to 6. Groups as cards print them.
_CARD_RUN = re.compile(_BEFORE + r"(?<!\d[ -])(?<!_[0-9a-f]{4}>[ -])(?>\d+(?:[ -]\d+)*)")
_GROUP = re.compile(r"\d+")
_ENDS = re.compile(_AFTER)
# JCB's oldest begin with 1800, Maestro's with 12 digits have few beginnings.
CARD_DIGITS = range(12, 20)
_CARD_ISSUER = re.compile(
    r"[2-6]\d{12,18}|1800\d{11}|(?:50(?:18|20|38)|5893|6304|6759|676[1-3])\d{8}"
)
CARD_GROUP = 3
CARD_GROUPS = 5

_EXTENSION = r"(?>(?:[ ]?(?:x|ext\.?|\#)[ ]?\d{1,5})?)"
# What writes a telephone number: a plus or 00, an area code in brackets, groups of 3-3-4, a leading
# nought with a gap, a word that says so. E.164: at most 15 digits.
_PHONE = re.compile(
    rf"""
    (?:
      (?<![\w+])(?<!_[0-9a-f]{{4}}>)(?:\+|{_ALONE}00)[ ]?[1-9](?>(?:[ ./()-]{{0,2}}\d){{7,14}})
        {_EXTENSION}
      | {_BEFORE}{_APART}(?:1[ .-])?\d{{3}}(?P<gap>[ .-])\d{{3}}(?P=gap)\d{{4}}{_EXTENSION}
      | (?<![\w+)])(?<!_[0-9a-f]{{4}}>)(?:1[ .-]?)?\(\d{{2,5}}\)[ ]?\d{{3,4}}
        (?>(?:[ .-]?\d{{2,4}}){{1,2}}){_EXTENSION}
      | {_BEFORE}{_ALONE}(?!\d\d[/-]\d\d[/-]\d{{4}})0[1-9]\d{{0,4}}(?>(?:[ /-]\d{{2,8}}){{1,5}})
    ){_AFTER}
    """,
    re.VERBOSE,
)
_WORDS = r"(?:(?:tele)?(?:phone|tel|mobile|cell|fax|whatsapp|sms|call|dial|hotline)|my number)"
_SAID = re.compile(
    rf"(?<!\w){_WORDS}(?!\w)[^\w\n<>+(]{{0,5}}"
    r"(?:(?:number|no|me|us|at|on|is|nr)(?!\w)[^\w\n<>+(]{1,3}){0,3}"
    r"(?P<it>\+?\(?\d(?>(?:[ ./()-]{0,2}\d){6,14}))" + _AFTER,
    re.IGNORECASE,
)
PHONE_DIGITS = range(9, 19)


def near(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches of ``pattern`` around what may be a number of seven characters or more.

    Most text is far from any: looking everywhere took ten times as long.
    """
    start = end = 0
    for run in _RUN.finditer(text):
        if run.start() - LEAD > end:
            yield from pattern.finditer(text, start, end)
            start = run.start() - LEAD
        end = run.end() + TRAIL
    if end:
        yield from pattern.finditer(text, start, end)


def ibans(text: str) -> Iterator[Span]:
    """Bank account numbers whose length fits the country and whose check digits are right."""
    end = 0
    for digits in _IBAN_DIGITS.finditer(text):
        start = digits.start() - 2
        length = IBAN_LENGTHS.get(text[start : start + 2].upper())
        if length is None or start < end or not _IBAN_START.match(text, start):
            continue
        found = _letters(text, start, length)
        if found is not None and _mod_97(found[0]) == 1:
            end = found[1]
            yield start, end


def _letters(text: str, start: int, wanted: int) -> tuple[str, int] | None:
    """``wanted`` letters and digits from ``start``, single gaps left out, and where they end."""
    letters: list[str] = []
    at = start
    gap = False
    while len(letters) < wanted and at < len(text):
        letter = text[at]
        if letter.isascii() and letter.isalnum():
            letters.append(letter)
            gap = False
        elif letter in " -" and not gap:
            gap = True
        else:
            return None
        at += 1
    whole = len(letters) == wanted and not text[at : at + 1].isalnum()
    return ("".join(letters), at) if whole else None


def _mod_97(iban: str) -> int:
    """ISO 7064 MOD 97-10 over the account with its first four letters last; 1 is right."""
    turned = (iban[4:] + iban[:4]).upper()
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97


def cards(text: str) -> Iterator[Span]:
    """Card numbers: groups of digits that together satisfy Luhn's formula."""
    for run in near(_CARD_RUN, text):
        groups = [group.span() for group in _GROUP.finditer(text, *run.span())]
        if not _ENDS.match(text, run.end()):
            groups.pop()  # it is the beginning of a word: 2nd
        yield from _cards_in(text, groups)


def _cards_in(text: str, groups: list[Span]) -> Iterator[Span]:
    first = 0
    while first < len(groups):
        last = _card_from(text, groups, first)
        if last is None:
            first += 1
        else:
            yield groups[first][0], groups[last][1]
            first = last + 1


def _card_from(text: str, groups: list[Span], first: int) -> int | None:
    """The last group of the card that begins with group ``first``; the longest one counts."""
    best, digits = None, ""
    for last in range(first, min(first + CARD_GROUPS, len(groups))):
        start, end = groups[last]
        if not CARD_GROUP <= end - start < CARD_DIGITS.stop:
            break
        digits += text[start:end]
        if len(digits) in CARD_DIGITS and _CARD_ISSUER.fullmatch(digits) and _luhn(digits):
            best = last
    return best


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1 annex B; a repeated digit is a placeholder, not a card."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[-1::-2]))) % 10 == 0 and len(set(digits)) > 1


def phones(text: str) -> Iterator[Span]:
    """Telephone numbers, as far as their spelling or a word before them says so."""
    spans = [match.span() for match in near(_PHONE, text) if _counts(match[0], PHONE_DIGITS)]
    spans += [match.span("it") for match in near(_SAID, text)]
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            end = stop
            yield start, stop


def _counts(found: str, wanted: range) -> bool:
    return sum(letter.isdigit() for letter in found) in wanted

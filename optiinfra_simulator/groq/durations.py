"""Durations as Go prints them, which is how Groq's reset headers are written."""

_UNITS = ((1e-6, "ns", 1e9), (1e-3, "µs", 1e6), (1.0, "ms", 1e3))


def go(seconds: float) -> str:
    """``26ms``, ``10.332999999s``, ``2m59.56s``, ``1h0m3s``: Go's time.Duration.String."""
    if seconds <= 0:
        return "0s"
    for below, unit, factor in _UNITS:
        if seconds < below:
            return f"{_trimmed(seconds * factor)}{unit}"
    hours, rest = divmod(round(seconds, 9), 3600)
    minutes, rest = divmod(rest, 60)
    told = f"{_trimmed(rest)}s"
    if hours:
        return f"{int(hours)}h{int(minutes)}m{told}"
    return f"{int(minutes)}m{told}" if minutes else told


def _trimmed(number: float) -> str:
    return f"{number:.9f}".rstrip("0").rstrip(".")

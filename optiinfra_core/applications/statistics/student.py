"""Student's t: its distribution from the incomplete beta function, its quantile by halving.

The continued fraction is DLMF 8.17.22, evaluated by Lentz's method; the degrees of freedom may be
any positive real number, as Welch's are.
"""

import math

TERMS = 300
EXACT = 1e-15
TINY = 1e-300
LARGEST = 1e9


def t_probability(t: float, freedom: float) -> float:
    """The probability of a value of at most ``t``."""
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    tail = incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    return 1 - tail if t > 0 else tail


def t_quantile(probability: float, freedom: float) -> float:
    """The value that is not exceeded with this probability, which lies strictly in (0, 1)."""
    if probability < 0.5:  # noqa: PLR2004 - the distribution is symmetrical
        return -t_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while t_probability(high, freedom) < probability and high < LARGEST:
        low, high = high, 2 * high
    while high - low > EXACT * high:
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (
            (middle, high) if t_probability(middle, freedom) < probability else (low, middle)
        )
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    # The fraction converges fast on this side of the mean; the other follows by symmetry.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            c, d = _away(1 + step / c), 1 / _away(1 + step * d)
            value *= c * d
        if abs(c * d - 1) < EXACT:
            break
    return value


def _away(value: float) -> float:
    """``value``, but never so near to zero that a division fails."""
    return value if abs(value) > TINY else TINY

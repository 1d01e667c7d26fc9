"""Ranges: the elementary functions of intervals of floats, each range rounded outward."""

from dataclasses import replace
from functools import partial
from math import isinf
from typing import Any, Final

from funcnn.algebra.elementary import cos, erf, exp, log, sigmoid, sin, sqrt, tanh
from funcnn.algebra.enclosures import Function, correctly_rounded, demand_real, quarters
from funcnn.algebra.formats import Format, binary64
from funcnn.algebra.intervals import Interval

DOWN: Final = replace(binary64, rounding="down")
UP: Final = replace(binary64, rounding="up")


def _monotone(function: Function, x: Interval[Any]) -> Interval[float]:
    demand_real(function, x, x.low if x.low < 0 else x.high)
    return Interval(_at_end(function, x.low, DOWN), _at_end(function, x.high, UP))


def _wave(function: Function, quarter: int, x: Interval[Any]) -> Interval[float]:
    """the hull of the values at the ends and between, where x + quarter·π/2 is an odd quarter"""
    low = min(_at_end(function, end, DOWN) for end in (x.low, x.high))
    high = max(_at_end(function, end, UP) for end in (x.low, x.high))
    if isinf(x.low) or isinf(x.high):
        return Interval(-1.0, 1.0)
    first, last = quarter - quarters(-x.low), quarter + quarters(x.high)
    peak, trough = (last - 1) // 4 > (first - 2) // 4, (last - 3) // 4 > (first - 4) // 4
    return Interval(-1.0 if trough else low, 1.0 if peak else high)


def _at_end(function: Function, end: Any, number_format: Format) -> float:
    if not isinstance(end, float):
        name, kind = function.__name__, type(end).__name__
        raise TypeError(f"{name} of {kind} ends: give floats, or use enclosure({name}, end, bits)")
    limit = isinf(end) or (function is log and not end)
    return float(function(end)) if limit else correctly_rounded(function, end, number_format)


exp.register(Interval, partial(_monotone, exp))
log.register(Interval, partial(_monotone, log))
sqrt.register(Interval, partial(_monotone, sqrt))
tanh.register(Interval, partial(_monotone, tanh))
sigmoid.register(Interval, partial(_monotone, sigmoid))
erf.register(Interval, partial(_monotone, erf))
sin.register(Interval, partial(_wave, sin, 0))
cos.register(Interval, partial(_wave, cos, 1))

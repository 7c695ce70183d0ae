"""The lowest point of a function of one number, where there are no gradients."""

from collections.abc import Callable

import numpy as np

N_FIRST = 15  # equal distances that are tried first
TOLERANCE = 1e-3  # how far from the lowest point the result may be
RATIO = (5**0.5 - 1) / 2  # what is left of an interval in each step


def minimise(function: Callable[[float], float], low: float, high: float) -> float:
    """Golden-section search (Kiefer 1953, "Sequential minimax search for a maximum"), in the valley that is the lowest
    at equal distances: the function may have others.

    low, high (float): the interval; the result may be either end.
    """
    places = np.linspace(low, high, N_FIRST).tolist()
    best = int(np.argmin([function(place) for place in places]))
    a, b = places[max(best - 1, 0)], places[min(best + 1, N_FIRST - 1)]
    c, d = b - RATIO * (b - a), a + RATIO * (b - a)
    f_c, f_d = function(c), function(d)
    while b - a > TOLERANCE:
        if f_c <= f_d:
            b, d, f_d = d, c, f_c
            c = b - RATIO * (b - a)
            f_c = function(c)
        else:
            a, c, f_c = c, d, f_d
            d = a + RATIO * (b - a)
            f_d = function(d)
    return float(min((a, c, d, b), key=function))

"""The lowest point of a function of one number, where there are no gradients."""

from typing import Callable

import numpy as np

RATIO = (5**0.5 - 1) / 2  # what is left of an interval in each step


def minimise(
    function: Callable[[float], float], low: float, high: float, *, n_first: int = 15, tolerance: float = 1e-3
) -> float:
    """Golden-section search (Kiefer 1953, "Sequential minimax search for a maximum"), in the valley that is the lowest
    at ``n_first`` equal distances: the function may have others.

    low, high (float): the interval; the result may be either end.
    tolerance (float): how far from the lowest point the result may be.
    """
    places = np.linspace(low, high, n_first).tolist()
    best = int(np.argmin([function(place) for place in places]))
    a, b = places[max(best - 1, 0)], places[min(best + 1, n_first - 1)]
    c, d = b - RATIO * (b - a), a + RATIO * (b - a)
    f_c, f_d = function(c), function(d)
    while b - a > tolerance:
        if f_c <= f_d:
            b, d, f_d = d, c, f_c
            c = b - RATIO * (b - a)
            f_c = function(c)
        else:
            a, c, f_c = c, d, f_d
            d = a + RATIO * (b - a)
            f_d = function(d)
    return min((a, c, d, b), key=function)

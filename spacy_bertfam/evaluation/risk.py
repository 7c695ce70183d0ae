"""The lowest or highest threshold of which a test on texts says that it keeps a promise: Learn then Test.

Angelopoulos, Bates, Candès, Jordan and Lei 2021 (arXiv 2110.01052): for each threshold the hypothesis that more than
the share ``rate`` goes wrong (their equation 4) gets a p-value; thresholds are tested in an order that does not depend
on the texts of the test (section 3, fixed sequence testing, "split" as the order comes from other texts), until the
first hypothesis that cannot be rejected at ``1 - confidence``. With that confidence all thresholds before it keep the
promise (theorem 1), however many they are.
"""

from collections.abc import Callable, Sequence
from math import ceil, floor, log, log1p
from typing import NamedTuple

import numpy as np

from .evidence import Cut, Trials

FEWEST_TEXTS = 50  # with something to try; fewer say too little of how much hangs together in a text


class Claim(NamedTuple):
    """How much is promised, and how surely."""

    rate: float  # that may go wrong
    level: float  # of the test: 1 - confidence

    @property
    def fewest(self) -> int:
        """The number of trials that rejects where nothing goes wrong: (1 - rate) ** n <= level."""
        return ceil(log(self.level) / log1p(-self.rate))


def binomial_tail(wrong: int, n: int, rate: float) -> float:
    """RETURNS (float): the probability of ``wrong`` or fewer of ``n`` at this rate of each."""
    j = np.arange(min(wrong, n))
    steps = np.log((n - j) / (j + 1)) + (log(rate) - log1p(-rate))
    logs = n * log1p(-rate) + np.concatenate(([0.0], np.cumsum(steps)))
    return float(min(np.exp(logs).sum(), 1.0))


def design_effect(trials: Trials) -> float:
    """How many trials in texts say as much as one by itself; at least 1 (Korn and Graubard 1998, "Confidence intervals
    for proportions with small expected number of positive counts estimated from survey data").

    It is the variance of the share that goes wrong between texts (a ratio, linearized), over that of as many
    independent trials.
    """
    n, n_texts = int(trials.n.sum()), int((trials.n > 0).sum())
    share = 1.0 - trials.share_right
    if n_texts < 2 or not 0.0 < share < 1.0:
        return 1.0
    between = float(((trials.wrong - share * trials.n) ** 2).sum()) * n_texts / (n_texts - 1)
    return max(1.0, between / (n * share * (1.0 - share)))


def p_value(trials: Trials, rate: float, *, effect: float = 1.0) -> float:
    """The probability of so little going wrong, or less, if ``rate`` of all went wrong: the binomial tail of the
    effective number of trials, both rounded to the safe side.

    Where what goes wrong in a text does not hang together it is exact for any number of texts. Where it does, one
    entity says less than an independent one would, and the number is divided by the design effect, which is estimated:
    exact for many texts. In 600 simulated corpora at a level of 0.1 a rate just beyond the promise passed in 8 to 11 of
    100 with 600 texts and in 8 to 13 with 150; with 40 in up to 17, and in up to 29 where whole texts are right or
    wrong. Hoeffding's and Bentkus' bounds for the losses of whole texts would
    need no estimate, but the number of entities of a text has no bound, and that of a share for each text would be
    another promise: a text with one entity would count as much as one with fifty.

    effect (float): a least design effect.
    RETURNS (float): 1 where fewer than ``FEWEST_TEXTS`` have a trial.
    RAISES (ValueError): when more went right in a text than was tried: something is counted twice.
    """
    if (trials.wrong < 0).any():
        raise ValueError("More went right in a text than was tried; expected each trial once.")
    if int((trials.n > 0).sum()) < FEWEST_TEXTS:
        return 1.0
    effect = max(effect, design_effect(trials))
    return binomial_tail(ceil(trials.wrong.sum() / effect), floor(trials.n.sum() / effect), rate)


def last_kept(cuts: Sequence[Cut], tried: Callable[[Cut], Trials], claim: Claim) -> Cut | None:
    """Test thresholds in their order.

    tried (Callable): what a threshold does in the texts of the test.
    RETURNS (Cut | None): the last one before the first that fails; None where that is the first of all.
    """
    effect, kept = design_effect(tried(Cut(0.0))), None
    for cut in cuts:
        if p_value(tried(cut), claim.rate, effect=effect) > claim.level:
            break
        kept = cut
    return kept

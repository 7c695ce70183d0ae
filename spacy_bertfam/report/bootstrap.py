"""How far scores hang on the texts that were drawn: intervals and tests by resampling whole documents."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
N_RESAMPLES = 1000
ENDS = (0.025, 0.975)  # of intervals of 95%
FEW = 10  # documents; below it, draws say little of what else there might be
CHUNK = 1 << 20  # weights that are held at a time


class Paired(NamedTuple):
    """F1 of two predictions of the same texts, compared."""

    difference: float  # first minus second
    low: float
    high: float
    p_bootstrap: float  # two-sided
    p_randomization: float  # two-sided


def prf(counts: Floats) -> Floats:
    """RETURNS (Floats): precision, recall and F1 of right, predicted and gold entities, both Shape: (..., 3); NaN where
    there is nothing to divide by."""
    right, predicted, gold = np.moveaxis(counts, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([right / predicted, right / gold, 2 * right / (predicted + gold)], axis=-1)


def intervals(counts: Floats, *, seed: int = 0, n: int = N_RESAMPLES, few: int = FEW) -> Floats:
    """Percentile intervals of 95% (Efron 1979, "Bootstrap methods: another look at the jackknife"; for scores of
    texts Koehn 2004, "Statistical significance tests for machine translation evaluation", section 3): as many documents
    are drawn, with replacement, as there are.

    counts (Floats): right, predicted and gold entities, Shape: (n_docs, n_rows, 3).
    RETURNS (Floats): low and high ends of precision, recall and F1, Shape: (2, n_rows, 3); NaN where no draw has one,
        and of rows that are in fewer than ``few`` documents.
    """
    drawn = prf(_drawn(counts, seed, n))
    ends = np.full((2, *drawn.shape[1:]), np.nan, dtype=np.float32)
    known = ~np.isnan(drawn).all(axis=0) & (counts.any(axis=2).sum(axis=0) >= few)[:, None]
    ends[:, known] = np.nanquantile(drawn[:, known], ENDS, axis=0)
    return ends


def compare(
    first: Floats, second: Floats, *, seed: int = 0, n: int = N_RESAMPLES, few: int = FEW
) -> list[Paired]:
    """Whether the F1 of two predictions differ by more than chance.

    Paired bootstrap (Koehn 2004, section 5): both on the same drawn documents; the p-value is the share of draws whose
    difference is as far from the one observed as that is from 0 (Berg-Kirkpatrick et al. 2012, "An empirical
    investigation of statistical significance in NLP", section 2, here two-sided). Approximate randomization (Noreen
    1989; for F1 Yeh 2000, "More accurate tests for the statistical significance of result differences"): the
    predictions of each document change sides or do not; the p-value is the share of shuffles whose difference is at
    least as large. Both count the observation as one draw more, so that none is 0.

    first, second (Floats): of the same documents, Shape: (n_docs, n_rows, 3), see ``intervals``.
    RETURNS (list[Paired]): one for each row; of rows that are in fewer than ``few`` documents the bootstrap says NaN.
    """
    pair = np.stack([first, second], axis=2)
    total = pair.sum(axis=0)
    observed = _difference(total)
    drawn = _difference(_drawn(pair, seed, n))
    moved = _shuffled(second - first, seed, n)
    shuffled = _difference(np.stack([total[:, 0] + moved, total[:, 1] - moved], axis=2))
    low, high = np.quantile(drawn, ENDS, axis=0)
    bootstrap = np.stack([low, high, _p_values(drawn - observed, observed)])
    bootstrap[:, pair.any(axis=(2, 3)).sum(axis=0) < few] = np.nan
    figures = (observed, *bootstrap, _p_values(shuffled, observed))
    return [Paired(*map(float, row)) for row in zip(*figures, strict=True)]


def _difference(pair: Floats) -> Floats:
    """Of F1, which is 0 where neither side has an entity; Shape: (..., 2, 3) -> (...)."""
    f_scores = np.nan_to_num(prf(pair)[..., 2])
    return np.asarray(f_scores[..., 0] - f_scores[..., 1])


def _p_values(differences: Floats, observed: Floats) -> Floats:
    # rounding may part two sums of the same counts
    n_extreme = (np.abs(differences) >= np.abs(observed) - 1e-6).sum(axis=0)
    return np.asarray((1 + n_extreme) / (1 + len(differences)))


def _shuffled(change: Floats, seed: int, n: int) -> Floats:
    """RETURNS (Floats): the change of ``n`` random halves of the documents, Shape: (n, n_rows, 3)."""
    rng = np.random.default_rng(seed)
    flat = change.reshape(len(change), -1)
    sizes = _chunks(n, len(change))
    sums = [rng.integers(0, 2, (rows, len(change))).astype(np.float32) @ flat for rows in sizes]
    return np.concatenate(sums).reshape(n, *change.shape[1:])


def _drawn(counts: Floats, seed: int, n: int) -> Floats:
    """RETURNS (Floats): the sums of ``n`` draws, Shape: (n_docs, ...) -> (n, ...)."""
    rng = np.random.default_rng(seed)
    n_docs = len(counts)
    flat = counts.reshape(n_docs, -1).astype(np.float32)
    sums = []
    for rows in _chunks(n, n_docs):
        places = rng.integers(0, n_docs, (rows, n_docs)) + n_docs * np.arange(rows)[:, None]
        weights = np.bincount(places.ravel(), minlength=rows * n_docs).reshape(rows, n_docs)
        sums.append(weights.astype(np.float32) @ flat)
    return np.concatenate(sums).reshape(n, *counts.shape[1:])


def _chunks(n: int, n_docs: int) -> Iterator[int]:
    size = max(1, CHUNK // n_docs)
    yield from (min(size, n - start) for start in range(0, n, size))

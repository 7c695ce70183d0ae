"""The texts that a recognizer is least sure of, near-doubles of what was chosen last.

Two texts are near-doubles where at least half of their character 4-grams are the same: estimated by MinHash (Broder
1997, "On the resemblance and containment of documents"), whose least hash values of two sets are equal as often as the
sets resemble each other. Digits count as alike, and capitals as small letters.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

import numpy as np

from ..data.writers.entry import Entry
from ..types import Ints1d
from .parts import Parts

N_HASHES = 32
N_CHARACTERS = 4
NEAR = 0.5  # resemblance
DIGITS = re.compile(r"\d")
_random = np.random.default_rng(0)
FACTORS = _random.integers(1, 2**61, size=(N_HASHES, 1), dtype=np.uint64) | np.uint64(1)
SHIFTS = _random.integers(0, 2**61, size=(N_HASHES, 1), dtype=np.uint64)


def least_certain(parts: Parts, limit: int) -> Iterator[Entry]:
    """Yield so many entries, the least certain first; texts that failed come last."""
    places, values = [], []
    for entry, place in parts.entries():
        places.append(place)
        values.append(entry.get("uncertainty", -1.0))
    order = np.argsort(-np.array(values), kind="stable").tolist()
    for i in islice(spread(order, lambda i: parts.entry(*places[i])["text"]), limit):
        yield parts.entry(*places[i])


def spread(order: Iterable[int], text_of: Callable[[int], str]) -> Iterator[int]:
    """Yield the texts in their order, but the near-doubles of an earlier one after all that are none."""
    chosen: dict[tuple[int, int], list[int]] = defaultdict(list)  # place and value of a hash -> chosen texts
    doubles = []
    for i in order:
        hashes = list(enumerate(min_hashes(text_of(i)).tolist()))
        shared = Counter(chain.from_iterable(chosen[key] for key in hashes if key in chosen))
        if max(shared.values(), default=0) >= NEAR * N_HASHES:
            doubles.append(i)
            continue
        for key in hashes:
            chosen[key].append(i)
        yield i
    yield from doubles


def min_hashes(text: str) -> Ints1d:
    """RETURNS (Ints1d): the least of each hash over the 4-grams of a text; Shape: (N_HASHES,)."""
    codes = np.frombuffer(
        f" {DIGITS.sub('0', text.casefold())} ".encode("utf-32-le", "replace"), dtype=np.uint32
    )
    codes = np.pad(codes, (0, max(0, N_CHARACTERS - len(codes)))).astype(np.uint64)
    grams = np.zeros(len(codes) - N_CHARACTERS + 1, dtype=np.uint64)
    for i in range(N_CHARACTERS):
        grams = grams * np.uint64(0x100000001B3) + codes[i : i + len(grams)]
    found: Ints1d = ((np.unique(grams) * FACTORS + SHIFTS) >> np.uint64(32)).min(axis=1).astype(np.int64)
    return found

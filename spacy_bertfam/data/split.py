"""Parts of a corpus (train, dev, test), drawn by document."""

import random
import re
from collections.abc import Mapping, Sequence

from ..errors import DataError

FORM = "expected names with shares that add up to 1, as in train=0.8,dev=0.1,test=0.1"


def parse_split(text: str) -> dict[str, float]:
    """RETURNS (dict[str, float]): the name of a part -> its share. A name may hold folders: train/press, dev/press.

    RAISES (DataError): when the shares do not add up to 1.
    """
    shares: dict[str, float] = {}
    for item in text.split(","):
        match = re.fullmatch(r"\s*([\w-]+(?:/[\w-]+)*)\s*=\s*(\d*\.?\d+)\s*", item)
        if match is None or match[1] in shares or float(match[2]) <= 0:
            raise DataError(f"--split: found {item!r}; {FORM}.")
        shares[match[1]] = float(match[2])
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise DataError(f"--split: the shares in {text!r} add up to {sum(shares.values()):g}; {FORM}.")
    return shares


def split_documents(documents: Sequence[str], shares: Mapping[str, float], *, seed: int) -> dict[str, str]:
    """Draw a part for each document; the same names, shares and seed give the same parts.

    Every part gets at least one document.

    RETURNS (dict[str, str]): document -> part.
    RAISES (DataError): when there are fewer documents than parts.
    """
    names = list(dict.fromkeys(documents))
    if len(names) < len(shares):
        found = f"--split: found {len(names)} document{'s' * (len(names) != 1)} for {len(shares)} parts"
        raise DataError(f"{found}; expected at least one for each, since a document is never divided.")
    random.Random(seed).shuffle(names)
    parts: dict[str, str] = {}
    position, total = 0, 0.0
    for n_left, (part, share) in zip(range(len(shares), 0, -1), shares.items(), strict=True):
        total += share
        end = min(max(round(total * len(names)), position + 1), len(names) - n_left + 1)
        parts.update((name, part) for name in names[position:end])
        position = end
    return parts

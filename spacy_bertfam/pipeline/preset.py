"""Entities that stand on a Doc before the recognizer runs: an `entity_ruler`'s, or the user's."""

from typing import NamedTuple

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc, Span

from ..types import Bools1d, ScoredSpan

IOB_BEGIN = 3


class Preset(NamedTuple):
    """What must stay as it is."""

    ents: list[Span]
    blocked: list[Span]  # segments in which no entity may be (``doc.set_ents(blocked=...)``)
    tokens: Bools1d | None  # Shape: (n_tokens,), the tokens of both; None where there are none


def find_preset(doc: Doc) -> Preset:
    """The entities and blocked tokens of ``doc``."""
    if not doc.has_annotation("ENT_IOB"):
        return Preset([], [], None)
    iob, types = doc.to_array([ENT_IOB, ENT_TYPE]).astype(np.int64).reshape(-1, 2).T
    blocked = (iob == IOB_BEGIN) & (types == 0)
    taken = blocked | (types != 0)
    if not taken.any():
        return Preset([], [], None)
    return Preset(list(doc.ents), [doc[int(i) : int(i) + 1] for i in np.flatnonzero(blocked)], taken)


class Predictions(list[list[ScoredSpan]]):
    """The entities that were found in each Doc of a batch, what stood on the Docs before, and all likely spans where
    they are asked for."""

    def __init__(
        self,
        found: list[list[ScoredSpan]],
        presets: list[Preset],
        candidates: list[list[ScoredSpan]] | None = None,
    ) -> None:
        super().__init__(found)
        self.presets, self.candidates = presets, candidates

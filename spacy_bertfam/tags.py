"""Tag schemes: which tags a set of labels has, which may follow which, spans to tags and back."""

from dataclasses import dataclass
from functools import cached_property
from typing import Iterable, List, Optional, Sequence, Tuple

import numpy as np
from numpy.typing import NDArray

from .errors import UserError
from .types import Ints1d, SpanRows, TokenSpan

# scheme -> the prefixes of one label's tags; O stands apart.
# IOB is what checkpoints call B- and I- tags without saying whether they mean IOB1 or IOB2: it reads
# both (an entity begins at B-, or at an I- that does not go on with its label) and writes IOB2.
PREFIXES = {"IO": "I", "IOB": "BI", "IOB2": "BI", "BIOES": "BIES", "BILUO": "BILU"}
# BILUO is BIOES under the names that spaCy gives to the tags
BIOES_NAME = {"L": "E", "U": "S"}
OUTSIDE = "O"


def validate_scheme(scheme: str) -> str:
    """RETURNS (str): the scheme, if it is known. Raises a UserError that lists the known ones."""
    if scheme not in PREFIXES:
        raise UserError(f"Unknown tag scheme {scheme!r}: expected one of {', '.join(PREFIXES)}.")
    return scheme


def split_tag(tag: str) -> Tuple[str, str]:
    """RETURNS (Tuple[str, str]): prefix (BILUO read as BIOES) and label of a tag; "O" has no label."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, label = tag.partition("-")
    return BIOES_NAME.get(prefix, prefix), label


@dataclass(frozen=True)
class TagSet:
    """The tags of some labels under one scheme. Tag 0 is O; the tags of a label stand together."""

    scheme: str
    labels: Tuple[str, ...]

    def __post_init__(self) -> None:
        validate_scheme(self.scheme)
        if len(set(self.labels)) != len(self.labels):
            raise UserError(f"Labels must be unique, found {list(self.labels)}.")

    @cached_property
    def tags(self) -> List[str]:
        """The names of the tags in the order of their ids."""
        return [OUTSIDE] + [f"{p}-{label}" for label in self.labels for p in PREFIXES[self.scheme]]

    @cached_property
    def tag_to_id(self) -> dict[str, int]:
        """Name of a tag -> its id."""
        return {tag: i for i, tag in enumerate(self.tags)}

    def __len__(self) -> int:
        return 1 + len(self.labels) * len(PREFIXES[self.scheme])

    @cached_property
    def _prefixes(self) -> NDArray[np.str_]:
        """The prefix of each tag, in BIOES names; Shape: (n_tags,)."""
        return np.array([split_tag(tag)[0] for tag in self.tags])

    @cached_property
    def _same_label(self) -> NDArray[np.bool_]:
        """Whether two tags have the same label; Shape: (n_tags, n_tags)."""
        width = len(PREFIXES[self.scheme])
        label_ids = np.r_[-1, np.repeat(np.arange(len(self.labels)), width)]
        return (label_ids[:, None] == label_ids[None, :]) & (label_ids >= 0)[None, :]

    @cached_property
    def legal(self) -> NDArray[np.bool_]:
        """Whether the column's tag may follow the row's; Shape: (n_tags, n_tags).

        Before the first token and after the last one stands an O.
        """
        if self.scheme in ("IO", "IOB"):
            return np.ones((len(self), len(self)), dtype=bool)
        continues = np.isin(self._prefixes, ("I", "E"))[None, :]
        inside = np.isin(self._prefixes, ("B", "I"))[:, None]
        legal = ~continues | (inside & self._same_label)
        if self.scheme == "IOB2":
            return legal
        return legal & (~inside | (continues & self._same_label))

    @cached_property
    def begins(self) -> NDArray[np.bool_]:
        """Whether an entity begins with the column's tag when the row's stands before it."""
        entity = (self._prefixes != OUTSIDE)[None, :]
        marked = np.isin(self._prefixes, ("B", "S"))[None, :]
        if self.scheme in ("IO", "IOB"):
            return marked | (entity & ~self._same_label)
        return marked & np.ones_like(self._same_label)

    @cached_property
    def finishes(self) -> NDArray[np.bool_]:
        """Whether an entity ends with the row's tag when the column's stands behind it."""
        if self.scheme == "IO":
            return (self._prefixes != OUTSIDE)[:, None] & ~self._same_label
        if self.scheme in ("IOB", "IOB2"):
            goes_on = (self._prefixes == "I")[None, :] & self._same_label
            return (self._prefixes != OUTSIDE)[:, None] & ~goes_on
        return np.isin(self._prefixes, ("E", "S"))[:, None] & np.ones_like(self._same_label)

    def span_tags(self, length: int, label: str) -> List[str]:
        """RETURNS (List[str]): the tags of one entity of ``length`` tokens."""
        if self.scheme == "IO":
            return [f"I-{label}"] * length
        if self.scheme in ("IOB", "IOB2"):
            return [f"B-{label}"] + [f"I-{label}"] * (length - 1)
        first, inner, last, unit = PREFIXES[self.scheme][0], "I", *PREFIXES[self.scheme][2:]
        if length == 1:
            return [f"{unit}-{label}"]
        return [f"{first}-{label}"] + [f"{inner}-{label}"] * (length - 2) + [f"{last}-{label}"]

    def encode(self, spans: Iterable[TokenSpan], n_tokens: int) -> Ints1d:
        """Spans to tag ids.

        spans (Iterable[TokenSpan]): without overlap; their labels are all in this set.
        RETURNS (Ints1d): Shape: (n_tokens,).
        """
        ids = np.zeros(n_tokens, dtype=np.int64)
        for start, end, label in spans:
            tags = self.span_tags(end - start, label)
            ids[start:end] = [self.tag_to_id[tag] for tag in tags]
        return ids

    def decode(self, ids: Ints1d) -> List[TokenSpan]:
        """Legal tag ids to spans, in the order of the text."""
        rows = (column.tolist() for column in self.decode_rows(ids))
        return [TokenSpan(start, end, self.labels[label]) for start, end, label in zip(*rows, strict=True)]

    def decode_rows(self, ids: Ints1d) -> SpanRows:
        """As ``decode``."""
        padded = np.concatenate(([0], ids, [0]))
        starts = np.flatnonzero(self.begins[padded[:-2], padded[1:-1]])
        ends = np.flatnonzero(self.finishes[padded[1:-1], padded[2:]]) + 1
        return SpanRows(starts, ends, (ids[starts] - 1) // len(PREFIXES[self.scheme]))

    def allowed_by_biluo(self, biluo: Sequence[Optional[str]]) -> NDArray[np.bool_]:
        """The tags that spaCy's BILUO annotation allows.

        biluo (Sequence[Optional[str]]): one a token; None, "-" and a label that is not in this set
            are missing annotation.
        RETURNS (NDArray[bool]): Shape: (n_tokens, n_tags); a row of missing annotation is all True.
        """
        ids = np.array([self._id_of_biluo(tag) for tag in biluo], dtype=np.int64)
        allowed = ids[:, None] == np.arange(len(self))[None, :]
        allowed[ids < 0] = True
        if self.scheme == "IOB":
            self._also_inside(allowed, biluo)
        return allowed

    def _also_inside(self, allowed: NDArray[np.bool_], biluo: Sequence[Optional[str]]) -> None:
        """In IOB an entity's first tag may be I- too, unless its label stands right before it."""
        before = ""
        for row, tag in zip(allowed, biluo, strict=True):
            prefix, label = split_tag(tag) if tag else (OUTSIDE, "")
            if prefix in ("B", "S") and label != before and f"I-{label}" in self.tag_to_id:
                row[self.tag_to_id[f"I-{label}"]] = True
            before = label

    def other_beginning(self, tag: int) -> int:
        """RETURNS (int): in IOB the other tag that may begin the same entity; -1 where there is none."""
        if self.scheme != "IOB" or tag == 0:
            return -1
        return tag + 1 if self._prefixes[tag] == "B" else tag - 1

    def _id_of_biluo(self, tag: Optional[str]) -> int:
        if tag == OUTSIDE:
            return 0
        if tag is None or tag[1:2] != "-":
            return -1
        prefix, label = split_tag(tag)
        if self.scheme == "IO":
            prefix = "I"
        elif self.scheme in ("IOB", "IOB2"):
            prefix = {"S": "B", "E": "I"}.get(prefix, prefix)
        elif self.scheme == "BILUO":
            prefix = tag[0]
        return self.tag_to_id.get(f"{prefix}-{label}", -1)

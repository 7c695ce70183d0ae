"""Tag schemes: which tags a set of labels has, which may follow which, annotation to tags, tags to spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..types import Bools1d, Floats, Ints1d, SpanRows

# scheme -> the prefixes of one label's tags; O stands apart.
# IOB is what checkpoints call B- and I- tags without saying whether they mean IOB1 or IOB2: it reads
# both (an entity begins at B-, or at an I- that does not go on with its label) and writes IOB2.
PREFIXES = {"IO": "I", "IOB": "BI", "IOB2": "BI", "BIOES": "BIES", "BILUO": "BILU"}
# BILUO is BIOES under the names that spaCy gives to the tags
BIOES_NAME = {"L": "E", "U": "S"}
OUTSIDE = "O"


def validate_scheme(scheme: str) -> str:
    """RETURNS (str): the scheme. RAISES (UserError): when it is none of the known ones, which are listed."""
    if scheme not in PREFIXES:
        raise UserError(f"Unknown tag scheme {scheme!r}: expected one of {', '.join(PREFIXES)}.")
    return scheme


def split_tag(tag: str) -> tuple[str, str]:
    """RETURNS (tuple[str, str]): prefix (BILUO read as BIOES) and label of a tag; "O" has no label."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, _, label = tag.partition("-")
    return BIOES_NAME.get(prefix, prefix), label


@dataclass(frozen=True)
class TagSet:
    """The tags of some labels under one scheme. Tag 0 is O; the tags of a label stand together."""

    scheme: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        validate_scheme(self.scheme)
        if len(set(self.labels)) != len(self.labels):
            raise UserError(f"Labels must be unique, found {list(self.labels)}.")

    @cached_property
    def tags(self) -> list[str]:
        """The names of the tags in the order of their ids."""
        return [OUTSIDE] + [f"{p}-{label}" for label in self.labels for p in PREFIXES[self.scheme]]

    @cached_property
    def tag_to_id(self) -> dict[str, int]:
        """Name of a tag -> its id."""
        return {tag: i for i, tag in enumerate(self.tags)}

    def __len__(self) -> int:
        return 1 + len(self.labels) * len(PREFIXES[self.scheme])

    @property
    def width(self) -> int:
        """How many tags each label has."""
        return len(PREFIXES[self.scheme])

    @cached_property
    def label_ids(self) -> Ints1d:
        """The index of each tag's label, -1 for O; Shape: (n_tags,)."""
        return np.concatenate(([-1], np.repeat(np.arange(len(self.labels)), self.width)))

    @cached_property
    def inside(self) -> Bools1d:
        """Tags after which an entity may go on, B- and I-; Shape: (n_tags,)."""
        return self._by_prefix("BI")

    @cached_property
    def continues(self) -> Bools1d:
        """Tags with which an entity may go on, I- and E-; Shape: (n_tags,)."""
        return self._by_prefix("IE")

    @cached_property
    def leaves(self) -> Bools1d:
        """Tags after which an entity need not go on; Shape: (n_tags,)."""
        return ~self.inside if self.scheme in ("BIOES", "BILUO") else np.ones(len(self), dtype=bool)

    @cached_property
    def enters(self) -> Bools1d:
        """Tags with which no entity need go on; Shape: (n_tags,)."""
        return np.ones(len(self), dtype=bool) if self.scheme in ("IO", "IOB") else ~self.continues

    def _by_prefix(self, prefixes: str) -> Bools1d:
        of_label = [BIOES_NAME.get(prefix, prefix) in prefixes for prefix in PREFIXES[self.scheme]]
        return np.array([False, *of_label * len(self.labels)])

    def goes_on(self, before: Ints1d, after: Ints1d) -> Bools1d:
        """Whether one entity has both of two neighboring tags. The arguments are ids, of shapes that fit together."""
        same_label: Bools1d = self.label_ids[before] == self.label_ids[after]
        return self.inside[before] & self.continues[after] & same_label

    def legal(self, before: Ints1d, after: Ints1d) -> Bools1d:
        """Whether a tag may follow another one; arguments as in ``goes_on``.

        Before the first token and after the last one stands an O.
        """
        return (self.leaves[before] & self.enters[after]) | self.goes_on(before, after)

    def clear_before(self, rows: Floats, tags: Ints1d) -> None:
        """Set to 0 in each row what an entity would go on from to that row's tag.

        rows (Floats): changed in place; Shape: (n, n_tags).
        tags (Ints1d): Shape: (n,).
        """
        self._clear(rows, tags, self.continues, self.inside)

    def clear_after(self, rows: Floats, tags: Ints1d) -> None:
        """Set to 0 in each row what an entity would go on to from that row's tag; arguments as in ``clear_before``."""
        self._clear(rows, tags, self.inside, self.continues)

    def _clear(self, rows: Floats, tags: Ints1d, here: Bools1d, there: Bools1d) -> None:
        chosen = np.flatnonzero(here[tags])
        first_of_label = 1 + self.label_ids[tags[chosen]] * self.width
        for place in np.flatnonzero(there[1 : 1 + self.width]):
            rows[chosen, first_of_label + place] = 0

    def decode(self, ids: Ints1d) -> SpanRows:
        """Legal tag ids to spans, in the order of the text."""
        padded = np.concatenate(([0], ids, [0]))
        goes_on = self.goes_on(padded[:-1], padded[1:])
        starts = np.flatnonzero((ids > 0) & ~goes_on[:-1])
        ends = np.flatnonzero((ids > 0) & ~goes_on[1:]) + 1
        return SpanRows(starts, ends, self.label_ids[ids[starts]])

    def allowed_by_biluo(self, biluo: Sequence[str | None]) -> NDArray[np.bool_]:
        """The tags that spaCy's BILUO annotation allows.

        biluo (Sequence[str | None]): one a token; None, "-" and a label that is not in this set
            are missing annotation.
        RETURNS (NDArray[bool]): Shape: (n_tokens, n_tags); a row of missing annotation is all True.
        """
        ids = self.ids_by_biluo(biluo)
        allowed = np.zeros((len(ids), len(self)), dtype=bool)
        allowed[np.arange(len(ids)), ids] = True
        allowed[ids < 0] = True
        ambiguous = self._ambiguous(biluo, ids)
        allowed[ambiguous, self.other_beginning(ids[ambiguous])] = True
        return allowed

    def single_by_biluo(self, biluo: Sequence[str | None]) -> Ints1d:
        """The tag of each token that spaCy's BILUO annotation allows one tag alone, and -1 for the others; arguments
        as in ``allowed_by_biluo``."""
        ids = self.ids_by_biluo(biluo)
        ids[self._ambiguous(biluo, ids)] = -1
        return ids

    def _ambiguous(self, biluo: Sequence[str | None], ids: Ints1d) -> Ints1d:
        """Tokens with the first tag of an entity, which in IOB may be I- too unless its label stands before it."""
        if self.scheme != "IOB":
            return np.zeros(0, dtype=np.int64)
        labels = ["", *(split_tag(tag)[1] if tag else "" for tag in biluo)]
        begins = [
            i for i in np.flatnonzero(ids > 0) if not self.continues[ids[i]] and labels[i] != labels[i + 1]
        ]
        return np.array(begins, dtype=np.int64)

    def other_beginning(self, tags: Ints1d) -> Ints1d:
        """RETURNS (Ints1d): in IOB the other tag that may begin the same entity, for tags that begin one."""
        return tags + np.where(self.continues[tags], -1, 1)

    def ids_by_biluo(self, biluo: Sequence[str | None]) -> Ints1d:
        """The tags of spaCy's BILUO annotation, -1 where it is missing; Shape: (n_tokens,)."""
        return np.array([self._id_of_biluo(tag) for tag in biluo], dtype=np.int64)

    def _id_of_biluo(self, tag: str | None) -> int:
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


class HeadLabels(NamedTuple):
    """The rows of a head that was trained elsewhere, read as tags."""

    names: tuple[str, ...]  # the checkpoint's own names or those of --map, in the order of its rows
    tag_set: TagSet
    rows: tuple[int, ...]  # for each tag of tag_set the checkpoint's row, or -1 where it has none

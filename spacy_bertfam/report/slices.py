"""Scores of parts of the entities: by label, by length, by what was seen in training, by place, by kind of document."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from spacy.tokens import Doc

from ..errors import UserError
from .bootstrap import Floats, intervals, prf
from .outcomes import RIGHT, Entity, Outcome

Key = Callable[[int, Entity], str]  # index of the document, an entity of either side -> name of a row
LENGTHS = ("1", "2", "3", "4+")  # tokens of an entity
PLACES = ("beginning", "middle", "end")  # thirds of the document
DOC_LENGTHS = ("1-25", "26-100", "101-500", "501+")  # tokens of a document
LONGEST = (26, 101, 501)
SEEN, SEEN_OTHERWISE, UNSEEN = SEENS = ("seen", "seen_otherwise", "unseen")
N_VALUES = 20
ALL, OTHERS, NO_VALUE = "all", "others", "no_value"
NO_ANSWER = "no_answer"  # to a question
OTHER_QUESTION = "…"
# Rows with a name in every language
NAMED = (ALL, *SEENS, *PLACES, OTHERS, NO_VALUE, NO_ANSWER)
# Where rows are named by the data, those that are not
BUILT_IN: dict[str, tuple[str, ...]] = {"label": (), "field": (OTHERS, NO_VALUE)}
WAYS = ("label", "length", "training", "place", "doc_length", "field")


class Slice(NamedTuple):
    """The entities in rows, each entity in one."""

    name: str
    rows: list[str]
    counts: Floats  # right, predicted, gold; Shape: (n_docs, n_rows, 3)
    ends: Floats  # of the intervals of precision, recall and F1; Shape: (2, n_rows, 3)

    def scores(self) -> Floats:
        """RETURNS (Floats): precision, recall and F1 of each row, Shape: (n_rows, 3)."""
        return prf(self.counts.sum(axis=0))


def count_rows(outcomes: Sequence[Sequence[Outcome]], key: Key) -> dict[str, Floats]:
    """RETURNS (dict[str, Floats]): row -> right, predicted and gold entities of each document, Shape: (n_docs, 3)."""
    counts: defaultdict[str, Floats] = defaultdict(lambda: np.zeros((len(outcomes), 3), dtype=np.float32))
    for i, of_doc in enumerate(outcomes):
        for kind, gold, predicted in of_doc:
            if gold is not None:
                counts[key(i, gold)][i] += (kind == RIGHT, 0, 1)
            if predicted is not None:
                counts[key(i, predicted)][i] += (0, 1, 0)
    return dict(counts)


def make_slice(
    name: str, outcomes: Sequence[Sequence[Outcome]], key: Key, order: Sequence[str] = (), *, seed: int = 0
) -> Slice:
    """RETURNS (Slice): its rows in that order, and after it the one with most entities first."""
    found = count_rows(outcomes, key)
    rows = in_order({row: counted.sum() for row, counted in found.items()}, order)
    none = np.zeros((len(outcomes), 0, 3), dtype=np.float32)
    counts = np.stack([found[row] for row in rows], axis=1) if rows else none
    return Slice(name, rows, counts, intervals(counts, seed=seed))


def make_slices(
    outcomes: Sequence[Sequence[Outcome]],
    docs: Sequence[Doc],
    *,
    train: Iterable[Doc] | None = None,
    field: str | None = None,
    seed: int = 0,
) -> list[Slice]:
    """Part the entities in all ways.

    docs (Sequence[Doc]): the gold ones.
    train (Iterable[Doc] | None): annotated, as in training; an entity is seen when one of the same characters with
        the same label is in it.
    field (str | None): a key of ``doc.user_data``, or an extension of the Doc.
    RAISES (UserError): when no Doc has the field.
    """

    def length(i: int, ent: Entity) -> str:
        return length_row(ent.end - ent.start)

    def place(i: int, ent: Entity) -> str:
        return place_row(ent.start, len(docs[i]))

    def doc_length(i: int, ent: Entity) -> str:
        return doc_length_row(len(docs[i]))

    ways: list[tuple[str, Key, Sequence[str]]] = [
        (ALL, lambda i, ent: ALL, ()),
        ("label", lambda i, ent: ent.label, ()),
        ("length", length, LENGTHS),
    ]
    if train is not None:
        ways.append(("training", _seen_in(train, docs), SEENS))
    ways += [("place", place, PLACES), ("doc_length", doc_length, DOC_LENGTHS)]
    if field is not None:
        values = field_values(docs, field)
        ways.append(("field", lambda i, ent: values[i], ()))
    return [make_slice(name, outcomes, key, order, seed=seed) for name, key, order in ways]


def in_order(sizes: Mapping[str, float], order: Sequence[str]) -> list[str]:
    """RETURNS (list[str]): the rows in that order, and after it the largest first."""
    place = {row: i for i, row in enumerate(order)}
    return sorted(sizes, key=lambda row: (place.get(row, len(place)), -sizes[row], row))


def length_row(n_tokens: int) -> str:
    """RETURNS (str): the row of a span of so many tokens."""
    return LENGTHS[min(n_tokens, len(LENGTHS)) - 1]


def place_row(start: int, n_tokens: int) -> str:
    """RETURNS (str): the third of a text of so many tokens that one of them is in."""
    return PLACES[len(PLACES) * start // n_tokens]


def doc_length_row(n_tokens: int) -> str:
    """RETURNS (str): the row of a text of so many tokens."""
    return DOC_LENGTHS[bisect_right(LONGEST, n_tokens)]


def quoted(value: str, taken: Sequence[str]) -> str:
    """RETURNS (str): a value as the name of a row, in quotes where a row of another meaning has its name."""
    return f'"{value}"' if value in taken else value


def _seen_in(train: Iterable[Doc], docs: Sequence[Doc]) -> Key:
    pairs = {(ent.text, ent.label_) for doc in train for ent in doc.ents}
    texts = {text for text, _ in pairs}

    def seen(i: int, ent: Entity) -> str:
        text = docs[i][ent.start : ent.end].text
        return SEEN if (text, ent.label) in pairs else SEEN_OTHERWISE if text in texts else UNSEEN

    return seen


def field_values(docs: Sequence[Doc], field: str) -> list[str]:
    """RETURNS (list[str]): the value of each document; the rarer of many are one."""
    # spaCy keeps the values of extensions there, whether they are registered here or not
    extension: Any = ("._.", field, None, None)
    said = [doc.user_data.get(field, doc.user_data.get(extension)) for doc in docs]
    if all(value is None for value in said):
        raise UserError(
            f"--by: none of the {len(docs)} texts has a field {field!r}; expected one that the texts have, or file."
        )
    found = [NO_VALUE if value is None else quoted(str(value), BUILT_IN["field"]) for value in said]
    common = {value for value, _ in Counter(found).most_common(N_VALUES)}
    return [value if value in common else OTHERS for value in found]

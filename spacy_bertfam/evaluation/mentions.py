"""Mentions of one name in a document that disagree: found once and missed the next time, or found with two labels."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from spacy.tokens import Doc


class Repeated(NamedTuple):
    """Names that a Doc has at least twice, and those of them whose mentions disagree."""

    n_names: int
    n_disagreeing: int


def repeated_names(docs: Iterable[Doc]) -> Repeated:
    """Count the names that are found as an entity at least once and stand in their Doc at least twice.

    A mention is the same sequence of characters on token borders; one within a longer entity ("Lyon" in "Olympique
    de Lyon") is another name. Where the context makes a name two things, mentions disagree rightly: the figure
    compares pipelines on the same texts, and gold with predictions.
    """
    n_names = n_disagreeing = 0
    for doc in docs:
        found = {(ent.start_char, ent.end_char): ent.label_ for ent in doc.ents}
        inside = {place for start, end in found for place in range(start, end)}
        for name in {ent.text for ent in doc.ents}:
            places = (match.span() for match in re.finditer(re.escape(name), doc.text))
            free = (p for p in places if p in found or (inside.isdisjoint(range(*p)) and doc.char_span(*p)))
            labels = [found.get(place) for place in free]
            n_names += len(labels) > 1
            n_disagreeing += len(set(labels)) > 1
    return Repeated(n_names, n_disagreeing)

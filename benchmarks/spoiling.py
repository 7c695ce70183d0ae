"""Gold spoiled on purpose: a share of the entities of a corpus is relabeled, moved, removed or made up."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc, Span

KINDS = ("relabeled", "moved", "removed", "added")


class Spoiled(NamedTuple):
    """A mistake that was made."""

    text: int  # index of the Doc
    kind: str
    start: int  # first token of what was there before or is there now
    end: int  # token after the last


def spoil(docs: Sequence[Doc], share: float, *, seed: int) -> list[Spoiled]:
    """Spoil the Docs in place, one entity in ``1 / share``; a quarter of the mistakes is of each kind.

    RETURNS (list[Spoiled]): the mistakes, as many as ``share`` of the entities, rounded.
    """
    rng = random.Random(seed)
    labels = sorted({ent.label_ for doc in docs for ent in doc.ents})
    n_wanted = round(share * sum(len(doc.ents) for doc in docs))
    places = [(i, k) for i, doc in enumerate(docs) for k in range(len(doc.ents))]
    rng.shuffle(places)
    found: list[Spoiled] = []
    taken: set[int] = set()  # one mistake a text, so that one cannot be taken for another
    for i, k in places:
        if len(found) == n_wanted:
            break
        if i in taken:
            continue
        kind, ents = KINDS[len(found) % len(KINDS)], list(docs[i].ents)
        choices = [] if kind == "removed" else changes(kind, ents[k], labels)
        if not choices and kind != "removed":
            continue
        new = []
        if choices:
            start, end, label = rng.choice(choices)
            new = [Span(docs[i], start, end, label=label or rng.choice(labels))]
        old = [] if kind == "added" else [ents[k]]
        docs[i].set_ents([ent for ent in ents if ent not in old] + new)
        found.append(Spoiled(i, kind, min(e.start for e in old + new), max(e.end for e in old + new)))
        taken.add(i)
    return found


def changes(kind: str, ent: Span, labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """RETURNS (list[tuple[int, int, str]]): what may stand in an entity's place, or, where one is added, in the same
    text; first token, token after the last, label, or "" for any. None where this cannot be done to it."""
    doc, start, end = ent.doc, ent.start, ent.end
    if kind == "relabeled":
        return [(start, end, label) for label in labels if label != ent.label_]
    others = {token.i for one in doc.ents if one != ent for token in one}
    if kind == "added":
        taken = others.union(range(start, end))
        return [(token.i, token.i + 1, "") for token in doc if token.is_alpha and token.i not in taken]
    # one border by one token, in or out
    moved = [(start - 1, end), (start + 1, end), (start, end - 1), (start, end + 1)]
    return [
        (first, after, ent.label_) for first, after in moved
        if 0 <= first < after <= len(doc) and not others.intersection(range(first, after))
        and not any(doc[i].is_space for i in (first, after - 1))
    ]  # fmt: skip

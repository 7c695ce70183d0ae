"""`spacy-bertfam.MixedCorpus.v1`: several corpora that know different things, for heads on one encoder."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Dict, List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import DataError

Reader = Callable[[Language], Iterable[Example]]
# What a corpus can be silent about, and how a Doc comes to lack it
FORGET: Dict[str, Callable[[Doc], None]] = {
    "ents": lambda doc: doc.set_ents([], default="missing"),
    "cats": lambda doc: doc.cats.clear(),
    "spans": lambda doc: doc.spans.clear(),
}


def build_mixed_corpus(
    parts: Dict[str, Any],  # confection checks a nested block against its type before it is resolved
    repeat: Optional[Dict[str, int]] = None,
    silent: Optional[Dict[str, List[str]]] = None,
) -> Callable[[Language], Iterator[Example]]:
    """Make a reader that goes through several corpora at once, evenly mixed.

    What a Doc has no annotation of teaches nothing: neither its heads nor its entities are wrong where they are
    missing. So a treebank without entities and a corpus of entities alone train one pipeline.

    parts (Dict[str, Reader]): name -> a corpus reader, of spaCy or of this package.
    repeat (Optional[Dict[str, int]]): name -> how often it is read in one epoch; others once. A small corpus beside
        a large one wants more than 1; 0 leaves it out.
    silent (Optional[Dict[str, List[str]]]): name -> annotation that this corpus has and does not know: "ents",
        "cats", "spans". A treebank whose converter wrote O on every token is silent about "ents".
    RAISES (DataError): a name that is none of the parts', an unknown kind of annotation, or no part at all.
    """
    repeat, silent = dict(repeat or {}), dict(silent or {})
    if not parts:
        raise DataError(
            "the mixed corpus has no parts; expected a block such as [corpora.train.parts.syntax]."
        )
    _check(parts, repeat, silent)

    def read(nlp: Language) -> Iterator[Example]:
        corpora = []
        for name, reader in parts.items():
            examples = [_without(eg, silent.get(name, [])) for eg in reader(nlp)]
            if not examples:
                raise DataError(
                    f"part {name!r} of the mixed corpus is empty; expected at least one Doc in it."
                )
            corpora.append(examples * repeat.get(name, 1))
        yield from evenly(corpora)

    return read


def evenly(corpora: List[List[Example]]) -> Iterator[Example]:
    """Everything in all of them, each in its order and spread over the whole."""
    places = [((i + 0.5) / len(corpus), n, i) for n, corpus in enumerate(corpora) for i in range(len(corpus))]
    for _, n, i in sorted(places):
        yield corpora[n][i]


def _without(eg: Example, kinds: List[str]) -> Example:
    for kind in kinds:
        FORGET[kind](eg.reference)
    return eg


def _check(parts: Dict[str, Reader], repeat: Dict[str, int], silent: Dict[str, List[str]]) -> None:
    for setting, names in (("repeat", repeat), ("silent", silent)):
        unknown = sorted(set(names) - set(parts))
        if unknown:
            expected = f"expected a part: {', '.join(parts)}"
            raise DataError(f"{setting} of the mixed corpus names {', '.join(unknown)}; {expected}.")
    for name, times in repeat.items():
        if times < 0:
            raise DataError(f"repeat.{name} of the mixed corpus is {times}; expected 0 or more.")
    for name, kinds in silent.items():
        unknown = sorted(set(kinds) - set(FORGET))
        if unknown:
            found = f"silent.{name} of the mixed corpus has {', '.join(unknown)}"
            raise DataError(f"{found}; expected some of {', '.join(FORGET)}.")

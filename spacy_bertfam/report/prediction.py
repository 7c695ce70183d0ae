"""What a pipeline, or a file of predictions, says of annotated texts; with the time that it took."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..errors import UserError
from ..evaluation.mentions import Repeated, repeated_names
from .outcomes import Outcome, gold_entities, pair_entities, predicted_entities

BATCH_SIZE = 256  # Docs


@dataclass
class Prediction:
    """Of the same texts in the same order, whoever predicts.

    outcomes: one list a text; None where there is no prediction of it.
    n_left_out (int): predicted entities whose tokens have no gold annotation.
    seconds, cpu_seconds (float): of the prediction alone; 0 of a file.
    n_bytes (int): of the pipeline on the disk.
    """

    name: str
    outcomes: list[list[Outcome] | None] = field(default_factory=list)
    repeated: Repeated = field(default_factory=lambda: Repeated(0, 0))
    n_left_out: int = 0
    n_tokens: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    n_bytes: int = 0


def predict(
    nlp: Language, references: Sequence[Doc], name: str, *, rename: Mapping[str, str], progress: bool = False
) -> Prediction:
    """Read the texts as spaCy's `evaluate` does, tokenized anew.

    rename (Mapping[str, str]): label of the pipeline -> label of the gold annotation; "O" drops it.
    progress (bool): show on standard error how far it is.
    """
    found = Prediction(name, n_tokens=sum(map(len, references)), n_bytes=_size(nlp))
    nlp(references[0].text)  # an engine prepares itself
    docs = nlp.pipe((doc.text for doc in references), batch_size=BATCH_SIZE)
    shown = tqdm(_timed(docs, found), desc=name, total=len(references), unit=" texts", disable=not progress)
    return _compared(found, shown, references, rename)


def match_predictions(
    docs: Iterable[Doc], references: Sequence[Doc], name: str, *, rename: Mapping[str, str]
) -> Prediction:
    """Find each text among Docs of predictions, by its characters but for spaces.

    RAISES (UserError): when none is found.
    """
    by_text = {_bare(doc): doc for doc in docs}
    matched = [by_text.get(_bare(doc)) for doc in references]
    if not any(doc is not None for doc in matched):
        raise UserError(
            f"{name} has predictions for none of the {len(references)} texts: expected the same texts, with the "
            "predicted entities as their annotation."
        )
    return _compared(Prediction(name), matched, references, rename)


def _compared(
    found: Prediction, docs: Iterable[Doc | None], references: Sequence[Doc], rename: Mapping[str, str]
) -> Prediction:
    for doc, reference in zip(docs, references, strict=True):
        if doc is None:
            found.outcomes.append(None)
            continue
        entities = list(predicted_entities(Example(doc, reference), rename))
        known = [ent for ent in entities if ent is not None]
        found.n_left_out += len(entities) - len(known)
        found.outcomes.append(pair_entities(gold_entities(reference), known))
        names = repeated_names([doc])
        found.repeated = Repeated(*map(sum, zip(found.repeated, names, strict=True)))
    return found


def _timed(docs: Iterator[Doc], found: Prediction) -> Iterator[Doc]:
    """Count the time within the pipeline, not that of what is done with its Docs."""
    while True:
        wall, cpu = time.perf_counter(), time.process_time()
        doc = next(docs, None)
        found.seconds += time.perf_counter() - wall
        found.cpu_seconds += time.process_time() - cpu
        if doc is None:
            return
        yield doc


def _bare(doc: Doc) -> str:
    return doc.text.replace(" ", "")  # as spaCy's alignment compares


def _size(nlp: Language) -> int:
    path = Path(nlp.path) if nlp.path else None
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) if path else 0

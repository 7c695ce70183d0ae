"""What a pipeline, or a file of predictions, says of annotated texts; with the time that it took."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..errors import UserError
from ..evaluation.mentions import Repeated, repeated_names
from ..pipeline.find import n_bytes_of
from .outcomes import AnswerScore, Outcome, gold_entities, pair_entities, predicted_entities

BATCH_SIZE = 256  # Docs
T = TypeVar("T")


@dataclass
class Prediction:
    """Of the same texts in the same order, whoever predicts.

    outcomes: one list a text; None where there is no prediction of it.
    n_left_out (int): predicted entities whose tokens have no gold annotation. n_lost (int): those of a file that share
        tokens with another.
    seconds, cpu_seconds (float): of the prediction alone; 0 of a file.
    n_bytes (int): of the pipeline on the disk.
    answer_scores: of questions, one of each.
    """

    name: str
    outcomes: list[list[Outcome] | None] = field(default_factory=list)
    repeated: Repeated = field(default_factory=lambda: Repeated(0, 0))
    n_left_out: int = 0
    n_lost: int = 0
    n_tokens: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    n_bytes: int = 0
    answer_scores: list[AnswerScore] = field(default_factory=list)


def predict(
    nlp: Language, references: Sequence[Doc], name: str, *, rename: Mapping[str, str], progress: bool = False
) -> Prediction:
    """Read the texts as spaCy's `evaluate` does, tokenized anew.

    rename (Mapping[str, str]): label of the pipeline -> label of the gold annotation; "O" drops it.
    RAISES (UserError): when the pipeline has not a label of ``rename``.
    progress (bool): show on standard error how far it is.
    """
    found = Prediction(name, n_tokens=sum(map(len, references)), n_bytes=n_bytes_of(nlp))
    nlp(references[0].text)  # an engine prepares itself
    docs = nlp.pipe((doc.text for doc in references), batch_size=BATCH_SIZE)
    shown = tqdm(timed(docs, found), desc=name, total=len(references), unit=" texts", disable=not progress)
    known = {label for labels in nlp.pipe_labels.values() for label in labels}
    return _compared(found, shown, references, rename, known)


def match_predictions(
    docs: Iterable[Doc], references: Sequence[Doc], name: str, *, rename: Mapping[str, str], n_lost: int = 0
) -> Prediction:
    """Find each text among Docs of predictions, by its characters but for spaces; of equal texts the first takes
    the first, and the last Doc stays for all that follow.

    RAISES (UserError): when none is found, or they have not a label of ``rename``.
    """
    by_text: dict[str, deque[Doc]] = {}
    for doc in docs:
        by_text.setdefault(_bare(doc), deque()).append(doc)
    same = [by_text.get(_bare(doc)) for doc in references]
    matched = [None if found is None else found.popleft() if len(found) > 1 else found[0] for found in same]
    if not any(doc is not None for doc in matched):
        raise UserError(
            f"{name} has predictions for none of the {len(references)} texts: expected the same texts, with the "
            "predicted entities as their annotation."
        )
    return _compared(Prediction(name, n_lost=n_lost), matched, references, rename)


def _compared(
    found: Prediction, docs: Iterable[Doc | None], references: Sequence[Doc], rename: Mapping[str, str],
    known: Iterable[str] = (),
) -> Prediction:  # fmt: skip
    """RAISES (UserError): when a label of ``rename`` is none of the known ones and none that is predicted."""
    labels = set(known)
    for doc, reference in zip(docs, references, strict=True):
        if doc is None:
            found.outcomes.append(None)
            continue
        labels |= {ent.label_ for ent in doc.ents}
        entities = list(predicted_entities(Example(doc, reference), rename))
        counted = [ent for ent in entities if ent is not None]
        found.n_left_out += len(entities) - len(counted)
        found.outcomes.append(pair_entities(gold_entities(reference), counted))
        names = repeated_names([doc])
        found.repeated = Repeated(*map(sum, zip(found.repeated, names, strict=True)))
    if absent := sorted(set(rename) - labels):
        raise UserError(
            f"--map: {found.name} has no label {', '.join(absent)}; expected one of {', '.join(sorted(labels))}."
        )
    return found


def timed(docs: Iterator[T], found: Prediction) -> Iterator[T]:
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

"""Entities of a spaCy pipeline beside those of transformers' pipeline("ner") with the same weights."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import spacy

from benchmarks.tables import Row
from spacy_bertfam.hub.export_hf import export_hf
from spacy_bertfam.hub.import_hf import import_hf

N_TEXTS, N_DOCUMENTS = 500, 20
N_EXAMPLES, CONTEXT = 10, 30
Entities = set[tuple[int, int, str]]


def parity_rows(model: Path, texts: Path, *, lang: str) -> list[Row]:
    """Export the pipeline, open it with transformers and with ``import_hf``, and count what both find.

    texts (Path): documents as JSON lines.
    RETURNS (list[Row]): how many entities are equal, are found here alone, and there alone; then examples.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "exported"
        export_hf(spacy.load(model), folder)
        nlp = import_hf(str(folder), lang=lang)
        read = pipeline_of(folder)
        n_equal, here, there = 0, [], []
        for doc in nlp.pipe(read_texts(texts), batch_size=16):
            ours = {(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents}
            theirs = read(doc.text)
            n_equal += len(ours & theirs)
            here += [in_context(doc.text, entity) for entity in sorted(ours - theirs)]
            there += [in_context(doc.text, entity) for entity in sorted(theirs - ours)]
    counts: list[Row] = [{"": "equal", "entities": n_equal, "as": ""}]
    for name, found in (("here alone", here), ("there alone", there)):
        counts.append({"": name, "entities": len(found), "as": "; ".join(found[:N_EXAMPLES])})
    return counts


def pipeline_of(folder: Path) -> Callable[[str], Entities]:
    """RETURNS (Callable): a text -> its entities by transformers, whose words take the tag of their first piece."""
    from transformers import pipeline

    tagger = pipeline("ner", model=str(folder), aggregation_strategy="first", stride=32, device="cpu")

    def read(text: str) -> Entities:
        found = tagger(text)
        return {trimmed(text, e["start"], e["end"], e["entity_group"]) for e in found}

    return read


def trimmed(text: str, start: int, end: int, label: str) -> tuple[int, int, str]:
    """The entity without white space before it, which SentencePiece's offsets take in."""
    return end - len(text[start:end].lstrip()), end, label


def in_context(text: str, entity: tuple[int, int, str]) -> str:
    """RETURNS (str): the entity with its label and what stands around it."""
    start, end, label = entity
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    return f"{before}[{text[start:end]}]{label}{after}".replace("\n", " ").replace("|", "/")


def read_texts(path: Path) -> list[str]:
    """Whole documents, the longest, then paragraphs of the others, in the order of the file."""
    documents = [json.loads(line)["text"] for line in path.read_text(encoding="utf8").splitlines() if line]
    long = sorted(documents, key=len, reverse=True)[:N_DOCUMENTS]
    parts = (part.strip() for text in documents if text not in long for part in text.split("\n\n"))
    return [*long, *filter(None, parts)][:N_TEXTS]

"""Our side of a comparison of speed, and what the other systems are built from."""

import json
from pathlib import Path

import spacy
from spacy.tokens import DocBin

from benchmarks.corpus import convert_parts, find_parts, read_docs
from benchmarks.system import ANY_LENGTH, System
from spacy_bertfam.hub.export_hf import export_hf


def prepare(trained: Path, corpus: Path, work: Path, lang: str, *, unit: str, n_docs: int | None) -> int:
    """Leave in ``work`` what the other systems are built from: texts, annotated sentences, the classifier.

    unit (str): what is read of the dev part: "doc", "paragraph" or "sentence".
    n_docs (int | None): the first of them alone; None is all.
    RETURNS (int): the number of words that are read.
    """
    parts = find_parts(corpus, ["dev"])
    docs = read_docs(convert_parts(parts, work, lang=lang, unit=unit)["dev"], lang)[:n_docs]
    gold = read_docs(convert_parts(parts, work, lang=lang, unit="sentence")["dev"], lang)
    (work / "texts.json").write_text(json.dumps([doc.text for doc in docs]), encoding="utf8")
    DocBin(docs=gold, attrs=["ENT_IOB", "ENT_TYPE"]).to_disk(work / "gold.spacy")
    if not (work / "classifier" / "model.safetensors").is_file():
        export_hf(spacy.load(trained), work / "classifier")
    return sum(map(len, docs))


def ours(trained: Path) -> System:
    """RETURNS (Callable): spacy-bertfam, for texts of any length."""
    nlp = spacy.load(trained)
    nlp.max_length = ANY_LENGTH
    return lambda texts: list(nlp.pipe(texts))

"""Our side of a comparison of speed, and what the other systems are built from."""

import json
from pathlib import Path
from typing import Any, List, Optional

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from benchmarks.corpus import convert_parts, find_parts, read_docs
from benchmarks.export import export_classifier
from benchmarks.foreign import ANY_LENGTH, System


def prepare(
    trained: Path, corpus: Path, work: Path, lang: str, *, unit: str = "doc", n_docs: Optional[int] = None
) -> List[Doc]:
    """Leave in ``work`` what the other systems are built from: texts, annotated sentences, the classifier.

    unit (str): what is read: "doc", "paragraph" or "sentence".
    n_docs (Optional[int]): the first of them alone; None is all.
    RETURNS (List[Doc]): the annotated documents, or sentences, of the dev part.
    """
    parts = find_parts(corpus, ["dev"])
    docs = read_docs(convert_parts(parts, work, lang=lang, unit=unit)["dev"], lang)[:n_docs]
    gold = read_docs(convert_parts(parts, work, lang=lang, unit="sentence")["dev"], lang)
    (work / "texts.json").write_text(json.dumps([doc.text for doc in docs]), encoding="utf8")
    DocBin(docs=gold, attrs=["ENT_IOB", "ENT_TYPE"]).to_disk(work / "gold.spacy")
    if not (work / "classifier" / "model.safetensors").is_file():
        export_classifier(spacy.load(trained), work / "classifier")
    return docs


def ours(trained: Path, **settings: Any) -> System:
    """spacy-bertfam. settings (Any): of the encoder, as window=510."""
    nlp = load_with(trained, **settings)
    return lambda texts: list(nlp.pipe(texts))


def load_with(trained: Path, **settings: Any) -> Language:
    """RETURNS (Language): the trained pipeline with other settings of its encoder."""
    nlp = spacy.load(trained, config={f"components.encoder.model.{k}": v for k, v in settings.items()})
    nlp.max_length = ANY_LENGTH
    return nlp

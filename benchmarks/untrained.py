"""A pipeline around any encoder with a head that has learned nothing: enough to measure speed and memory."""

from collections.abc import Sequence
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Span
from spacy.training import Example

LABELS = ("Date", "Event", "Hour", "Location", "Organization", "Person", "Product")


def make_untrained(encoder: Path, *, lang: str = "fr", labels: Sequence[str] = LABELS) -> Language:
    """Tokenizer, shared encoder "encoder", recognizer "ner" and cleaner; BIOES over ``labels``.

    encoder (Path): a Hugging Face folder.
    """
    nlp = spacy.blank(lang)
    model = {"@architectures": "spacy-bertfam.Encoder.v1", "name": str(encoder)}
    nlp.add_pipe("bertfam_encoder", name="encoder", config={"model": model})
    nlp.add_pipe("bertfam_ner", name="ner")
    nlp.add_pipe("bertfam_cleaner", name="cleaner")
    doc = nlp.make_doc(" ".join(["mot"] * len(labels)))
    doc.set_ents([Span(doc, i, i + 1, label=label) for i, label in enumerate(labels)])
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc)])
    return nlp


def find_or_make(encoder: Path, folder: Path, *, lang: str, n_labels: int) -> Path:
    """RETURNS (Path): ``folder``, with an untrained pipeline in it."""
    labels = (*LABELS, *(f"Label{n}" for n in range(len(LABELS), n_labels)))[:n_labels]
    if not (folder / "config.cfg").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        make_untrained(encoder, lang=lang, labels=labels).to_disk(folder)
    return folder

"""edsnlp on the same encoder: `eds.transformer` with `eds.ner_crf`, whose head learns for a few steps."""

import warnings
from pathlib import Path
from typing import Any

from spacy.tokens import DocBin

from benchmarks.system import System

N_STEPS, BATCH = 30, 8


def edsnlp_system(work: Path, lang: str, *, bf16: bool) -> System:
    """The classifier's encoder as it is, and a CRF; windows, batches and tokenizer as they are without settings.

    bf16 (bool): edsnlp's default, which is torch's autocast, also on a CPU; else all is float32.
    """
    import edsnlp
    import edsnlp.pipes as eds

    nlp: Any = edsnlp.blank("eds")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of weights that the classifier has and the encoder does not
        embedding = eds.transformer(model=str(work / "classifier"))
        nlp.add_pipe(eds.ner_crf(mode="joint", target_span_getter=["ents"], embedding=embedding), name="ner")
    docs = list(DocBin().from_disk(work / "gold.spacy").get_docs(nlp.vocab))
    nlp.post_init(docs)
    _teach(nlp.get_pipe("ner"), docs)
    nlp.train(False)
    return lambda texts: list(nlp.pipe(texts).set_processing(autocast=bf16))


def _teach(ner: Any, docs: list) -> None:
    """The head alone: edsnlp's own trainer wants files, and teaches the encoder too."""
    import torch

    ner.embedding.requires_grad_(False)
    optimizer = torch.optim.Adam([p for p in ner.parameters() if p.requires_grad], lr=0.01)
    ner.train()
    for step in range(N_STEPS):
        start = step * BATCH % max(1, len(docs) - BATCH)
        batch = ner.prepare_batch(docs[start : start + BATCH], supervision=True)
        optimizer.zero_grad()
        ner(batch)["loss"].backward()
        optimizer.step()

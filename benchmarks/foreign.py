"""Other systems on the same weights: built in environments of their own, without this package."""

from functools import partial
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from benchmarks.curated import curated_system
from benchmarks.eds import edsnlp_system
from benchmarks.system import ANY_LENGTH, Build, System, teach_head, transition_ner

TRF_CONFIG: dict[str, Any] = {
    "max_batch_items": 4096,
    "model": {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "tokenizer_config": {"use_fast": True},
        "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
    },
}
# grad_factor 0 keeps the encoder's weights as they are while the head learns a little
LISTENER: dict[str, Any] = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 0.0,
    "pooling": {"@layers": "reduce_mean.v1"},
    "upstream": "*",
}
TRF_NER = transition_ner(LISTENER)
TRF_LINEAR: dict[str, Any] = {"model": {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": LISTENER}}


def spacy_transformers(work: Path, lang: str, head: dict[str, Any] = TRF_NER) -> System:
    """spacy-transformers with a transition-based NER, or with a linear layer for each token's tag."""
    folder = work / ("trf" if head is TRF_NER else "trf_linear")
    if not (folder / "config.cfg").is_file():
        make_trf(work / "classifier", work / "gold.spacy", head, lang=lang).to_disk(folder)
    nlp = spacy.load(folder)
    nlp.max_length = ANY_LENGTH
    return lambda texts: list(nlp.pipe(texts))


def make_trf(classifier: Path, gold: Path, head: dict[str, Any], *, lang: str) -> Language:
    """spacy-transformers on the classifier's encoder, with a head that has learned for a few steps.

    gold (Path): annotated sentences, a file of a DocBin.
    """
    nlp = spacy.blank(lang)
    model = {**TRF_CONFIG["model"], "name": str(classifier)}
    nlp.add_pipe("transformer", config={**TRF_CONFIG, "model": model})
    nlp.add_pipe("ner" if head is TRF_NER else "tagger", config=head)
    nlp.batch_size = 64
    teach_head(nlp, gold)
    return nlp


def hf_pipeline(work: Path, lang: str = "", *, batch_size: int, stride: int = 64) -> System:
    """`transformers.pipeline("ner")`; a stride makes it read texts that are longer than the network takes."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    network = AutoModelForTokenClassification.from_pretrained(work / "classifier")
    limit = min(512, network.config.max_position_embeddings)
    tokenizer = AutoTokenizer.from_pretrained(work / "classifier", model_max_length=limit)
    tagger = pipeline("ner", model=network, tokenizer=tokenizer, aggregation_strategy="simple", stride=stride)
    return lambda texts: list(tagger(list(texts), batch_size=batch_size))


# the part of a name before a comma is that of an environment, but of transformers' pipeline
SYSTEMS: dict[str, Build] = {
    "spacy-transformers": spacy_transformers,
    "spacy-transformers, linear": partial(spacy_transformers, head=TRF_LINEAR),
    **{f"pipeline {n}": partial(hf_pipeline, batch_size=n) for n in (1, 8, 32)},
    "edsnlp, fp32": partial(edsnlp_system, bf16=False),
    "edsnlp, bf16": partial(edsnlp_system, bf16=True),
    "spacy-curated-transformers": curated_system,
}

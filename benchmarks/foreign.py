"""Other systems on the same weights: built in environments of their own, without this package."""

from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language

from benchmarks.curated import curated_system
from benchmarks.eds import edsnlp_system
from benchmarks.system import ANY_LENGTH, System, teach_head, transition_ner

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
BATCH_SIZES = (1, 8, 32)  # of transformers' pipeline, "pipeline 8"


def build_foreign(name: str, work: Path, lang: str) -> System:
    """The system of that name, ready to run.

    work (Path): has the folder ``classifier`` (a Hugging Face token classifier) and ``gold.spacy`` (annotated
        sentences); what is trained here is left there too.
    """
    if name == "spacy-transformers":
        return spacy_transformers(work, lang, TRF_NER)
    if name == "spacy-transformers, linear":
        return spacy_transformers(work, lang, TRF_LINEAR)
    if name.startswith("edsnlp"):
        return edsnlp_system(work, bf16=name.endswith("bf16"))
    if name == "spacy-curated-transformers":
        return curated_system(work, lang)
    return hf_pipeline(work, batch_size=int(name.rpartition(" ")[2]))


def spacy_transformers(work: Path, lang: str, head: dict[str, Any] = TRF_NER) -> System:
    """spacy-transformers with a transition-based NER, or with a linear layer for each token's tag."""
    folder = work / ("trf" if head is TRF_NER else "trf_linear")
    if not (folder / "config.cfg").is_file():
        make_trf(work / "classifier", work / "gold.spacy", head, lang=lang).to_disk(folder)
    nlp = spacy.load(folder)
    nlp.max_length = ANY_LENGTH
    return lambda texts: list(nlp.pipe(texts))


def make_trf(classifier: Path, gold: Path, head: dict[str, Any], *, lang: str, n_steps: int = 30) -> Language:
    """spacy-transformers on the classifier's encoder, with a head that has learned for a few steps.

    gold (Path): annotated sentences, a file of a DocBin.
    """
    nlp = spacy.blank(lang)
    nlp.add_pipe(
        "transformer", config={**TRF_CONFIG, "model": {**TRF_CONFIG["model"], "name": str(classifier)}}
    )
    nlp.add_pipe("ner" if head is TRF_NER else "tagger", config=head)
    nlp.batch_size = 64
    teach_head(nlp, gold, n_steps=n_steps)
    return nlp


def hf_pipeline(work: Path, *, batch_size: int, stride: int = 64) -> System:
    """`transformers.pipeline("ner")`; a stride makes it read texts that are longer than the network takes."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    network = AutoModelForTokenClassification.from_pretrained(work / "classifier")
    limit = min(512, network.config.max_position_embeddings)
    tokenizer = AutoTokenizer.from_pretrained(work / "classifier", model_max_length=limit)
    tagger = pipeline("ner", model=network, tokenizer=tokenizer, aggregation_strategy="simple", stride=stride)
    return lambda texts: list(tagger(list(texts), batch_size=batch_size))


def names() -> list[str]:
    """RETURNS (list[str]): what ``build_foreign`` knows."""
    return [*names_here(), "edsnlp, fp32", "edsnlp, bf16", "spacy-curated-transformers"]


def names_here() -> list[str]:
    """RETURNS (list[str]): of these, what the environment of this package can run too."""
    return ["spacy-transformers", "spacy-transformers, linear", *(f"pipeline {n}" for n in BATCH_SIZES)]

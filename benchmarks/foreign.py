"""Other systems on the same weights: built in environments of their own, without this package."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

System = Callable[[Sequence[str]], Any]
# Characters that a text may have, in place of spaCy's million: how long it may be is what is measured
ANY_LENGTH = 10**9

TRF_CONFIG: Dict[str, Any] = {
    "max_batch_items": 4096,
    "model": {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "tokenizer_config": {"use_fast": True},
        "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
    },
}
# grad_factor 0 keeps the encoder's weights as they are while the head learns a little
LISTENER: Dict[str, Any] = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 0.0,
    "pooling": {"@layers": "reduce_mean.v1"},
    "upstream": "*",
}


def transition_ner(listener: Dict[str, Any]) -> Dict[str, Any]:
    """RETURNS (Dict): the config of spaCy's own recogniser over a shared encoder."""
    return {
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "ner",
            "extra_state_tokens": False,
            "hidden_width": 64,
            "maxout_pieces": 2,
            "use_upper": False,
            "nO": None,
            "tok2vec": listener,
        }
    }


TRF_NER = transition_ner(LISTENER)
TRF_LINEAR: Dict[str, Any] = {"model": {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": LISTENER}}
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
        from benchmarks.eds import edsnlp_system

        return edsnlp_system(work, bf16=name.endswith("bf16"))
    if name == "spacy-curated-transformers":
        from benchmarks.curated import curated_system

        return curated_system(work, lang)
    return hf_pipeline(work, batch_size=int(name.rpartition(" ")[2]))


def spacy_transformers(work: Path, lang: str, head: Dict[str, Any] = TRF_NER) -> System:
    """spacy-transformers with a transition-based NER, or with a linear layer for each token's tag."""
    folder = work / ("trf" if head is TRF_NER else "trf_linear")
    if not (folder / "config.cfg").is_file():
        make_trf(work / "classifier", work / "gold.spacy", head, lang=lang).to_disk(folder)
    nlp = spacy.load(folder)
    nlp.max_length = ANY_LENGTH
    return lambda texts: list(nlp.pipe(texts))


def make_trf(classifier: Path, gold: Path, head: Dict[str, Any], *, lang: str, n_steps: int = 30) -> Language:
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


def teach_head(nlp: Language, gold: Path, *, n_steps: int = 30) -> None:
    """Initialise a pipeline, and train it for a few steps on annotated sentences (a file of a DocBin)."""
    docs = DocBin().from_disk(gold).get_docs(nlp.vocab)
    examples = [Example(nlp.make_doc(doc.text), with_tags(doc)) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)  # all of them: a label may come late
    optimizer.learn_rate = 0.001
    for step in range(n_steps):
        start = step * 8 % max(1, len(examples) - 8)
        nlp.update(examples[start : start + 8], sgd=optimizer)


def with_tags(doc: Doc) -> Doc:
    """The Doc itself; each token's tag says what entity it is in, for a head that learns tags."""
    for token in doc:
        token.tag_ = f"{token.ent_iob_}-{token.ent_type_}" if token.ent_type_ else "O"
    return doc


def hf_pipeline(work: Path, *, batch_size: int, stride: int = 64) -> System:
    """`transformers.pipeline("ner")`; a stride makes it read texts that are longer than the network takes."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    network = AutoModelForTokenClassification.from_pretrained(work / "classifier")
    limit = min(512, network.config.max_position_embeddings)
    tokenizer = AutoTokenizer.from_pretrained(work / "classifier", model_max_length=limit)
    tagger = pipeline("ner", model=network, tokenizer=tokenizer, aggregation_strategy="simple", stride=stride)
    return lambda texts: list(tagger(list(texts), batch_size=batch_size))


def names() -> List[str]:
    """RETURNS (List[str]): what ``build_foreign`` knows."""
    return [*names_here(), "edsnlp, fp32", "edsnlp, bf16", "spacy-curated-transformers"]


def names_here() -> List[str]:
    """RETURNS (List[str]): of these, what the environment of this package can run too."""
    return ["spacy-transformers", "spacy-transformers, linear", *(f"pipeline {n}" for n in BATCH_SIZES)]

"""The systems whose speed is compared: each is built from one trained pipeline and eats texts."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

import spacy
import torch
from export import export_classifier
from spacy.language import Language
from spacy.training import Example

from spacy_bertfam.encoder.batch import PieceBatch
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.runtime import call_cost

System = Callable[[Sequence[str]], Any]

TRF_CONFIG: Dict[str, Any] = {
    "max_batch_items": 4096,
    "model": {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "tokenizer_config": {"use_fast": True},
        "get_spans": {"@span_getters": "spacy-transformers.strided_spans.v1", "window": 128, "stride": 96},
    },
}
# grad_factor 0 keeps the encoder's weights as they are while the transition system learns a little
TRF_NER: Dict[str, Any] = {
    "model": {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": False,
        "nO": None,
        "tok2vec": {
            "@architectures": "spacy-transformers.TransformerListener.v1",
            "grad_factor": 0.0,
            "pooling": {"@layers": "reduce_mean.v1"},
            "upstream": "*",
        },
    }
}


def prepare(trained: Path, work: Path, gold: Sequence[spacy.tokens.Doc], *, n_steps: int = 30) -> None:
    """Write what the systems need into ``work``, unless it is there: the classifier, the trf pipeline.

    gold (Sequence[Doc]): annotated Docs of sentence length, for a few steps of the transition system.
    """
    if not (work / "classifier" / "model.safetensors").is_file():
        export_classifier(spacy.load(trained), work / "classifier")
    if not (work / "trf" / "config.cfg").is_file():
        make_trf(work / "classifier", gold, n_steps=n_steps).to_disk(work / "trf")


def make_trf(classifier: Path, gold: Sequence[spacy.tokens.Doc], *, n_steps: int) -> Language:
    """spacy-transformers and spaCy's transition-based NER on the same encoder."""
    nlp = spacy.blank(gold[0].lang_ or "xx")
    config = {**TRF_CONFIG, "model": {**TRF_CONFIG["model"], "name": str(classifier)}}
    nlp.add_pipe("transformer", config=config)
    nlp.add_pipe("ner", config=TRF_NER)
    nlp.batch_size = 64
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in gold]
    optimizer = nlp.initialize(lambda: examples[:100])
    optimizer.learn_rate = 0.001
    for step in range(n_steps):
        start = step * 8 % max(1, len(examples) - 8)
        nlp.update(examples[start : start + 8], sgd=optimizer)
    return nlp


def ours(trained: Path, **settings: Any) -> System:
    """spacy-bertfam. settings (Any): of the encoder, as window=510."""
    nlp = load_with(trained, **settings)
    return lambda texts: list(nlp.pipe(texts))


def load_with(trained: Path, **settings: Any) -> Language:
    """RETURNS (Language): the trained pipeline with other settings of its encoder."""
    return spacy.load(trained, config={f"components.encoder.model.{k}": v for k, v in settings.items()})


def spacy_transformers(work: Path) -> System:
    """spacy-transformers with a transition-based NER."""
    nlp = spacy.load(work / "trf")
    return lambda texts: list(nlp.pipe(texts))


def hf_pipeline(work: Path, *, batch_size: int, stride: int = 64) -> System:
    """`transformers.pipeline("ner")`; a stride makes it read texts that are longer than the network takes."""
    from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

    network = AutoModelForTokenClassification.from_pretrained(work / "classifier")
    limit = min(512, network.config.max_position_embeddings)
    tokenizer = AutoTokenizer.from_pretrained(work / "classifier", model_max_length=limit)
    tagger = pipeline("ner", model=network, tokenizer=tokenizer, aggregation_strategy="simple", stride=stride)
    return lambda texts: list(tagger(list(texts), batch_size=batch_size))


def bare_loop(trained: Path, texts: Sequence[str], *, max_cells: Optional[int] = None) -> System:
    """The network alone on the windows of ``texts``, cut and sorted beforehand; nothing is read off it."""
    nlp = spacy.load(trained)
    shim = encoder_shim(nlp.get_pipe("encoder").model)  # type: ignore[attr-defined]
    tokenizer = shim.loaded.tokenizer
    batch = PieceBatch.from_docs([nlp.make_doc(text) for text in texts], tokenizer, shim.window_size())
    inputs = []
    for chunk in batch.chunks(
        tokenizer, max_cells or shim.settings.max_batch_pieces, call_cost=call_cost(shim.device)
    ):
        ids = torch.from_numpy(chunk.ids)
        mask = (torch.arange(ids.shape[1])[None, :] < torch.from_numpy(chunk.lengths)[:, None]).long()
        inputs.append((ids, mask))
    network = shim.loaded.network.eval()

    def run(_: Sequence[str]) -> List[Any]:
        with torch.inference_mode():
            for ids, mask in inputs:
                network(input_ids=ids, attention_mask=mask)
        return []

    return run

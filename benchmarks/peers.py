"""Our side of a comparison of speed, its limit, and what the other systems are built from."""

import json
from pathlib import Path
from typing import Any, List, Optional, Sequence

import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from benchmarks.corpus import convert_parts, read_docs
from benchmarks.export import export_classifier
from benchmarks.foreign import System
from spacy_bertfam.encoder.batch import PieceBatch
from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.runtime import call_cost


def prepare(trained: Path, corpus: Path, work: Path, lang: str) -> List[Doc]:
    """Leave in ``work`` what the other systems are built from: texts, annotated sentences, the classifier.

    RETURNS (List[Doc]): the annotated documents of the dev part.
    """
    parts = {"dev": corpus / "dev.jsonl"}
    docs = read_docs(convert_parts(parts, work, lang=lang, unit="doc")["dev"], lang)
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
    return spacy.load(trained, config={f"components.encoder.model.{k}": v for k, v in settings.items()})


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

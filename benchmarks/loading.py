"""Time and peak memory of `spacy.load`, over those of the imports, beside the size of the weights."""

import gc
import time
from pathlib import Path
from typing import Any

from benchmarks.child import call_apart
from benchmarks.machine import peak_memory, reset_peak, resident_memory
from benchmarks.tables import Row

TEXT = "Emmanuel Macron a rencontré Ursula von der Leyen à Strasbourg."


def load_rows(trained: Path, *, n_rounds: int) -> list[Row]:
    """One row for each load, in a process of its own."""
    return [{"pipeline": trained.name, **call_apart("benchmarks.loading", trained)} for _ in range(n_rounds)]


def measure(trained: str) -> dict[str, Any]:
    """Load the pipeline once.

    RETURNS (dict): seconds; megabytes of the weights as float32, or of the graph where they were left out; the peak
        while loading and the memory after a first text, both over the memory before, and the peak's ratio to the
        weights. Pages of the file that are mapped and not yet read are no memory: they come with the first text.
    """
    import spacy

    from spacy_bertfam.encoder.model import encoder_shim

    import_architecture(Path(trained) / "encoder")
    gc.collect()
    before = resident_memory()
    reset_peak()
    start = time.perf_counter()
    nlp = spacy.load(trained)
    seconds, peak = time.perf_counter() - start, peak_memory() - before
    checkpoint: Any = encoder_shim(nlp.get_pipe("encoder").model).loaded  # type: ignore[attr-defined]
    if checkpoint.weights is None:
        weights = len(checkpoint.graph.content) / 2**20
    else:
        weights = sum(p.numel() * 4 for p in checkpoint.weights.parameters()) / 2**20
    nlp(TEXT)
    return {
        "seconds": seconds,
        "weights MB": weights,
        "peak MB": peak,
        "peak over weights": peak / weights,
        "MB after a text": resident_memory() - before,
        "peak with a text": (peak_memory() - before) / weights,
    }


def import_architecture(encoder: Path) -> None:
    """Import all that loading will import: torch, transformers, and the module of this architecture."""
    import spacy
    from transformers import AutoConfig, AutoModel

    kind = type(AutoConfig.from_pretrained(encoder, local_files_only=True))
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    AutoModel.from_config(kind(vocab_size=8, **sizes))
    spacy.blank("fr").add_pipe("bertfam_ner")

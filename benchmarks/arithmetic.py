"""What the processor's matrix products allow: a network cannot be read faster than its products are computed."""

from collections import Counter
from pathlib import Path
from typing import Any, List, Optional, Sequence
from typing import Counter as Counts

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.bare import load_shim
from benchmarks.tables import Row
from spacy_bertfam.encoder.batch import PieceBatch


def bound_rows(trained: Path, texts: Sequence[str], products: Sequence[Row]) -> List[Row]:
    """Words a second if nothing but the network's matrix products took time, in float32, by number of threads.

    products (Sequence[Row]): of ``multiplication_rows``.
    RETURNS (List[Row]): none of a pipeline without torch weights, on which the products are counted.
    """
    nlp, shim = load_shim(trained)
    network: Optional[Any] = shim.loaded.weights
    if network is None:
        return []
    docs = [nlp.make_doc(text) for text in texts]
    batch = PieceBatch.from_docs(docs, shim.loaded.tokenizer, shim.window_size())
    widths = batch.windows.ends - batch.windows.starts + shim.loaded.tokenizer.n_special
    a_word = operations(network, Counter(widths.tolist())) / max(sum(map(len, docs)), 1)
    return [
        {
            "threads": row["threads"],
            "million operations a word": a_word / 1e6,
            "GFLOPS": row["GFLOPS"],
            "words a second at most": row["GFLOPS"] * 1e9 / a_word,
        }
        for row in products
    ]


def operations(network: torch.nn.Module, widths: Counts[int]) -> float:
    """Sums and products in the matrix products of a network, counted by torch.

    widths (Counter[int]): pieces of a window, special pieces counted -> how many windows there are.
    """
    total = 0
    for width, n in widths.items():
        ids = torch.zeros((1, width), dtype=torch.int64)
        # torch counts what attention computes in its plain form alone
        with torch.inference_mode(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            network(input_ids=ids, attention_mask=torch.ones_like(ids))
        total += n * counter.get_total_flops()
    return float(total)

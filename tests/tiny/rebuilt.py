"""Tokenizers of pairs that transformers 5 makes anew."""

import pytest
import transformers

# By their class it makes another tokenizer of these than tokenizer.json describes (separators, segments, white space),
# or hands out no segments. What our encoder reads is tokenizer.json, with any version
REBUILT = ("camembert", "deberta", "deberta-v2", "deberta-v3", "albert", "nystromformer")


def skip_where_rebuilt(kind: str) -> None:
    """Skip a test that compares pairs of this kind with transformers' own tokenizer."""
    if kind in REBUILT and int(transformers.__version__.split(".")[0]) >= 5:
        pytest.skip(f"transformers 5 reads the tokenizer.json of {kind} otherwise")

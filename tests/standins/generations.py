"""The two generations as parameters of tests, each skipped where its package is missing."""

from importlib import util

import pytest

CURATED_IS_THERE = util.find_spec("spacy_curated_transformers") is not None
BOTH = (
    pytest.param("transformer", marks=pytest.mark.trf),
    pytest.param("curated_transformer", marks=pytest.mark.curated),
)

"""Texts of any length: the project's sample sentences drawn at random, so that figures of growth need no corpus."""

import random
from collections.abc import Iterator

import srsly

from benchmarks.child import ROOT

SAMPLE = ROOT / "assets" / "fr_train.jsonl"
PARAGRAPH = 10  # sentences


def sentences(n_words: int, *, seed: int = 0) -> Iterator[str]:
    """YIELDS (str): sentences of ten to thirty words, together at least ``n_words`` words between spaces."""
    texts = (record["text"] for record in srsly.read_jsonl(SAMPLE))
    sample = [text for text in texts if 10 <= len(text.split()) <= 30 and "\n" not in text]
    draw = random.Random(seed)
    while n_words > 0:
        sentence = draw.choice(sample)
        n_words -= len(sentence.split())
        yield sentence


def long_text(n_words: int, *, seed: int = 0) -> str:
    """RETURNS (str): the same sentences as one text with paragraphs."""
    return "".join(
        sentence + (" " if (i + 1) % PARAGRAPH else "\n\n")
        for i, sentence in enumerate(sentences(n_words, seed=seed))
    )

"""Does the encoder's vocabulary suit the text? Pieces a word, unknown ones, case, accents, long documents."""

from collections import Counter
from typing import Iterator, List, Optional, Sequence

from spacy.training import Example

from ..types import Pieces
from .corpora import Corpora
from .encoders import EncoderFacts
from .finding import FINE, SUSPICIOUS, Finding
from .leaks import shorten

MANY = 2.0  # pieces a word; running text in the vocabulary's own language has 1.1 to 1.5
N_FREQUENT = 100
MANY_CUT = 0.3  # of the most frequent words; a vocabulary keeps those of its own language whole
MANY_UNKNOWN = 0.01
ACCENTS = ("été", "ete")
CASES = ("Rose", "rose")
BLOCK = 256


def check_pieces(facts: Optional[EncoderFacts], corpora: Corpora) -> Iterator[Finding]:
    """Findings about the text of train as the encoder's tokenizer cuts it."""
    if facts is None or not corpora["train"]:
        return
    texts = [cut for block in _blocks(corpora["train"]) for cut in facts.tokenizer([eg.text for eg in block])]
    yield from _a_word(facts, corpora["train"], texts)
    yield from _frequent_words(facts, corpora["train"])
    yield from _unknown(facts, texts)
    yield from _case_and_accents(facts, corpora["train"])
    yield from _long(facts, corpora["train"], texts)


def _blocks(examples: List[Example]) -> Iterator[List[Example]]:
    for start in range(0, len(examples), BLOCK):
        yield examples[start : start + BLOCK]


def _a_word(facts: EncoderFacts, examples: Sequence[Example], texts: Sequence[Pieces]) -> Iterator[Finding]:
    n_words = sum(not token.is_space for eg in examples for token in eg.predicted)
    rate = sum(map(len, texts)) / max(1, n_words)
    if rate <= MANY:
        yield Finding(FINE, f"{rate:.2f} pieces a word", "train", sum(map(len, texts)))
    else:
        yield Finding(
            SUSPICIOUS, f"{rate:.2f} pieces a word", "train", sum(map(len, texts)),
            do="The vocabulary is hardly made for this text: an encoder of its language or field is faster and better.",
        )  # fmt: skip


def _frequent_words(facts: EncoderFacts, examples: Sequence[Example]) -> Iterator[Finding]:
    counts = Counter(
        token.lower_ for eg in examples for token in eg.predicted if token.is_alpha and len(token) > 1
    )
    words = [word for word, _ in counts.most_common(N_FREQUENT)]
    cut = [
        word
        for word in words
        if len(facts.tokenizer.backend.encode(" " + word, add_special_tokens=False)) > 1
    ]
    cut = [word for word in cut if len(facts.tokenizer.backend.encode(word, add_special_tokens=False)) > 1]
    if len(words) >= N_FREQUENT // 2 and len(cut) > MANY_CUT * len(words):
        yield Finding(
            SUSPICIOUS, f"frequent words in pieces, of {len(words)}", "train", len(cut),
            do="The vocabulary does not know the commonest words: is the encoder one of another language?",
            examples=(", ".join(cut[:8]),),
        )  # fmt: skip


def _unknown(facts: EncoderFacts, texts: Sequence[Pieces]) -> Iterator[Finding]:
    unknown = getattr(facts.tokenizer.backend.model, "unk_token", None) or "<unk>"
    number = facts.tokenizer.backend.token_to_id(unknown)
    if number is None:
        return
    n, n_all = sum(int((cut.ids == number).sum()) for cut in texts), sum(map(len, texts))
    if n > MANY_UNKNOWN * n_all:
        yield Finding(
            SUSPICIOUS, f"pieces that are unknown ({unknown}), {100 * n / n_all:.1f}%", "train", n,
            do="The encoder sees nothing there: another script, or another encoder's tokenizer.",
        )  # fmt: skip


def _case_and_accents(facts: EncoderFacts, examples: Sequence[Example]) -> Iterator[Finding]:
    if _same(facts, CASES):
        yield Finding(
            SUSPICIOUS, "an encoder without capitals (uncased)", facts.where,
            do="Names are told by their capitals: a cased encoder finds more of them.",
        )  # fmt: skip
    n_accents = sum(any(c in eg.text for c in "éèêàçôùûîïâœ") for eg in examples)
    if n_accents > len(examples) / 4 and _same(facts, ACCENTS):
        yield Finding(
            SUSPICIOUS, "an encoder without accents, and texts with them", facts.where, n_accents,
            do="It takes é for e: an encoder of the language keeps them apart.",
        )  # fmt: skip


def _same(facts: EncoderFacts, pair: Sequence[str]) -> bool:
    first, second = (facts.tokenizer.backend.encode(word, add_special_tokens=False).ids for word in pair)
    return first == second


def _long(facts: EncoderFacts, examples: Sequence[Example], texts: Sequence[Pieces]) -> Iterator[Finding]:
    long = [len(cut) for cut in texts if len(cut) > facts.window]
    if not long:
        return
    yield Finding(
        FINE, f"documents over a window ({facts.window} pieces), read in several", "train", len(long)
    )
    words = [
        token.text
        for eg, cut in zip(examples, texts, strict=True)
        if len(cut) > facts.window
        for token in eg.predicted
        if len(token) > facts.window
    ]
    if words:
        yield Finding(
            SUSPICIOUS, "words that may have more pieces than a window", "train", len(words),
            do="Such a word keeps its first pieces: is it text at all?",
            examples=tuple(shorten(word) for word in words[:2]),
        )  # fmt: skip

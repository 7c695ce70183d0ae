"""Does the encoder's vocabulary suit the text? Pieces per word, unknown ones, case, accents, long documents."""

from collections import Counter
from collections.abc import Iterator, Sequence

from spacy.training import Example

from ..types import Pieces
from .corpora import Corpora
from .encoders import EncoderFacts
from .finding import FINE, SUSPICIOUS, Finding
from .leaks import shorten

MANY = 2.0  # pieces per word; running text in the vocabulary's own language has 1.1 to 1.5
N_FREQUENT = 100
MANY_CUT = 0.3  # of the most frequent words; a vocabulary keeps those of its own language whole
MANY_UNKNOWN = 0.01
ACCENTS = ("été", "ete")
CASES = ("Rose", "rose")
BLOCK = 256


def check_pieces(facts: EncoderFacts | None, corpora: Corpora) -> Iterator[Finding]:
    """Check the text of train as the encoder's tokenizer cuts it."""
    examples = corpora["train"]
    if facts is None or not examples:
        return
    blocks = [examples[start : start + BLOCK] for start in range(0, len(examples), BLOCK)]
    texts = [cut for block in blocks for cut in facts.tokenizer([eg.text for eg in block])]
    n_pieces, n_words = sum(map(len, texts)), sum(not t.is_space for eg in examples for t in eg.predicted)
    rate = n_pieces / max(1, n_words)
    do = "The vocabulary is hardly made for this text: an encoder of its language or field is faster and better."
    state, do = (SUSPICIOUS, do) if rate > MANY else (FINE, "")
    yield Finding(state, f"{rate:.2f} pieces per word", "train", n_pieces, do)
    yield from _frequent_words(facts, examples)
    yield from _unknown(facts, texts)
    yield from _case_and_accents(facts, examples)
    yield from _long(facts, examples, texts)


def _ids(facts: EncoderFacts, text: str) -> list[int]:
    return list(facts.tokenizer.backend.encode(text, add_special_tokens=False).ids)


def _frequent_words(facts: EncoderFacts, examples: Sequence[Example]) -> Iterator[Finding]:
    counts = Counter(t.lower_ for eg in examples for t in eg.predicted if t.is_alpha and len(t) > 1)
    words = [word for word, _ in counts.most_common(N_FREQUENT)]
    cut = [word for word in words if len(_ids(facts, f" {word}")) > 1 and len(_ids(facts, word)) > 1]
    if len(words) >= N_FREQUENT // 2 and len(cut) > MANY_CUT * len(words):
        do = "The vocabulary does not know the commonest words: is the encoder one of another language?"
        what = f"frequent words in pieces, of {len(words)}"
        yield Finding(SUSPICIOUS, what, "train", len(cut), do, (", ".join(cut[:8]),))


def _unknown(facts: EncoderFacts, texts: Sequence[Pieces]) -> Iterator[Finding]:
    unknown = getattr(facts.tokenizer.backend.model, "unk_token", None) or "<unk>"
    number = facts.tokenizer.backend.token_to_id(unknown)
    if number is None:
        return
    n, n_all = sum(int((cut.ids == number).sum()) for cut in texts), sum(map(len, texts))
    if n > MANY_UNKNOWN * n_all:
        do = "The encoder sees nothing there: another script, or another encoder's tokenizer."
        what = f"pieces that are unknown ({unknown}), {100 * n / n_all:.1f}%"
        yield Finding(SUSPICIOUS, what, "train", n, do)


def _case_and_accents(facts: EncoderFacts, examples: Sequence[Example]) -> Iterator[Finding]:
    def are_same(pair: Sequence[str]) -> bool:
        return _ids(facts, pair[0]) == _ids(facts, pair[1])

    if are_same(CASES):
        do = "Names are told by their capitals: a cased encoder finds more of them."
        yield Finding(SUSPICIOUS, "an encoder without capitals (uncased)", facts.where, do=do)
    n_accents = sum(any(c in eg.text for c in "éèêàçôùûîïâœ") for eg in examples)
    if n_accents > len(examples) / 4 and are_same(ACCENTS):
        what = "an encoder without accents, and texts with them"
        do = "It takes é for e: an encoder of the language keeps them apart."
        yield Finding(SUSPICIOUS, what, facts.where, n_accents, do)


def _long(facts: EncoderFacts, examples: Sequence[Example], texts: Sequence[Pieces]) -> Iterator[Finding]:
    long = [eg for eg, cut in zip(examples, texts, strict=True) if len(cut) > facts.window]
    if long:
        what = f"documents over a window ({facts.window} pieces), read in several"
        yield Finding(FINE, what, "train", len(long))
    words = [token.text for eg in long for token in eg.predicted if len(token) > facts.window]
    if words:
        what = "words that may have more pieces than a window"
        do = "Such a word keeps its first pieces: is it text?"
        yield Finding(SUSPICIOUS, what, "train", len(words), do, examples=tuple(map(shorten, words[:2])))

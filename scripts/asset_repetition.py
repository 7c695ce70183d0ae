"""Measure how far texts repeat one another once their names are replaced by labels: frames and word n-grams."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WORD = re.compile(r"\w+['’]?")
N_WORDS = 5  # of an n-gram
MAX_SAME_FRAME = 3  # texts
MAX_SAME_NGRAM = 0.01  # of the texts, and never fewer than MIN_TEXTS
MIN_TEXTS = 10


@dataclass(frozen=True)
class Repetition:
    """In how many texts each frame and each n-gram stands."""

    n_texts: int
    frames: Counter[str]
    ngrams: Counter[str]

    def describe(self) -> str:
        """RETURNS (str): what was found, in one sentence."""
        repeated = sum(count for count in self.frames.values() if count > 1)
        common = ", ".join(f"{words!r} in {count}" for words, count in self.ngrams.most_common(3))
        found = f"{repeated} of {self.n_texts} texts share their frame with another"
        return f"{found}; most frequent {N_WORDS} words in a row: {common or 'none'}."

    def excesses(self) -> list[str]:
        """RETURNS (list[str]): one message for each frame or n-gram in too many texts."""
        most = max(MIN_TEXTS, int(MAX_SAME_NGRAM * self.n_texts))
        found = [
            f"{count} texts have the frame {frame!r}, at most {MAX_SAME_FRAME} are expected: rewrite some."
            for frame, count in self.frames.items()
            if count > MAX_SAME_FRAME
        ]
        return found + [
            f"{count} texts have the words {words!r}, at most {most} are expected: rewrite some."
            for words, count in self.ngrams.items()
            if count > most and _is_wording(words)
        ]


def measure(texts: Iterable[tuple[str, Sequence[tuple[int, int, str]]]]) -> Repetition:
    """RETURNS (Repetition): of the texts with their entities as (start, end, label)."""
    frames: Counter[str] = Counter()
    ngrams: Counter[str] = Counter()
    for text, entities in texts:
        words = _frame(text, entities)
        frames[" ".join(words)] += 1
        ngrams.update({" ".join(words[i : i + N_WORDS]) for i in range(len(words) - N_WORDS + 1)})
    return Repetition(frames.total(), frames, ngrams)


def _frame(text: str, entities: Sequence[tuple[int, int, str]]) -> list[str]:
    """RETURNS (list[str]): the words in lower case, each entity as its label in capitals."""
    words, done = [], 0
    for start, end, label in [*entities, (len(text), len(text), "")]:
        words += WORD.findall(text[done:start].casefold().replace("’", "'"))
        words += [label] if label else []
        done = end
    return words


def _is_wording(words: str) -> bool:
    """RETURNS (bool): whether more than lists of names (`de LOC et de LOC`) is repeated."""
    return sum(len(word) > 3 for word in words.split()) > 1

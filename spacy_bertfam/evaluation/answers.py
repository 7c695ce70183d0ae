"""`spacy-bertfam.qa_scorer.v1`: exact match and F1 of answers, as the evaluation script of SQuAD 2.0 has them
(Rajpurkar et al. 2018), with the articles of French for French."""

import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spacy.tokens import Doc
from spacy.training import Example

from ..data.pairs import first_length

ENGLISH = re.compile(r"\b(?:a|an|the)\b")
# Elided ones go with their apostrophe, and before it is taken away as punctuation
FRENCH = re.compile(r"\bl['’]|\b(?:le|la|les|un|une|des|du|au|aux)\b")
PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}«»“”‘’…–—]")
ASCII_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")


def make_qa_scorer(spans_key: str = "answers") -> Callable[..., dict[str, Any]]:
    """A scorer of questions, each of them a Doc that is a pair.

    spans_key (str): where in ``doc.spans`` the answers are, on both sides; an empty group is no answer.
    """

    def score_answers(examples: Iterable[Example], **options: Any) -> dict[str, Any]:
        """RETURNS (dict[str, Any]): ``qa_em``, ``qa_f1``: over all questions; ``qa_no_answer``: the share of those
        without an answer of which none was found. All 0 to 1, or None where there is no such question."""
        exact, f1, unanswerable = [], [], []
        for eg in examples:
            if not first_length(eg.reference) or spans_key not in eg.reference.spans:
                continue
            lang = eg.reference.vocab.lang
            gold, found = (answers_of(doc, spans_key) for doc in (eg.reference, eg.predicted))
            answer = found[0] if found else ""
            gold = known_answers(gold, lang)
            exact.append(float(is_exact(answer, gold, lang)))
            f1.append(max(token_f1(answer, text, lang) for text in gold or [""]))
            if not gold:
                unanswerable.append(float(not answer))
        named = {"qa_em": exact, "qa_f1": f1, "qa_no_answer": unanswerable}
        return {name: sum(values) / len(values) if values else None for name, values in named.items()}

    return score_answers


def answers_of(doc: Doc, spans_key: str) -> list[str]:
    """RETURNS (list[str]): the words of each answer on a Doc."""
    return [span.text for span in doc.spans[spans_key]] if spans_key in doc.spans else []


def known_answers(gold: Iterable[str], lang: str) -> list[str]:
    """RETURNS (list[str]): as SQuAD's script has it: a gold answer of which nothing is left counts as none."""
    return [text for text in gold if normalize(text, lang)]


def is_exact(answer: str, gold: Sequence[str], lang: str) -> bool:
    """Whether an answer is one of the gold ones, or empty where there are none, after ``normalize``."""
    return normalize(answer, lang) in {normalize(text, lang) for text in gold or [""]}


def normalize(text: str, lang: str) -> str:
    """RETURNS (str): an answer in small letters, without punctuation, articles and white space that is not needed."""
    text = text.lower()
    if lang == "fr":
        text = PUNCTUATION.sub("", FRENCH.sub(" ", text))
    else:
        text = ENGLISH.sub(" ", ASCII_PUNCTUATION.sub("", text))
    return " ".join(text.split())


def token_f1(found: str, gold: str, lang: str) -> float:
    """RETURNS (float): the harmonic mean of precision and recall of the words, after ``normalize``; where one answer
    has none left, whether the other has none either."""
    words, gold_words = normalize(found, lang).split(), normalize(gold, lang).split()
    if not words or not gold_words:
        return float(words == gold_words)
    n_common = (Counter(words) & Counter(gold_words)).total()
    return 2 * n_common / (len(words) + len(gold_words))

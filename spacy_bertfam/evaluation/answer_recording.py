"""The scores of start and end of annotated questions: the encoder runs once, temperatures are tried on what it left."""

from collections.abc import Iterable, Iterator

from spacy.training import Example
from tqdm import tqdm

from ..data.bare import bare_copy
from ..data.pairs import first_length, mark_like
from ..decoding.answers import answer_distribution
from ..pipeline.gold_answers import words_of
from ..pipeline.qa import BertfamQA
from .answers import answers_of, is_exact, known_answers
from .recording import Found, Recording
from .scored import Counts


def record_answers(qa: BertfamQA, examples: Iterable[Example], *, progress: bool = False) -> Recording:
    """Ask the questions. What has a score is the best answer to each, "no answer" too; it is right where it is an exact
    match. The best one is the same at every temperature.

    examples (Iterable[Example]): those whose reference is a question with its answers; of the predicted side only the
        words count.
    progress (bool): show on standard error how far it is.
    """
    key = qa.spans_key
    examples = [eg for eg in examples if first_length(eg.reference) and key in eg.reference.spans]
    pairs = [bare_copy(eg.predicted, qa.vocab) for eg in examples]
    for pair, eg in zip(pairs, examples, strict=True):
        mark_like(pair, eg.reference)
    scored = tqdm(qa.score_pairs(pairs, encode=True), total=len(pairs), desc="read", disable=not progress)
    readings = []
    for (pair, scores), eg in zip(scored, examples, strict=True):
        words, lang = words_of(pair), eg.reference.vocab.lang
        [best] = answer_distribution(scores, words, max_length=qa.max_length).best()
        shift = first_length(pair)
        answer = pair[shift + best.start : shift + best.end].text if best.end else ""
        gold = known_answers(answers_of(eg.reference, key), lang)
        readings.append((scores, words, is_exact(answer, gold, lang)))

    def find(temperature: float) -> Iterator[Found]:
        for i, (scores, words, right) in enumerate(readings):
            found = answer_distribution(scores, words, max_length=qa.max_length, temperature=temperature)
            yield i, found.best()[0].score, right

    return Recording(len(readings), Counts(len(readings), 0, 0), find, progress=progress)

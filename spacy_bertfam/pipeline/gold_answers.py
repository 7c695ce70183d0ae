"""Gold answers as the component sees them: in tokens of the predicted side, and what of them cannot be learned."""

import logging
from collections.abc import Iterable
from typing import cast

from spacy.attrs import IS_SPACE
from spacy.tokens import Doc
from spacy.training import Example

from ..data.pairs import first_length, mark_like
from ..decoding.answers import is_legal
from ..errors import UserError
from ..types import Bools1d

logger = logging.getLogger("spacy")


def words_of(pair: Doc) -> Bools1d:
    """RETURNS (NDArray[bool]): the tokens of the second text that are not white space, Shape: (n_tokens,)."""
    return cast(Bools1d, pair.to_array(IS_SPACE)[first_length(pair) :] == 0)


def gold_answers(eg: Example, spans_key: str) -> list[tuple[int, int]] | None:
    """The gold answers, in tokens of the second text of the predicted side.

    RETURNS (list[tuple[int, int]] | None): none for a question without an answer; None where it has no annotation, or
        all answers miss the borders of the predicted tokens.
    """
    if spans_key not in eg.reference.spans or not first_length(eg.reference):
        return None
    gold, shift = list(eg.reference.spans[spans_key]), first_length(eg.predicted)
    spans = eg.get_aligned_spans_y2x(gold, allow_overlap=True) if gold else []
    found = [(span.start - shift, span.end - shift) for span in spans if span.start >= shift]
    return found if found or not gold else None


def require_questions(
    examples: Iterable[Example], spans_key: str, *, max_length: int, component: str
) -> None:
    """Look for questions to learn from; warns of answers that cannot be learned.

    RAISES (UserError): when there are none.
    """
    n_questions, n_lost = 0, 0
    for eg in examples:
        mark_like(eg.predicted, eg.reference)
        gold, words = gold_answers(eg, spans_key), words_of(eg.predicted)
        if spans_key in eg.reference.spans and first_length(eg.reference):
            n_questions += 1
            n_lost += gold != [] and not any(is_legal(*span, words, max_length) for span in gold or ())
    if not n_questions:
        raise UserError(
            f"Component {component!r}: no training example is a question with a text and its answers "
            f"(doc.spans[{spans_key!r}], empty for none); expected what `bertfam convert-qa` writes: check "
            "--paths.train."
        )
    if n_lost:
        logger.warning(
            "[%s] %d of %d questions contribute no gradient: their answers have more than %d tokens (max_length), or "
            "miss the borders of the predicted tokens.", component, n_lost, n_questions, max_length,
        )  # fmt: skip

"""``ent._.score``: what a recognizer gave a span with its label. Under another label the span has no score.

It stays a plain number where spaCy keeps the values of extensions, with the label beside it: copies, bytes and
``Doc.from_docs`` carry both along. Docs of earlier versions have no label there; their scores are read all the same.
"""

from typing import Any

from spacy.tokens import Span

from ..errors import UserError

EXTENSION, LABEL = "score", "score_label"


def register_score() -> None:
    """Make ``Span._.score`` what this module says. RAISES (UserError): when other code has made it something else."""
    found = Span.get_extension(EXTENSION) if Span.has_extension(EXTENSION) else None
    if found is not None and getattr(found[2], "__module__", None) == __name__:
        return
    # one without a default keeps its values in the same place: as earlier versions of this package registered it
    if found not in (None, (None, None, None, None)):
        raise UserError(
            "Span._.score is registered by other code, with a default, a getter or a method of its own; expected it "
            "to be free, as a bertfam_ner keeps the scores of its entities there: give that extension another name, "
            'or take it away with Span.remove_extension("score").'
        )
    Span.set_extension(EXTENSION, getter=get_score, setter=set_score, force=True)


def get_score(span: Span) -> Any:
    """RETURNS (Any): the score of a span with the label that it has; None where nobody gave it one."""
    score_key, label_key = _keys(span)
    score = span.doc.user_data.get(score_key)
    if score is None:
        return None
    label: str | None = span.doc.user_data.get(label_key)
    return score if label is None or label == span.label_ else None


def set_score(span: Span, score: Any) -> None:
    """Keep a score for a span and its label, in the place of an earlier one; None takes that away."""
    score_key, label_key = _keys(span)
    data = span.doc.user_data
    data.pop(score_key, None)
    data.pop(label_key, None)
    if score is not None:
        data[score_key] = score
        if span.label:  # ``Doc.from_json`` has none at hand
            data[label_key] = span.label_


def _keys(span: Span) -> tuple[Any, Any]:
    """Of ``doc.user_data``."""
    place = (span.start_char, span.end_char)
    return ("._.", EXTENSION, *place), ("._.", LABEL, *place)

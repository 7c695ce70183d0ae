"""``doc._.ask(question)``: a Doc finds the component that answers by the vocabulary of its pipeline."""

import threading
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from spacy.tokens import Doc, Span

from ..errors import UserError

if TYPE_CHECKING:
    from .qa import BertfamQA

EXTENSION = "ask"
_answering: "WeakSet[BertfamQA]" = WeakSet()
_lock = threading.Lock()


class Answer(NamedTuple):
    """An answer to a question about a Doc, or that it has none."""

    span: Span | None  # of the Doc that was asked; None is no answer
    score: float  # the probability, in [0, 1]

    @property
    def text(self) -> str:
        """The words of the answer; empty where there is none."""
        return "" if self.span is None else self.span.text


def register_ask(component: "BertfamQA") -> None:
    """Let Docs of a component's pipeline ask it, as long as it is there.

    RAISES (UserError): when other code has registered ``Doc._.ask``.
    """
    with _lock:
        found = Doc.get_extension(EXTENSION) if Doc.has_extension(EXTENSION) else None
        if found is None:
            Doc.set_extension(EXTENSION, method=ask)
        elif found[1] is not ask:
            raise UserError(
                "Doc._.ask is registered by other code; expected it to be free, as a bertfam_qa answers there: give "
                'that extension another name, or take it away with Doc.remove_extension("ask").'
            )
        _answering.add(component)


def ask(doc: Doc, question: str | Doc, component: str | None = None) -> Answer:
    """Ask a Doc: the most probable answer of the ``bertfam_qa`` of its pipeline.

    component (str | None): name of it; None is the only one.
    RAISES (UserError): when there is none, or several.
    """
    with _lock:
        found = [each for each in _answering if each.vocab is doc.vocab and component in (None, each.name)]
    if len(found) != 1:
        names = ", ".join(sorted(each.name for each in found)) or "none"
        raise UserError(
            f"doc._.ask found {names} to answer in the pipeline of this Doc; expected one bertfam_qa: name it "
            "(component=...), or ask it itself, as nlp.get_pipe(name).ask([(question, doc)])."
        )
    [[answer]] = found[0].ask([(question, doc)])
    return answer

"""Texts through a pipeline, each of which comes back as a Doc or with the error that it caused."""

from collections import deque
from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc

from ..data.text_stream import Text


def annotate_texts(
    nlp: Language, texts: Iterable[Text], *, batch_size: int, n_process: int
) -> Iterator[tuple[Text, Doc | Exception]]:
    """Yield every text with its Doc, in order.

    Where a batch fails, its texts are read again one by one, so that one text does not cost its neighbors anything.
    """
    waiting: deque[Text] = deque()  # what `nlp.pipe` has taken and not given back

    def taken() -> Iterator[tuple[str, int]]:
        for text in texts:
            waiting.append(text)
            yield text.text, id(text)

    texts = iter(texts)
    is_over = False
    while not is_over:
        try:
            for doc, key in nlp.pipe(taken(), as_tuples=True, batch_size=batch_size, n_process=n_process):
                # a component may drop what it fails on, with a handler of its own
                while id(waiting[0]) != key:
                    yield _alone(nlp, waiting.popleft())
                yield waiting.popleft(), doc
            is_over = True
        except (
            Exception
        ):  # of whatever component: the text that raised it does so again, alone, and has it beside it
            pass
        while waiting:
            yield _alone(nlp, waiting.popleft())


def _alone(nlp: Language, text: Text) -> tuple[Text, Doc | Exception]:
    try:
        return text, nlp(text.text)
    except Exception as error:
        return text, error

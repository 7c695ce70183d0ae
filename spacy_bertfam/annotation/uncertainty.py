"""How unsure a recognizer is of a text: the exact probability of its best tags, a word.

    uncertainty = -log p(best tags | text) / words

p is over all legal sequences of tags, at the temperature of the recognizer. By the word, since a sequence of many words
has a small probability whatever they are: this is what Shen et al. 2018 ("Deep Active Learning for Named Entity
Recognition", section 4) call maximum normalized log-probability, and exp(-uncertainty) is the geometric mean of the
probability of a word's tag given the tags before it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import UserError
from ..pipeline.find import find_ner
from ..pipeline.ner import BertfamNER
from ..pipeline.words import score_sequences
from ..types import Bools1d

KEY = "bertfam_uncertainty"  # in doc.user_data


@contextmanager
def watched(nlp: Language, component: str | None = None) -> Iterator[None]:
    """Within it each Doc that a recognizer reads gets its uncertainty.

    RAISES (UserError): when the pipeline has none that knows the probability of a sequence of tags.
    """
    if not any(isinstance(pipe, BertfamNER) for _, pipe in nlp.pipeline):
        names = ", ".join(nlp.pipe_names) or "no components"
        raise UserError(
            f"The pipeline ({names}) has no bertfam_ner, and other recognizers "
            "do not know the probability of a sequence of tags; expected one for --order uncertain, or no --order."
        )
    ner = find_ner(nlp, component)

    def watch(
        docs: Sequence[Doc], scores: Sequence[NDArray[np.float32]], outside: Sequence[Bools1d | None]
    ) -> None:
        known = {"learned": ner.model.attrs["head_transitions"](ner.model), "temperature": ner.temperature}
        logs = score_sequences(docs, scores, ner.tag_set, outside=outside, **known)
        for doc, log in zip(docs, logs.tolist(), strict=True):
            n_words = sum(not token.is_space for token in doc)
            doc.user_data[KEY] = -log / max(1, n_words)

    before, ner.watch = ner.watch, watch
    try:
        yield
    finally:
        ner.watch = before

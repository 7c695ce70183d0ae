"""`spacy-bertfam.fit_taggers.v1`: spaCy's own heads for tags start from a fit to the encoder, not from zeros."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.training import Example

from ..errors import UserError
from .first_fit import DEFAULT_FIT_WORDS, draw_examples, fit_layer, fitting, new_components, training_corpus

# What spaCy's taggers learn from; a text that has none of it is not read
TAUGHT = ("TAG", "POS", "MORPH", "LEMMA")


def build_fit_taggers(
    components: Sequence[str] = ("tagger", "morphologizer", "lemmatizer"), fit_words: int = DEFAULT_FIT_WORDS
) -> Callable[[Language], Language]:
    """For ``[initialize.after_init]``: fit `tagger`, `morphologizer` and `trainable_lemmatizer`, whose networks are
    `spacy.Tagger.v2`, to the training corpus.

    components (Sequence[str]): names of such components; each one that the pipeline has to train is fitted.
    fit_words (int): about so many annotated words are read, from all over the corpus; 0 leaves the first weights
        at zero.
    """

    def after_init(nlp: Language) -> Language:
        fresh = new_components(nlp, components) if fit_words > 0 else []
        if fresh:
            fit_taggers(nlp, fresh, training_corpus(nlp), n_words=fit_words)
        return nlp

    return after_init


def fit_taggers(
    nlp: Language, components: Sequence[str], get_examples: Callable[[], Iterable[Example]], *, n_words: int
) -> list[str]:
    """Fit the last layer of initialized taggers; the encoder reads the words once for all, and stays as it is.

    RETURNS (list[str]): the components that were fitted: those that have at least two tags in the words that were
        read.
    RAISES (UserError): when one has another model.
    """
    pipes: dict[str, Any] = {name: nlp.get_pipe(name) for name in components}
    for name, pipe in pipes.items():
        if not {"tok2vec", "softmax", "output_layer"} <= set(pipe.model.ref_names):
            raise UserError(
                f"[initialize.after_init] names the component {name!r}, whose model is {pipe.model.name!r}; expected a "
                "spacy.Tagger.v2, which a tagger, a morphologizer and a trainable_lemmatizer have: take it out of "
                "`components`."
            )
    examples = draw_examples(lambda: filter(is_taught, get_examples()), n_words)
    gold = {name: tags_of(pipe, examples) for name, pipe in pipes.items()}
    learned = [name for name, tags in gold.items() if len(np.unique(tags[tags >= 0])) > 1]
    if not learned:
        return []
    models = [pipes[name].model for name in learned]
    with fitting(", ".join(learned), models, examples, nlp) as docs:
        if docs is None:
            return []
        for name, model in zip(learned, models, strict=True):
            fit_layer(model.get_ref("output_layer"), model.get_ref("tok2vec").predict(docs), gold[name])
    return learned


def is_taught(eg: Example) -> bool:
    """RETURNS (bool): whether a text has annotation of ``TAUGHT``."""
    return any(map(eg.reference.has_annotation, TAUGHT))


def tags_of(pipe: Any, examples: list[Example]) -> NDArray[np.int64]:
    """The right tag of each token as the component's own loss has it; Shape: (n_tokens,), -1 where that is unknown.

    The gradient of a softmax layer is what it has given less what is right: of zeros, only what is right.
    """
    zeros = [pipe.model.ops.alloc2f(len(eg.predicted), len(pipe.labels)) for eg in examples]
    if not zeros:
        return np.zeros(0, dtype=np.int64)
    _, d_scores = pipe.get_loss(examples, zeros)
    right = -np.concatenate([pipe.model.ops.to_numpy(rows) for rows in d_scores])
    return np.where(right.sum(axis=1) > 0.5, right.argmax(axis=1), -1)

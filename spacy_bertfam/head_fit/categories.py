"""`spacy-bertfam.fit_categories.v1`: a new text categorizer starts from a fit to the encoder, not from chance."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.training import Example

from ..errors import UserError
from .first_fit import draw_examples, fitting, new_components, set_weights, training_corpus

DEFAULT_FIT_WORDS = 50_000


def build_fit_categories(
    component: str = "textcat", fit_words: int = DEFAULT_FIT_WORDS
) -> Callable[[Language], Language]:
    """For ``[initialize.after_init]``: fit a `spacy-bertfam.TextCatClassifier.v1` to the training corpus.

    component (str): name of the `textcat` or `textcat_multilabel`.
    fit_words (int): whole texts of about so many words are read, from all over the corpus; 0 leaves the first
        weights random.
    """

    def after_init(nlp: Language) -> Language:
        for name in new_components(nlp, [component]) if fit_words > 0 else ():
            fit_categories(nlp, name, training_corpus(nlp), n_words=fit_words)
        return nlp

    return after_init


def fit_categories(
    nlp: Language, component: str, get_examples: Callable[[], Iterable[Example]], *, n_words: int
) -> bool:
    """Fit the linear layer of an initialized categorizer; the encoder stays as it is.

    RETURNS (bool): False where no text has categories.
    RAISES (UserError): when the component has another model.
    """
    from .regression import fit_labels  # torch is imported when training starts

    pipe: Any = nlp.get_pipe(component)
    model = pipe.model
    if "pooled" not in model.ref_names:
        raise UserError(
            f"[initialize.after_init] names the component {component!r}, whose model is {model.name!r}; expected "
            "a spacy-bertfam.TextCatClassifier.v1: use it, or set after_init to null."
        )
    examples = [eg for eg in draw_examples(get_examples, n_words) if eg.reference.cats]
    if not examples:
        return False
    gold, known = truths(examples, pipe.labels)
    with fitting(component, [model], examples, nlp) as docs:
        X = model.ops.to_numpy(model.get_ref("pooled").predict(docs))
        exclusive = not model.attrs["multi_label"]
        set_weights(model.get_ref("output_layer"), *fit_labels(X, gold, known, exclusive=exclusive))
    return True


def truths(examples: list[Example], labels: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How right each label is, and whether that is annotated. Shape of both: (n_docs, n_labels)."""
    cats = [eg.reference.cats for eg in examples]
    gold = [[float(found.get(label, 0.0)) for label in labels] for found in cats]
    known = [[float(label in found) for label in labels] for found in cats]
    return np.array(gold, dtype=np.float32), np.array(known, dtype=np.float32)

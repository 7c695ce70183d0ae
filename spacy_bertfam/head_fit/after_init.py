"""What the callbacks of ``[initialize.after_init]`` share: the components that they name, and the training corpus."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from spacy.language import Language
from spacy.training import Example
from spacy.util import resolve_dot_names

from ..errors import UserError

# Texts of a corpus that may have no end: enough for a first fit
N_OF_STREAM = 1000


def new_components(nlp: Language, names: Sequence[str]) -> list[str]:
    """Those of the components that were initialized: not one that is trained already, or frozen.

    RAISES (UserError): when the pipeline has no component of such a name.
    """
    for name in names:
        if name not in nlp.component_names:
            raise UserError(
                f"[initialize.after_init] names the component {name!r}; expected one of "
                f"{', '.join(nlp.component_names)}."
            )
    return [name for name in names if name in nlp.pipe_names]


def training_corpus(nlp: Language) -> Callable[[], Iterable[Example]]:
    """RETURNS (Callable): reads ``training.train_corpus``; of a stream (``max_epochs = -1``) the beginning."""
    config = nlp.config.interpolate()
    [corpus] = resolve_dot_names(config, [config["training"]["train_corpus"]])
    n_examples = N_OF_STREAM if config["training"]["max_epochs"] == -1 else None
    return lambda: islice(corpus(nlp), n_examples)

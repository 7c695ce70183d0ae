"""Before training: texts of the training data, what the encoder makes of them, and a head that is fitted to that; and
what the callbacks of ``[initialize.after_init]`` share."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import resolve_dot_names
from thinc.api import Model

from ..data.sampling import draw_evenly
from ..decoding.tags import TagSet
from ..errors import UserError
from ..listeners.upstream import find_encoder_component, find_listeners, upstream_of
from ..types import Ints1d, TaggerModel

logger = logging.getLogger("spacy")

DEFAULT_FIT_WORDS = 10_000
# Texts of a corpus that may have no end: enough for a first fit
N_OF_STREAM = 1000


def fit_tagger(
    model: TaggerModel,
    get_examples: Callable[[], Iterable[Example]],
    tag_set: TagSet,
    *,
    nlp: Language | None,
    n_words: int,
    total: int,
    component: str,
) -> bool:
    """Fit the linear layer of an initialized head for tags; the encoder stays as it is.

    n_words (int): so many words of the data are read, from all over them.
    total (int): the words that the data have.
    RETURNS (bool): False where nothing could be learned from: fewer than two tags, or no encoder to listen to.
    """
    examples = draw_examples(get_examples, n_words, total=total)
    found = [tag_set.single_by_biluo(eg.get_aligned_ner()) for eg in examples]
    tags = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    if len(np.unique(tags[tags >= 0])) < 2:
        return False
    with fitting(component, [model], examples, nlp) as docs:
        if docs is None:
            return False
        vectors = model.get_ref("tok2vec").predict(docs)
        if "prediction_layer" in model.ref_names:
            vectors = map(model.get_ref("prediction_layer").predict, vectors)
        fit_layer(model.get_ref("output_layer"), vectors, tags)
    return True


def fit_layer(layer: Model[Any, Any], vectors: Iterable[Any], tags: Ints1d) -> None:
    """Fit a linear layer, see ``fit_tags``; of tags that do not occur it keeps the weights.

    vectors (Iterable[Floats2d]): for each Doc, Shape: (n_tokens, width).
    tags (Ints1d): of the tokens of all Docs, below 0 where there is none to learn; Shape: (n_tokens,).
    """
    from .regression import LinearWeights, fit_tags  # torch is imported when training starts

    X = np.concatenate([layer.ops.to_numpy(rows) for rows in vectors])[tags >= 0]
    first = LinearWeights(*(layer.ops.to_numpy(layer.get_param(name)) for name in ("W", "b")))
    set_weights(layer, *fit_tags(X, tags[tags >= 0], first))


@contextmanager
def fitting(
    component: str, models: Sequence[Model[Any, Any]], examples: list[Example], nlp: Language | None
) -> Iterator[list[Doc] | None]:
    """Say what is done within, which may take a minute, and how long it has taken.

    YIELDS (list[Doc] | None): the texts, as ``read_by_encoder`` leaves them; where that is None there is nothing to do.
    """
    n_words = sum(len(eg.predicted) for eg in examples)
    logger.info("[%s] Fitting the head to %d words of the training data ...", component, n_words)
    start = time.perf_counter()
    docs = read_by_encoder(models, [eg.predicted.copy() for eg in examples], nlp)
    yield docs
    if docs is not None:
        logger.info("[%s] Fitted the head in %.0f s.", component, time.perf_counter() - start)


def set_weights(layer: Model[Any, Any], W: NDArray[np.float32], b: NDArray[np.float32]) -> None:
    """Give a linear layer its weights."""
    layer.set_param("W", layer.ops.xp.asarray(W))
    layer.set_param("b", layer.ops.xp.asarray(b))


def draw_examples(
    get_examples: Callable[[], Iterable[Example]], n_words: int, *, total: int | None = None
) -> list[Example]:
    """About so many words, in whole examples at equal distances over all of the data; all of them where there are
    fewer.

    total (int | None): the words of the data, where somebody has counted them.
    """
    if total is None:
        total = sum(len(eg.predicted) for eg in get_examples())
    return draw_evenly(get_examples(), lambda eg: len(eg.predicted), share=n_words / max(total, 1))


def read_by_encoder(
    models: Sequence[Model[Any, Any]], docs: list[Doc], nlp: Language | None
) -> list[Doc] | None:
    """The Docs with what shared encoders leave on them for ``models``; as they are where each has its own.

    RETURNS (list[Doc] | None): None where one listens to an encoder and there is no ``nlp`` to find it in.
    """
    listeners = chain.from_iterable(map(find_listeners, models))
    for upstream in dict.fromkeys(map(upstream_of, listeners)):
        encoder = find_encoder_component(nlp, upstream) if nlp else None
        if encoder is None:
            return None
        docs = list(encoder.pipe(docs, batch_size=nlp.batch_size))  # type: ignore[union-attr]
    return docs


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

"""A head that sums its gradient over tokens can be made to average it, as `bertfam_ner` does."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_corpus import make_examples, shared_pipeline
from spacy.language import Language

LISTENER = {"@architectures": "spacy-bertfam.EncoderListener.v1", "upstream": "encoder"}


def with_tagger(folder: Path, *, average: bool) -> Language:
    nlp = shared_pipeline(folder)
    model = {"@architectures": "spacy.Tagger.v2", "tok2vec": {**LISTENER, "average": average}}
    nlp.add_pipe("tagger", config={"model": model}, before="ner")
    nlp.initialize(lambda: tagged(nlp))
    softmax = nlp.get_pipe("tagger").model.get_ref("softmax")
    shape = softmax.get_param("W").shape
    softmax.set_param("W", np.random.RandomState(0).normal(scale=0.02, size=shape).astype("float32"))
    return nlp


def tagged(nlp: Language):
    examples = make_examples(nlp)
    for eg in examples:
        for token in eg.reference:
            token.tag_ = "CAP" if token.is_title else "LOW"
    return examples


def gradient_of(nlp: Language, head: str) -> torch.Tensor:
    """What one head alone would have the encoder change: the other's gradient is taken out."""
    listeners = nlp.get_pipe("encoder").listener_map
    excluded = [name for name in ("tagger", "ner") if name != head]
    nlp.get_pipe("encoder").listener_map = {head: listeners[head]}
    nlp.update(tagged(nlp), sgd=False, exclude=excluded)
    nlp.get_pipe("encoder").listener_map = listeners
    network = nlp.get_pipe("encoder").model.shims[0]._model
    found = torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
    network.zero_grad(set_to_none=True)
    return found


def test_the_average_is_the_sum_over_the_tokens_of_the_batch(folder: Path) -> None:
    summed = gradient_of(with_tagger(folder, average=False), "tagger")
    nlp = with_tagger(folder, average=True)
    n_tokens = sum(len(eg.predicted) for eg in tagged(nlp))
    torch.testing.assert_close(gradient_of(nlp, "tagger"), summed / n_tokens, rtol=1e-4, atol=1e-6)


def test_only_an_averaging_tagger_lets_the_encoder_hear_the_entity_recogniser(folder: Path) -> None:
    """Norms of the two gradients that meet in the encoder."""
    nlp = with_tagger(folder, average=False)
    ner = gradient_of(nlp, "ner").norm()
    assert gradient_of(nlp, "tagger").norm() > 10 * ner
    averaged = gradient_of(with_tagger(folder, average=True), "tagger").norm()
    assert 0.1 < float(averaged / ner) < 10


@pytest.mark.parametrize("average", [True, False])
def test_it_is_kept_in_the_config(folder: Path, tmp_path: Path, average: bool) -> None:
    import spacy

    with_tagger(folder, average=average).to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    assert nlp.get_pipe("tagger").model.get_ref("tok2vec").attrs["average"] is average

"""The head for answers: the logits of `transformers`' own head, and the way back."""

import numpy as np
import pytest
import spacy
import torch
from thinc.api import Model
from tiny.rebuilt import skip_where_rebuilt
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from spacy_bertfam.data.pairs import first_length, make_pair
from spacy_bertfam.encoder.model import build_encoder, cut_batch, encoder_shim
from spacy_bertfam.errors import UserError
from spacy_bertfam.heads.answers import answer_rows, build_span_answerer

NLP = spacy.blank("fr")
PAIR = make_pair(NLP("Qui préside la séance ?"), NLP("Anne Dupont préside\nextraordinairement."))


@pytest.mark.parametrize("kind", ["bert", "camembert"])
def test_the_scores_are_those_of_transformers(kind, tiny_encoder):
    skip_where_rebuilt(kind)
    folder = tiny_encoder(kind)
    network = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    encoder = build_encoder(str(folder), window=62, overlap=8)
    model = build_span_answerer(encoder)
    model.initialize(X=[PAIR])
    model.get_ref("output_layer").set_param("W", network.qa_outputs.weight.detach().numpy())
    model.get_ref("output_layer").set_param("b", np.array([0.5, -0.5], dtype="float32"))
    n = first_length(PAIR)
    encoded = AutoTokenizer.from_pretrained(folder)(PAIR[:n].text, PAIR[n:].text, return_tensors="pt")
    with torch.inference_mode():
        output = network(**encoded)
    starts, ends = output.start_logits[0].numpy() + 0.5, output.end_logits[0].numpy() - 0.5
    batch = cut_batch(encoder_shim(encoder), [PAIR])
    firsts, lasts = batch.firsts[n:], batch.lasts[n:]
    has_pieces = firsts < lasts
    assert (lasts - firsts).max() > 1 and not has_pieces.all()
    [scores] = model.predict([PAIR])
    np.testing.assert_allclose(scores[0], [starts[0], ends[0]], atol=1e-5)
    np.testing.assert_allclose(scores[1:][has_pieces, 0], starts[firsts[has_pieces] + 1], atol=1e-5)
    np.testing.assert_allclose(scores[1:][has_pieces, 1], ends[lasts[has_pieces]], atol=1e-5)
    np.testing.assert_array_equal(model.predict([PAIR, PAIR])[1].shape, scores.shape)


def test_a_listener_is_read_at_the_tokens_of_the_second_text_and_gets_their_gradient():
    """Each row twice, for start and end; the question's first token stands for no answer."""
    received = []

    def forward(model, docs, is_train):
        rows = [np.arange(len(doc), dtype="float32")[:, None] for doc in docs]
        return rows, lambda d_rows: received.extend(d_rows) or []

    n, n_tokens = first_length(PAIR), len(PAIR)
    [found], backprop = answer_rows(Model("tokens", forward))(
        [
            PAIR,
        ],
        True,
    )
    assert found[:, 0].tolist() == np.repeat([0, *range(n, n_tokens)], 2).tolist()
    backprop([np.ones_like(found)])
    assert received[0][:, 0].tolist() == [2] + [0] * (n - 1) + [2] * (n_tokens - n)


def test_an_empty_doc_has_no_rows():
    model = answer_rows(Model("tokens", lambda model, docs, is_train: ([np.zeros((0, 3), "float32")], None)))
    assert model.predict([NLP("")])[0].shape == (0, 3)


def test_a_dropout_beyond_1_is_refused(tiny_encoder):
    with pytest.raises(UserError, match=r"dropout is 1\.5"):
        build_span_answerer(build_encoder(str(tiny_encoder("bert"))), dropout=1.5)

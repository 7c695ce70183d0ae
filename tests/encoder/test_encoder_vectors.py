"""Docs to token vectors: the network's own vectors, whatever the batch and the text."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_docs import examples, free_docs, texts
from spacy.tokens import Doc
from tiny.kinds import CHANGES, KINDS
from tokenizers import Tokenizer
from transformers import AutoModel

from spacy_bertfam.encoder.model import encoder_shim
from spacy_bertfam.encoder.settings import POOLING_NAMES

FRENCH = "Zoé Dupont-Durand, née à Saint-Étienne-du-Rouvray, habite  aujourd'hui l'Alsace."
TOLERANCE = 1e-5


def hf_first_vectors(folder, doc):
    """The reference: AutoModel on the ids of tokenizer.json, of each token the first piece it overlaps."""
    encoding = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(doc.text)
    network = AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        rows = network(input_ids=torch.tensor([encoding.ids])).last_hidden_state[0].numpy()
    result = np.zeros((len(doc), rows.shape[1]), dtype="float32")
    for i, token in enumerate(doc):
        for row, (start, end), special in zip(
            rows, encoding.offsets, encoding.special_tokens_mask, strict=True
        ):
            inside = doc.text[max(start, token.idx) : min(end, token.idx + len(token.text))]
            if not special and inside.strip():
                result[i] = row
                break
    return result


@pytest.fixture(scope="module")
def vectors(shared_bert):
    """`vectors(docs)`: of a small-window encoder that two families of tests share."""

    def get(docs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return shared_bert.predict(docs)

    return get


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_one_window_has_the_vectors_of_transformers(tiny_encoder, build, fr, kind):
    doc = fr(FRENCH)
    found = build(kind).predict([doc])[0]
    expected = hf_first_vectors(tiny_encoder(kind), doc)
    assert np.abs(found - expected).max() < TOLERANCE
    spaces = [token.i for token in doc if token.is_space]
    assert spaces
    assert not found[spaces].any()


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_in_a_padded_batch_are_those_of_each_doc_alone(build, fr, kind):
    model = build(kind)
    docs = [fr(text) for text in (FRENCH, "", "Zoé", " \n ", FRENCH + " Oui.", "Lyon brûle.")]
    together, alone = model.predict(docs), [model.predict([doc])[0] for doc in docs]
    for doc, one, other in zip(docs, together, alone, strict=True):
        assert one.shape == (len(doc), 32)
        assert np.allclose(one, other, atol=TOLERANCE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_as_long_as_the_network_takes_runs(build, fr, kind):
    model = build(kind, window=None)
    size = encoder_shim(model).window_size()
    assert size.window == 62
    assert np.isfinite(model.predict([fr(FRENCH * 4)])[0]).all()


@examples(50)
@given(docs=st.lists(free_docs(), max_size=4))
def test_every_token_of_any_tokenization_has_a_finite_vector(vectors, docs):
    found = vectors(docs)
    assert [len(rows) for rows in found] == [len(doc) for doc in docs]
    assert all(rows.dtype == np.float32 and np.isfinite(rows).all() for rows in found)


@pytest.mark.parametrize("kind", ["roberta", "camembert", "deberta-v3", "albert", "xlm-roberta"])
@examples(20)
@given(docs=st.lists(free_docs(), min_size=1, max_size=3))
def test_other_tokenizers_give_every_token_a_vector_too(build, kind, docs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = build_once(build, kind).predict(docs)
    assert [len(rows) for rows in found] == [len(doc) for doc in docs]
    assert all(np.isfinite(rows).all() for rows in found)


MADE: dict = {}


def build_once(build, kind):
    if kind not in MADE:
        MADE[kind] = build(kind, window=12, overlap=4)
    return MADE[kind]


@pytest.mark.parametrize("lang", ["fr", "en"])
@examples(30)
@given(text=texts)
def test_every_token_of_any_text_has_a_finite_vector(vectors, fr, en, lang, text):
    doc = {"fr": fr, "en": en}[lang](text)
    (found,) = vectors([doc])
    assert found.shape == (len(doc), 32)
    assert np.isfinite(found).all()
    for token, row in zip(doc, found, strict=True):
        if not token.text.strip():
            assert not row.any(), "white space has no pieces, and so a row of zeros"


@examples(30)
@given(docs=st.lists(free_docs(), min_size=2, max_size=5), seed=st.randoms(use_true_random=False))
def test_order_of_a_batch_changes_nothing(vectors, docs, seed):
    order = list(range(len(docs)))
    seed.shuffle(order)
    straight, shuffled = vectors(docs), vectors([docs[i] for i in order])
    for place, i in enumerate(order):
        assert np.allclose(straight[i], shuffled[place], atol=TOLERANCE)


@pytest.mark.parametrize("pooling", POOLING_NAMES)
def test_bound_on_a_batch_changes_nothing(build, fr, pooling):
    docs = [fr(FRENCH * n) for n in (3, 1, 5, 2)]
    expected = build("camembert", pooling=pooling, window=16, overlap=6, max_batch_pieces=100_000).predict(
        docs
    )
    for bound in (1, 40, 200):
        found = build("camembert", pooling=pooling, window=16, overlap=6, max_batch_pieces=bound).predict(
            docs
        )
        for one, other in zip(found, expected, strict=True):
            assert np.allclose(one, other, atol=TOLERANCE)


@pytest.mark.parametrize("pooling", POOLING_NAMES)
def test_pooling_is_over_all_pieces_of_a_token(tiny_encoder, build, fr, pooling):
    folder, doc = tiny_encoder("bert"), fr("Besançonnaise")
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = backend.encode(doc.text).ids
    assert len(ids) > 4
    with torch.no_grad():
        rows = AutoModel.from_pretrained(folder)(input_ids=torch.tensor([ids])).last_hidden_state[0, 1:-1]
    expected = {"first": rows[0], "last": rows[-1], "mean": rows.mean(0), "max": rows.max(0).values}[pooling]
    found = build("bert", pooling=pooling).predict([doc])[0][0]
    assert np.abs(found - expected.numpy()).max() < TOLERANCE


@pytest.mark.parametrize("overlap", [0, 4, 8])
def test_a_token_of_a_long_text_is_read_from_the_window_with_most_context(tiny_encoder, build, overlap):
    """Every piece is a token here, so that windows are those of pieces: 16 with so many in common."""
    import spacy

    doc = Doc(spacy.blank("fr").vocab, words=[f"{i % 10}" for i in range(40)])
    folder = tiny_encoder("bert")
    model = build("bert", window=16, overlap=overlap)
    found = model.predict([doc])[0]
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = backend.encode(doc.text).ids
    assert len(ids) == 42
    network = AutoModel.from_pretrained(folder).eval()
    starts = range(0, 40, 16 - overlap)
    windows = [(start, min(start + 16, 40)) for start in starts if start == 0 or start + overlap < 40]
    reads = {}
    for start, end in windows:
        with torch.no_grad():
            rows = network(input_ids=torch.tensor([[ids[0], *ids[start + 1 : end + 1], ids[-1]]]))
        for piece in range(start, end):
            left = piece - start if start else 99
            right = end - 1 - piece if end < 40 else 99
            reads.setdefault(piece, []).append(
                (min(left, right), rows.last_hidden_state[0, piece - start + 1])
            )
    for piece, options in reads.items():
        best = max(context for context, _ in options)
        near = [vector for context, vector in options if context >= best - 1]
        assert min(np.abs(found[piece] - vector.numpy()).max() for vector in near) < TOLERANCE, piece


def test_docs_without_letters_have_rows_of_zeros(shared_bert, fr):
    docs = [fr(""), fr(" "), fr(" \n\t "), fr("\u200b"), Doc(fr.vocab, words=["\x07", "Zoé"])]
    found = shared_bert.predict(docs)
    assert [rows.shape for rows in found] == [(len(doc), 32) for doc in docs]
    assert not any(rows.any() for rows in found[:4])
    assert not found[4][0].any()
    assert found[4][1].any()


def test_no_docs_have_no_vectors(shared_bert):
    assert shared_bert.predict([]) == []
    vectors, backprop = shared_bert.begin_update([])
    assert (vectors, backprop([])) == ([], [])


def test_a_doc_keeps_memory_of_its_own(shared_bert, fr):
    first, second = shared_bert.predict([fr("Zoé rit."), fr("Lyon dort.")])
    assert first.base is None or first.base is not second.base
    first[:] = 7
    assert not (second == 7).any()


@pytest.mark.parametrize("kind", ["bert", "roberta", "camembert"])
def test_a_token_of_ten_thousand_characters_costs_its_neighbors_nothing(build, en, kind):
    model = build(kind, window=20, overlap=6)
    before, behind = ["She", "met", "Tom", "in"], ["Leeds", "last", "Monday", "."]
    doc = Doc(en.vocab, words=[*before, "xq-" * 3334, *behind])
    with pytest.warns(
        UserWarning, match=r"\d+ word pieces of this batch of 1 documents were not read"
    ) as notes:
        found = model.predict([doc])[0]
    assert len([note for note in notes if "word pieces" in str(note.message)]) == 1
    assert np.isfinite(found).all()
    assert np.abs(found).sum(axis=1).min() > 0
    assert len(np.unique(found.round(4), axis=0)) == len(doc)


def test_nothing_is_warned_of_where_nothing_is_lost(build, fr):
    model = build("bert", window=24, overlap=8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict([fr(FRENCH * 5), fr("")])


def test_an_encoder_without_weights_says_what_to_do(fr):
    from spacy_bertfam.encoder.model import build_encoder

    with pytest.raises(ValueError, match=r"no weights yet: call nlp\.initialize"):
        build_encoder("anything").predict([fr("Zoé")])


def test_a_gradient_for_a_prediction_is_refused(shared_bert, fr):
    vectors, backprop = shared_bert([fr("Zoé")], is_train=False)
    with pytest.raises(ValueError, match="run for prediction"):
        backprop(vectors)


@pytest.mark.parametrize("kind", [*KINDS, CHANGES])
def test_a_text_s_vectors_do_not_depend_on_the_texts_before_it(build, fr, kind):
    """BigBird by itself changes its attention for good at the first short text."""
    model = build(kind, window=None)
    long, short = fr("Zoé Dupont-Durand habite Rennes et Saint-Étienne-du-Rouvray. " * 2), fr("Il pleut.")
    (before,) = model.predict([long])
    model.predict([short])
    assert np.array_equal(model.predict([long])[0], before)

"""Pairs of texts in the encoder: windows as `transformers` makes them, and single texts as ever."""

from dataclasses import replace

import numpy as np
import pytest
import spacy
import torch
from tiny.kinds import KINDS
from tiny.rebuilt import skip_where_rebuilt
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import AutoModel, AutoTokenizer

from spacy_bertfam.data.pairs import first_length, make_pair
from spacy_bertfam.encoder.model import cut_batch, encoder_shim
from spacy_bertfam.encoder.pieces.batch import PieceBatch, WindowSize
from spacy_bertfam.encoder.pieces.pair_template import PairTemplate
from spacy_bertfam.encoder.pieces.piece_scheme import PieceScheme
from spacy_bertfam.encoder.pieces.tokenizer import PieceTokenizer
from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime
from spacy_bertfam.encoder.runtimes.openvino_runtime import OpenVinoRuntime
from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError

NLP = spacy.blank("fr")
QUESTION, TEXT = "Qui préside la séance ?", "Anne  Dupont-Durand préside la séance.\nElle vient de Rennes."
PIECES = ["[UNK]", "[CLS]", "[SEP]", "[MID]", *"abcdefghij"]
CLS, SEP, MID, A = 1, 2, 3, 4
WIDE = WindowSize(62, 8)


def tokenizer_of(pair: str = "[CLS]:0 $A:0 [MID]:0 $B:1 [SEP]:1") -> PieceTokenizer:
    """Each letter is a piece, numbered from A on."""
    backend = Tokenizer(WordLevel({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    backend.pre_tokenizer = WhitespaceSplit()
    specials = [("[CLS]", CLS), ("[SEP]", SEP), ("[MID]", MID)]
    backend.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair=pair, special_tokens=specials)
    return PieceTokenizer(backend, (CLS,), (SEP,), 0)


def pair_of(first: str, second: str) -> spacy.tokens.Doc:
    return make_pair(NLP(first), NLP(second))


def windows_of(batch: PieceBatch) -> list[list[int]]:
    return [batch.ids[s:e].tolist() for s, e in zip(batch.windows.starts, batch.windows.ends, strict=True)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_read_as_transformers_reads_it(kind, build, tiny_encoder):
    skip_where_rebuilt(kind)
    model = build(kind, window=62, overlap=8)
    pair = pair_of(QUESTION, TEXT)
    tokenizer = AutoTokenizer.from_pretrained(tiny_encoder(kind))
    encoded = tokenizer(pair[: first_length(pair)].text, pair[first_length(pair) :].text, return_tensors="pt")
    with torch.inference_mode():
        expected = (
            AutoModel.from_pretrained(tiny_encoder(kind)).eval()(**encoded).last_hidden_state[0].numpy()
        )
    batch = cut_batch(encoder_shim(model), [pair])
    [chunk] = batch.chunks(encoder_shim(model).loaded.tokenizer)
    assert chunk.ids[0].tolist() == encoded["input_ids"][0].tolist()
    has_pieces = batch.firsts < batch.lasts
    np.testing.assert_allclose(
        model.predict([pair])[0][has_pieces], expected[batch.firsts[has_pieces] + 1], atol=1e-5
    )


def test_single_texts_beside_a_pair_stay_as_they_are(build):
    model = build("bert", window=12, overlap=4)
    text = NLP(f"{TEXT} {TEXT}")
    beside = model.predict([text, pair_of("Qui ?", TEXT), text])
    for rows in (beside[0], beside[2]):
        np.testing.assert_allclose(rows, model.predict([text])[0], atol=1e-5)


def test_every_window_of_a_long_second_text_begins_with_the_first():
    batch = PieceBatch.from_docs([pair_of("a b", "c d e f g h i j")], tokenizer_of(), WindowSize(7, 2))
    assert windows_of(batch) == [
        [A, A + 1, MID, A + 2, A + 3, A + 4, A + 5],
        [A, A + 1, MID, A + 4, A + 5, A + 6, A + 7],
        [A, A + 1, MID, A + 6, A + 7, A + 8, A + 9],
    ]
    assert batch.ids[batch.firsts].tolist() == list(range(A, A + 10))  # each token is read from its own piece
    assert owned(batch) == [[0, 6], [4, 6], [4, 7]]
    assert (batch.window_counts, batch.n_cut, batch.n_cut_firsts) == ([3], 0, 0)
    chunks = list(batch.chunks(tokenizer_of()))
    assert sorted(np.concatenate([chunk.tokens for chunk in chunks]).tolist()) == list(range(10))
    for chunk in chunks:
        assert chunk.ids.ravel()[chunk.firsts].tolist() == (A + chunk.tokens).tolist()
        assert chunk.types.tolist() == [[0, 0, 0, 0, 1, 1, 1, 1, 1]] * len(chunk.ids)


def test_windows_of_a_second_text_have_at_most_half_of_its_room_in_common():
    batch = PieceBatch.from_docs([pair_of("a b c", "d e f g h")], tokenizer_of(), WindowSize(7, 2))
    assert [window[4:] for window in windows_of(batch)] == [[A + 3, A + 4, A + 5], [A + 5, A + 6, A + 7]]


def test_segments_of_single_texts_and_of_padding_are_0():
    batch = PieceBatch.from_docs([NLP("a b c"), pair_of("a", "b"), NLP("")], tokenizer_of(), WIDE)
    [chunk] = batch.chunks(tokenizer_of())
    assert chunk.ids.tolist() == [[CLS, A, A + 1, A + 2, SEP], [CLS, A, MID, A + 1, SEP]]
    assert chunk.types.tolist() == [[0] * 5, [0, 0, 0, 1, 1]]
    assert batch.window_counts == [1, 1, 0]


def test_a_first_text_longer_than_half_a_window_keeps_its_first_pieces():
    batch = PieceBatch.from_docs([pair_of("a b c d e f", "g h")], tokenizer_of(), WindowSize(7, 2))
    assert windows_of(batch) == [[A, A + 1, A + 2, MID, A + 6, A + 7]]
    assert (batch.firsts < batch.lasts).tolist() == [True] * 3 + [False] * 3 + [True] * 2
    assert (batch.n_cut, batch.n_cut_firsts) == (0, 3)


def test_a_first_text_that_is_cut_is_warned_of(build):
    with pytest.warns(UserWarning, match="more than half of a window"):
        build("bert", window=12, overlap=4).predict([pair_of(TEXT, TEXT)])


def test_a_token_longer_than_its_room_keeps_its_first_pieces():
    pair = make_pair(NLP("a"), spacy.tokens.Doc(NLP.vocab, words=["b", "c d e f g h i j", "a"]))
    batch = PieceBatch.from_docs([pair], tokenizer_of(), WindowSize(6, 0))
    assert batch.n_cut == 4
    assert batch.ids[batch.firsts].tolist() == [A, A + 1, A + 2, A]
    assert (batch.lasts - batch.firsts).tolist() == [1, 1, 4, 1]


def test_in_a_batch_each_pair_and_text_is_read_as_alone():
    """Texts alone are read by other code: theirs are the windows that they have ever had."""
    long_token = spacy.tokens.Doc(NLP.vocab, words=["b", "c d e f g h i j", "a"])
    docs = [
        NLP("a b c d e f g h i"),
        pair_of("a b", "c d e\nf g h i j"),
        NLP(""),
        pair_of("a b c d e f", "g h"),
        make_pair(NLP("j"), long_token),
        pair_of("b", ""),
        NLP("c d"),
    ]
    together = PieceBatch.from_docs(docs, tokenizer_of(), WindowSize(7, 2))
    alone = [PieceBatch.from_docs([doc], tokenizer_of(), WindowSize(7, 2)) for doc in docs]
    assert windows_of(together) == [window for batch in alone for window in windows_of(batch)]
    assert tokens_of(together) == [pieces for batch in alone for pieces in tokens_of(batch)]
    assert owned(together) == [places for batch in alone for places in owned(batch)]
    for name in ("lengths", "window_counts"):
        assert getattr(together, name) == [n for batch in alone for n in getattr(batch, name)]
    assert together.n_cut == sum(batch.n_cut for batch in alone) > 0
    assert together.n_cut_firsts == sum(batch.n_cut_firsts for batch in alone) == 3


def tokens_of(batch: PieceBatch) -> list[list[int]]:
    return [batch.ids[a:b].tolist() for a, b in zip(batch.firsts, batch.lasts, strict=True)]


def owned(batch: PieceBatch) -> list[list[int]]:
    """Of each window the first piece that is read from it, and the piece after the last one, counted from its start."""
    starts, _, own_starts, own_ends = batch.windows.arrays
    return np.stack([own_starts - starts, own_ends - starts], axis=1).tolist()


def test_the_second_text_may_have_no_pieces():
    batch = PieceBatch.from_docs([pair_of("a b", "")], tokenizer_of(), WIDE, with_documents=True)
    assert windows_of(batch) == [[A, A + 1, MID]]
    assert batch.n_rows == 3


def test_pairs_are_cut_token_by_token_where_the_encoder_was_trained_so():
    tokenizer = tokenizer_of()
    by_token = PieceTokenizer(tokenizer.backend, (CLS,), (SEP,), 0, PieceScheme(by_token=True))
    together = make_pair(NLP("a"), spacy.tokens.Doc(NLP.vocab, words=["c", "d"], spaces=[False, False]))
    assert windows_of(PieceBatch.from_docs([together], by_token, WIDE)) == [[A, MID, A + 2, A + 3]]
    docs = [NLP("c"), pair_of("a b", "c d")]
    expected, found = (PieceBatch.from_docs(docs, each, WIDE) for each in (tokenizer, by_token))
    assert windows_of(found) == windows_of(expected)
    assert found.firsts.tolist() == expected.firsts.tolist()


def test_the_template_is_read_off_the_tokenizer():
    assert tokenizer_of().pair == PairTemplate((MID,), (0,), 0, (0,), 1, (1,))


@pytest.mark.parametrize(
    ("pair", "template"),
    [
        ("[CLS]:2 $A:1 [SEP]:3 [SEP]:4 $B:5 [SEP]:6", PairTemplate((SEP, SEP), (2,), 1, (3, 4), 5, (6,))),
        ("[CLS] $A $B [SEP]", PairTemplate((), (0,), 0, (), 0, (0,))),
    ],
)
def test_between_the_texts_stands_what_the_tokenizer_puts_there(pair, template):
    assert tokenizer_of(pair).pair == template
    assert template.has_segments == (5 in template)


@pytest.mark.parametrize(
    "pair", ["[CLS] $B [MID] $A [SEP]", "$A [MID] $B [SEP]", "[CLS] $A [MID] $B", "[MID] $A $B [SEP]"]
)
def test_a_tokenizer_that_makes_pairs_another_way_is_refused(pair):
    with pytest.raises(CheckpointError, match=r"makes .* of a pair of texts; expected .* made to read pairs"):
        PieceBatch.from_docs([pair_of("a", "b")], tokenizer_of(pair), WIDE)


@pytest.mark.parametrize("runtime", [OnnxRuntime, OpenVinoRuntime])
def test_an_engine_without_segments_refuses_them(runtime):
    ids = torch.zeros((1, 4), dtype=torch.int64)
    with pytest.raises(UserError, match="expected torch to read pairs"):
        runtime.__new__(runtime)(ids, ids, ids)


def test_an_engine_is_asked_for_segments_where_the_network_has_them(build):
    assert encoder_shim(build("bert")).loaded.n_segments == 2
    assert encoder_shim(build("distilbert")).loaded.n_segments == 1
    graph_alone = replace(encoder_shim(build("bert")).loaded, weights=None)
    files = {"config.json": b'{"type_vocab_size": 2}'}
    assert replace(graph_alone, tokenizer_files=files).n_segments == 2
    assert replace(graph_alone, tokenizer_files={"config.json": b"{}"}).n_segments == 1

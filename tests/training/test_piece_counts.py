"""How many pieces a text has, counted or estimated."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.tokens import Doc
from tiny.kinds import KINDS
from tokenizers import Tokenizer

from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.training.piece_counts import estimate_pieces, make_counter

NLP = spacy.blank("xx")
TEXTS = ("Zoé habite à Saint-Étienne depuis 2019.", "", "a", "anticonstitutionnellement " * 40)


@pytest.mark.parametrize(
    ("words", "n_pieces"),
    [
        ([], 2),
        (["a"], 3),
        (["Zoé"], 3),
        (["mots"], 3),
        (["Rouen"], 4),
        (["anticons"], 4),
        (["a", "\n\n", "b", " "], 4),  # white space has no piece
        (["Zoé", "habite", "à", "Strasbourg", "."], 2 + 1 + 2 + 1 + 3 + 1),
    ],
)
def test_four_characters_are_estimated_as_a_piece(words: list[str], n_pieces: int) -> None:
    found = estimate_pieces([Doc(NLP.vocab, words=words), Doc(NLP.vocab, words=["a"])])
    assert found == [n_pieces, 3]
    assert all(type(n) is int for n in found)


def test_without_an_encoder_pieces_are_estimated() -> None:
    assert make_counter(None) is estimate_pieces


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_counts_with_its_special_pieces(tiny_encoder: Callable[[str], Path], kind: str) -> None:
    folder = tiny_encoder(kind)
    docs = [NLP.make_doc(text) for text in TEXTS]
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    expected = [len(backend.encode(doc.text, add_special_tokens=True).ids) for doc in docs]
    assert expected[1] == 2
    assert make_counter(str(folder))(docs) == expected


def test_no_limit_of_the_tokenizer_cuts_the_count(tiny_encoder: Callable[[str], Path]) -> None:
    docs = [NLP.make_doc("oui"), NLP.make_doc("oui " * 3000)]
    [short, long] = make_counter(str(tiny_encoder("bert")))(docs)
    assert long - 2 == 3000 * (short - 2)


def test_an_encoder_that_is_not_there_is_said_and_pieces_are_estimated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "spacy"):
        assert make_counter("./no/such/folder") is estimate_pieces
    assert [record.getMessage() for record in caplog.records] == [
        "Pieces are estimated, not counted, for the batches: No folder ./no/such/folder; expected a Hugging Face "
        "checkpoint on this disk."
    ]


@pytest.fixture
def with_vocabulary(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Path:
    """RETURNS (Path): an encoder as many stand on the hub: `vocab.txt`, and no `tokenizer.json`."""
    folder = tmp_path / "encoder"
    shutil.copytree(tiny_encoder("bert"), folder)
    vocab = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))["model"]["vocab"]
    (folder / "vocab.txt").write_text("\n".join(sorted(vocab, key=vocab.__getitem__)) + "\n", encoding="utf8")
    (folder / "tokenizer.json").unlink()
    return folder


def test_a_vocabulary_alone_counts_as_the_tokenizer_made_of_it(
    with_vocabulary: Path, tiny_encoder: Callable[[str], Path]
) -> None:
    docs = [NLP.make_doc(text) for text in TEXTS]
    assert make_counter(str(with_vocabulary))(docs) == make_counter(str(tiny_encoder("bert")))(docs)


def test_a_tokenizer_passes_the_gate_before_it_is_opened(with_vocabulary: Path) -> None:
    """A batcher is built before the encoder is loaded."""
    settings = with_vocabulary / "tokenizer_config.json"
    code = {"auto_map": {"AutoTokenizer": ["own.Tokenizer", None]}}
    settings.write_text(
        json.dumps({**json.loads(settings.read_text(encoding="utf8")), **code}), encoding="utf8"
    )
    with pytest.raises(CheckpointError, match="auto_map"):
        make_counter(str(with_vocabulary))


def test_a_tokenizer_outside_of_its_folder_is_not_opened(
    tiny_encoder: Callable[[str], Path], with_vocabulary: Path
) -> None:
    (with_vocabulary / "tokenizer.json").symlink_to(tiny_encoder("bert") / "tokenizer.json")
    with pytest.raises(CheckpointError, match=r"tokenizer\.json"):
        make_counter(str(with_vocabulary))


def test_weights_are_not_needed_to_count(with_vocabulary: Path) -> None:
    (with_vocabulary / "model.safetensors").unlink()
    assert make_counter(str(with_vocabulary))([NLP.make_doc("")]) == [2]


def test_a_folder_without_a_tokenizer_is_an_error(with_vocabulary: Path) -> None:
    (with_vocabulary / "vocab.txt").unlink()
    with pytest.raises(CheckpointError, match=r"has no tokenizer\.json and no vocabulary"):
        make_counter(str(with_vocabulary))

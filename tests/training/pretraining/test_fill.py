"""Hidden words guessed: as `transformers` guesses them, however the place is written, by encoder or pipeline."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from small_corpus import make_examples, shared_pipeline
from tiny.kinds import KINDS
from transformers import AutoModelForMaskedLM, AutoTokenizer
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError
from spacy_bertfam.training.pretraining.fill import Place, fill, require_head
from spacy_bertfam.training.pretraining.network import MaskedLanguageModel

TEXT = "Le [MASK] de Saintes a <mask> ."
FillingFolder = Callable[[str], Path]


@pytest.fixture
def folder(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> FillingFolder:
    """`folder(kind)` RETURNS (Path): an encoder with a random head that names hidden words."""

    def get(kind: str) -> Path:
        path = shutil.copytree(tiny_encoder(kind), tmp_path / f"with-head-{kind}")
        torch.manual_seed(0)
        network = AutoModelForMaskedLM.from_pretrained(path)
        for name, parameter in network.named_parameters():
            if not name.startswith(network.base_model_prefix):
                torch.nn.init.normal_(parameter, std=0.3)
        network.save_pretrained(path)
        return path

    return get


def shares(places: list[Place]) -> list[list[float]]:
    return [[guess.probability for guess in place.guesses] for place in places]


@pytest.mark.parametrize("kind", KINDS)
def test_guesses_are_those_of_transformers(kind: str, folder: FillingFolder) -> None:
    path = folder(kind)
    model = MaskedLanguageModel(path)
    assert model.new_weights == []
    found = fill(model, TEXT, n=7)
    tokenizer, network = (
        AutoTokenizer.from_pretrained(path),
        AutoModelForMaskedLM.from_pretrained(path).eval(),
    )
    text = TEXT.replace("[MASK]", tokenizer.mask_token).replace("<mask>", tokenizer.mask_token)
    inputs = tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        logits = network(**inputs).logits[inputs["input_ids"] == tokenizer.mask_token_id]
    expected = logits.softmax(dim=-1).topk(7)
    pieces = [tokenizer.convert_ids_to_tokens(ids) for ids in expected.indices.tolist()]
    assert [[guess.piece for guess in place.guesses] for place in found] == pieces
    assert torch.allclose(torch.tensor(shares(found)), expected.values, atol=1e-5)
    assert [TEXT[place.start : place.end] for place in found] == ["[MASK]", "<mask>"]


@pytest.mark.parametrize("kind", ["bert", "camembert"])
def test_a_place_is_the_same_however_it_is_written(kind: str, folder: FillingFolder) -> None:
    model = MaskedLanguageModel(folder(kind))
    first, second = (fill(model, f"Le {mark} de Saintes a signé .") for mark in ("[MASK]", "<mask>"))
    assert shares(first) == shares(second)


def test_a_guess_reads_as_a_word(folder: FillingFolder) -> None:
    (place,) = fill(MaskedLanguageModel(folder("camembert")), "Le <mask> rit", n=40)
    marked = [guess for guess in place.guesses if guess.piece.startswith("▁") and len(guess.piece) > 1]
    assert marked and all(guess.text == guess.piece[1:] for guess in marked)


def test_a_place_far_behind_the_first_window_is_guessed_from_its_own_part(folder: FillingFolder) -> None:
    model = MaskedLanguageModel(folder("bert"))
    assert model.max_pieces == 64
    text = "Il pleut sur la ville . " * 40
    first, last = fill(model, f"Le [MASK] rit . {text} Le [MASK] rit .")
    (alone,) = fill(model, f"Le [MASK] rit . {text}")
    assert shares([first]) == shares([alone]) != shares([last])


def test_an_encoder_without_a_head_is_told_how_to_get_one(tiny_encoder: Callable[[str], Path]) -> None:
    model = MaskedLanguageModel(tiny_encoder("bert"))
    with pytest.raises(UserError, match=r"has no head for hidden words .*`bertfam pretrain petit TEXTS OUT`"):
        require_head(model, "petit")


def test_a_text_without_a_masked_place_is_refused(folder: FillingFolder) -> None:
    with pytest.raises(UserError, match=r"no masked place; expected \[MASK\] or <mask> in it"):
        fill(MaskedLanguageModel(folder("bert")), "Le maire rit .")


def test_a_tokenizer_that_does_not_read_its_mask_is_said(folder: FillingFolder) -> None:
    path = folder("bert") / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf8"))
    tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["content"] != "[MASK]"]
    path.write_text(json.dumps(tokenizer), encoding="utf8")
    with pytest.raises(UserError, match=r"1 masked places and the tokenizer reads 0"):
        fill(MaskedLanguageModel(path.parent), "Le [MASK] rit")


# -- the command


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["fill", *map(str, arguments)])


def test_the_command_prints_a_row_for_each_guess(folder: FillingFolder) -> None:
    path = folder("bert")
    result = run(path, TEXT, "--top", 3)
    assert result.exit_code == 0, result.output
    heading, *rows = [line.split() for line in result.stdout.splitlines() if line.strip("- ")]
    assert " ".join(heading) == "Le [1] de Saintes a [2] ."
    assert rows[0] == ["place", "guess", "probability"]
    assert [row[0] for row in rows[1:]] == ["1"] * 3 + ["2"] * 3
    best = fill(MaskedLanguageModel(path), TEXT, n=1)
    assert [rows[1][1:], rows[4][1:]] == [
        [place.guesses[0].text, f"{place.guesses[0].probability:.1%}"] for place in best
    ]


def test_the_command_prints_json_for_each_text(folder: FillingFolder, tmp_path: Path) -> None:
    path = folder("bert")
    (tmp_path / "t.txt").write_text("Le [MASK] rit .\nLa <mask> a signé .", encoding="utf8")
    result = run(path, tmp_path / "t.txt", "--lines", "--json", "--top", 2)
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout)
    assert (first["text"], second["text"]) == ("Le [MASK] rit .", "La <mask> a signé .")
    (place,) = second["places"]
    assert (place["start"], place["end"]) == (3, 9)
    assert [set(guess) for guess in place["guesses"]] == [{"text", "piece", "probability"}] * 2


@pytest.fixture
def pipeline(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> Path:
    """The folder of a pipeline with the same encoder, before training."""
    nlp = shared_pipeline(tiny_encoder("bert"))
    nlp.initialize(lambda: make_examples(nlp))
    nlp.to_disk(tmp_path / "pipeline")
    return tmp_path / "pipeline"


def test_a_pipeline_guesses_with_its_own_encoder_under_the_head_of_another(
    pipeline: Path, folder: FillingFolder
) -> None:
    head = folder("bert")
    before = run(head, TEXT, "--json")
    assert run(pipeline, TEXT, "--head", head, "--json").stdout == before.stdout
    network = AutoModelForMaskedLM.from_pretrained(head)
    torch.nn.init.normal_(network.bert.encoder.layer[0].output.dense.weight)
    network.save_pretrained(head)
    assert run(head, TEXT, "--json").stdout != before.stdout
    assert run(pipeline, TEXT, "--head", head, "--json").stdout == before.stdout


def test_mistakes_are_said_in_a_sentence(
    pipeline: Path, folder: FillingFolder, tiny_encoder: Callable[[str], Path]
) -> None:
    for arguments, said in (
        ([pipeline], "is a pipeline, which keeps no head for hidden words"),
        ([pipeline, "--head", folder("roberta")], "belongs to an encoder of other layers, sizes or pieces"),
        ([folder("bert"), "--head", tiny_encoder("bert")], "--head is for a pipeline"),
        ([tiny_encoder("bert")], "has no head for hidden words"),
        (["a/b/c"], "No folder a/b/c"),
    ):
        name, *options = arguments
        result = run(name, TEXT, *options)
        assert result.exit_code == 1 and result.stderr.startswith("Error: ") and said in result.stderr

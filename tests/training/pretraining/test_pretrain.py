"""Masked-language modelling: the scores are those of `transformers`, the loss falls, the folder is an encoder."""

import json
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from small_corpus import PAIRS
from spacy.util import fix_random_seed
from tiny.kinds import KINDS
from transformers import AutoModelForMaskedLM
from typer.testing import CliRunner

from spacy_bertfam.cli import pretrain as command
from spacy_bertfam.cli.app import app
from spacy_bertfam.cli.pretrain import _paragraphs
from spacy_bertfam.encoder.checkpoint import network_budget
from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.encoder.runtimes import torch_runtime
from spacy_bertfam.errors import UserError
from spacy_bertfam.gate import CheckpointError
from spacy_bertfam.training.pretraining import loop
from spacy_bertfam.training.pretraining.loop import Recipe, Score, evaluate, pretrain
from spacy_bertfam.training.pretraining.masking import Masked, mask_words
from spacy_bertfam.training.pretraining.network import MaskedLanguageModel
from spacy_bertfam.training.pretraining.texts import WindowTexts
from spacy_bertfam.training.stopping import Stop

RECIPE = Recipe(max_steps=90, batch_pieces=400, learn_rate=5e-3, eval_frequency=30)


def masked_of(model: MaskedLanguageModel, texts: WindowTexts):
    """Pieces to guess in the first windows."""
    (chunk, *_) = texts.batch(np.arange(6)).chunks(model.tokenizer)
    return mask_words(chunk, model.vocabulary, np.random.default_rng(0), rate=0.3)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_transformers(
    kind: str, tiny_encoder: Callable[[str], Path], tmp_path: Path
) -> None:
    model = MaskedLanguageModel(tiny_encoder(kind))
    model.network.eval()
    texts = WindowTexts.from_docs(map(spacy.blank("fr").make_doc, PAIRS), model.tokenizer, 20)
    masked = masked_of(model, texts)
    ids = torch.from_numpy(masked.ids)
    mask = torch.arange(ids.shape[1])[None, :] < torch.from_numpy(masked.lengths)[:, None]
    with torch.inference_mode():
        found = model.scores(masked)
        whole = model.network(input_ids=ids, attention_mask=mask.long()).logits
    expected = whole.reshape(-1, whole.shape[-1])[torch.from_numpy(masked.cells)]
    assert len(masked.cells) > 5
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_a_head_may_be_made_anew_where_nearly_all_numbers_are_embeddings(
    tiny_encoder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_budget, "FREE", 0)
    found = MaskedLanguageModel(tiny_encoder("bert"))
    n_numbers = sum(parameter.numel() for parameter in found.encoder.parameters())
    assert found.network.get_input_embeddings().weight.numel() > 0.3 * n_numbers


def test_a_step_does_not_depend_on_how_it_is_cut(
    tiny_encoder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls of the network add up: one window a call, or all of them, end at the same weights."""

    def all_hidden(model: MaskedLanguageModel, batch: Any, recipe: Recipe, rng: Any) -> Any:
        for chunk in batch.chunks(model.tokenizer, recipe.batch_pieces):
            cells = np.sort(
                np.concatenate([f + np.arange(n) for f, n in zip(chunk.firsts, chunk.counts, strict=True)])
            )
            ids = chunk.ids.copy()
            ids.ravel()[cells] = model.vocabulary.mask_id
            yield Masked(ids, chunk.lengths, cells, chunk.ids.ravel()[cells])

    monkeypatch.setattr(loop, "_masked", all_hidden)
    weights = []
    for max_cells in (1, 4096):
        torch.manual_seed(0)
        model = MaskedLanguageModel(tiny_encoder("bert"))
        texts = WindowTexts.from_docs(map(spacy.blank("fr").make_doc, PAIRS), model.tokenizer, 20)
        recipe = Recipe(5, batch_pieces=max_cells, learn_rate=1e-3)
        optimizers = loop.optimizers_of(model, recipe)
        for batch in texts.draw(200, n_special=2):
            loop._update(model, batch, optimizers, recipe, np.random.default_rng(0))
        weights.append(model.network.bert.encoder.layer[0].output.dense.weight.detach().clone())
    torch.testing.assert_close(weights[0], weights[1], atol=2e-4, rtol=1e-3)


@pytest.fixture(scope="module")
def learned(
    tiny_encoder: Callable[[str], Path], texts: WindowTexts, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Score]]:
    """The folder of an encoder that has learned the texts, to be read only, and its scores as they were reported."""
    fix_random_seed(0)
    folder, reported = tmp_path_factory.mktemp("learned") / "out", []
    model = MaskedLanguageModel(tiny_encoder("bert"))
    assert pretrain(model, texts, texts, RECIPE, folder, report=reported.append) == reported
    return folder, reported


def test_it_learns_the_texts_and_keeps_the_best_weights(
    learned: tuple[Path, list[Score]], texts: WindowTexts
) -> None:
    folder, scores = learned
    assert [score.step for score in scores] == [0, 30, 60, 90]
    assert scores[-1].loss < 0.7 * scores[0].loss
    assert scores[-1].accuracy > scores[0].accuracy
    best = min(scores, key=lambda score: score.loss)
    again = evaluate(MaskedLanguageModel(folder), texts, RECIPE, step=0)
    assert again.loss == pytest.approx(best.loss, abs=1e-5)


def test_worse_weights_do_not_replace_better_ones(
    model: MaskedLanguageModel, texts: WindowTexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses, saved = {0: 2.0, 10: 9.0, 20: 6.0, 30: 7.0}, []  # better than at first it never gets

    def scripted(model: Any, texts: Any, recipe: Recipe, *, step: int, **_: Any) -> Score:
        return Score(step, losses[step], 0.0, None, 0.0)

    def save(model: MaskedLanguageModel, folder: Path) -> None:
        saved.append(optimizers[0][0].steps_taken[0])
        folder.mkdir(exist_ok=True)

    optimizers: list[Any] = []
    make = loop.optimizers_of
    monkeypatch.setattr(loop, "optimizers_of", lambda *a: optimizers.extend(make(*a)) or optimizers)
    monkeypatch.setattr(loop, "evaluate", scripted)
    monkeypatch.setattr(MaskedLanguageModel, "save", save)
    pretrain(model, texts, texts, Recipe(30, batch_pieces=400, eval_frequency=10), tmp_path / "out")
    assert saved == [10, 20]


def test_an_encoder_that_is_there_is_replaced_only_by_a_better_one(
    learned: tuple[Path, list[Score]], texts: WindowTexts, tmp_path: Path
) -> None:
    shutil.copytree(learned[0], tmp_path / "out")
    before = (tmp_path / "out" / "model.safetensors").read_bytes()
    again = MaskedLanguageModel(tmp_path / "out")
    ruinous = Recipe(5, batch_pieces=400, learn_rate=3.0, eval_frequency=5)
    pretrain(again, texts, texts, ruinous, tmp_path / "out")
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == before


def test_a_loss_that_is_no_number_is_said_and_not_saved(
    model: MaskedLanguageModel, texts: WindowTexts, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"no number any more.* a lower --learn-rate"):
        pretrain(model, texts, texts, Recipe(9, batch_pieces=400, learn_rate=1e30), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_new_head_begins_with_the_frequencies(
    model: MaskedLanguageModel, texts: WindowTexts, tmp_path: Path
) -> None:
    assert any("predictions" in name for name in model.new_weights)
    (first, *_) = pretrain(model, texts, texts, Recipe(1, batch_pieces=400), tmp_path / "out")
    shares = np.bincount(texts.ids) / len(texts.ids)
    entropy = -sum(share * np.log(share) for share in shares if share)
    assert first.loss == pytest.approx(entropy, abs=0.6)
    assert MaskedLanguageModel(tmp_path / "out").new_weights == []


def test_a_head_that_was_learned_stays(
    learned: tuple[Path, list[Score]], texts: WindowTexts, tmp_path: Path
) -> None:
    folder, scores = learned
    recipe = Recipe(1, batch_pieces=400)
    second = pretrain(MaskedLanguageModel(folder), texts, texts, recipe, tmp_path / "two")
    assert second[0].loss == pytest.approx(min(score.loss for score in scores), abs=1e-5)


def test_a_stop_ends_between_two_steps_and_saves(
    model: MaskedLanguageModel, texts: WindowTexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update, n_steps = loop._update, []

    def update_and_ask(*arguments: Any) -> float:
        n_steps.append(1)
        if len(n_steps) == 3:
            signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)
        return update(*arguments)

    monkeypatch.setattr(loop, "_update", update_and_ask)
    with Stop().handling_signals() as stop:
        scores = pretrain(model, texts, texts, RECIPE, tmp_path / "out", stop=stop)
    assert [score.step for score in scores] == [0, 3]
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_without_a_piece_for_hidden_ones_it_is_said(
    tiny_encoder: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "maskless"
    shutil.copytree(tiny_encoder("bert"), folder)
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).exists():
            fields = json.loads((folder / name).read_text(encoding="utf8"))
            fields.pop("mask_token", None)
            fields["tokenizer_class"] = "PreTrainedTokenizerFast"
            (folder / name).write_text(json.dumps(fields), encoding="utf8")
    with pytest.raises(UserError, match=r"no piece that stands for hidden ones \(mask_token\)"):
        MaskedLanguageModel(folder)


def test_pickled_weights_are_refused(tiny_encoder: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_encoder("bert"), folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin"):
        MaskedLanguageModel(folder)


# -- the command


@pytest.fixture
def run(tiny_encoder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("\n\n".join(PAIRS), encoding="utf8")
    Path("few.txt").write_text("\n".join(PAIRS[:3]), encoding="utf8")
    encoder = tiny_encoder("camembert")

    def call(*options: str, encoder: Path = encoder, texts: str = "texts.txt", out: str = "out") -> Any:
        fast = ("--max-steps", "2", "--batch-pieces", "200", "--lang", "fr")
        return CliRunner().invoke(app, ["pretrain", str(encoder), texts, out, *fast, *options])

    return call


def test_the_command_writes_an_encoder_that_a_pipeline_takes(run: Callable) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "35 texts" in result.output and "dev 1 texts" in result.output
    assert "out: written, the weights of step" in result.output
    said = re.search(r"out has ([0-9.]+) MB, ([0-9.]+) MB of them the head", result.output)
    assert float(said[1]) == pytest.approx(Path("out/model.safetensors").stat().st_size / 1e6, abs=0.06)
    model = build_encoder("out")
    model.initialize()
    weights = AutoModelForMaskedLM.from_pretrained("out").base_model.state_dict()
    network = encoder_shim(model).loaded.network
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, weights[name]), name
    assert model.predict([spacy.blank("fr")(PAIRS[0])])[0].shape[1] == 32


@pytest.mark.parametrize(
    ("device", "options", "expected"),
    [("cuda", [], True), ("cuda", ["--no-bf16"], False), ("cpu", [], False), ("cpu", ["--bf16"], True)],
)
def test_a_gpu_computes_in_bfloat16_by_default(
    run: Callable, monkeypatch: pytest.MonkeyPatch, device: str, options: list[str], expected: bool
) -> None:
    load, recipes = command._load, []

    def on_device(*args: Any, **settings: Any) -> Any:
        model = load(*args, **settings)
        model.device = torch.device(device)
        return model

    def train(*given: Any) -> Any:
        recipes.append(given[3])
        raise UserError("enough")

    monkeypatch.setattr(torch_runtime, "has_bf16", lambda device: True)
    monkeypatch.setattr(command, "_load", on_device)
    monkeypatch.setattr(command, "_train", train)
    run(*options)
    assert [recipe.bf16 for recipe in recipes] == [expected]


def test_a_rate_that_ruins_the_encoder_is_warned_of(run: Callable) -> None:
    result = run("--learn-rate", "30")
    if result.exit_code:  # its numbers may end before it does
        assert result.stderr.splitlines()[-1].startswith("Error: ")
        return
    assert "Warning: it guesses no better than before" in result.stderr
    assert "the weights of step 2" in result.stdout


@pytest.mark.parametrize("batch_pieces", ["64", "200", "4096"])
def test_a_round_is_a_round_whatever_a_step_holds(run: Callable, batch_pieces: str) -> None:
    result = run("--max-epochs", "1", "--max-steps", "0", "--batch-pieces", batch_pieces)
    n_steps = int(re.search(r"([0-9]+) steps", result.output).group(1))
    n_pieces = int(re.search(r"([0-9,]+) pieces", result.output).group(1).replace(",", ""))
    assert n_pieces / int(batch_pieces) <= n_steps <= 35


@pytest.mark.parametrize(
    ("text", "n"), [("a\n\nb c\nd\n\ne", 3), ("a\nb\nc", 3), ("\n".join("abcdefghij" * 6) + "\n\nlast", 61)]
)
def test_paragraphs_are_texts_or_else_lines(text: str, n: int) -> None:
    assert len(_paragraphs(text)) == n


def test_an_encoder_is_replaced_only_by_force(run: Callable) -> None:
    assert run().exit_code == 0
    before = Path("out/model.safetensors").read_bytes()
    assert run("--learn-rate", "0.01").exit_code == 1
    assert Path("out/model.safetensors").read_bytes() == before
    assert run("--learn-rate", "0.01", "--max-steps", "20", "--force").exit_code == 0
    assert Path("out/model.safetensors").read_bytes() != before


@pytest.mark.parametrize("name", ["texts.jsonl", "folder", "texts.spacy"])
def test_texts_come_in_several_forms(run: Callable, name: str) -> None:
    path = Path(name)
    if name == "folder":
        path.mkdir()
        shutil.copy("texts.txt", path / "a.txt")
    elif name == "texts.jsonl":
        path.write_text("\n".join(json.dumps({"text": text}) for text in PAIRS), encoding="utf8")
    else:
        nlp = spacy.blank("fr")
        spacy.tokens.DocBin(docs=map(nlp.make_doc, PAIRS)).to_disk(path)
    result = run(texts=name)
    assert result.exit_code == 0, result.output
    assert "35 texts" in result.output


def test_texts_to_measure_on_may_be_named(run: Callable) -> None:
    result = run("--dev", "few.txt")
    assert result.exit_code == 0, result.output
    assert "36 texts" in result.output and "dev 3 texts" in result.output


@pytest.mark.parametrize(
    ("options", "arguments", "said"),
    [
        ((), {"texts": "few.txt"}, "few.txt has 3 texts, too few to keep some apart"),
        ((), {"texts": "nowhere.txt"}, "No file or folder nowhere.txt"),
        ((), {"out": "texts.txt"}, "texts.txt exists already; expected a new folder"),
        ((), {"encoder": Path("a/b/c")}, "No folder a/b/c"),
        (("--dev", "none"), {}, "No file or folder none"),
    ],
)
def test_mistakes_are_said_in_a_sentence(
    run: Callable, options: tuple[str, ...], arguments: dict[str, Any], said: str
) -> None:
    result = run(*options, **arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and said in result.stderr
    assert not Path("out").exists()

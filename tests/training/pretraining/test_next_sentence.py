"""Pairs of parts of texts: half of them follow, both tasks are learned, and what comes out is an encoder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import torch
from small_corpus import TEXTS
from transformers import AutoModelForMaskedLM
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.encoder.model import build_encoder, encoder_shim
from spacy_bertfam.errors import UserError
from spacy_bertfam.training.pretraining import loop
from spacy_bertfam.training.pretraining.fill import fill
from spacy_bertfam.training.pretraining.loop import Recipe, Score, evaluate, pretrain
from spacy_bertfam.training.pretraining.masking import mask_words
from spacy_bertfam.training.pretraining.network import MaskedLanguageModel
from spacy_bertfam.training.pretraining.new_head import begin_with_frequencies
from spacy_bertfam.training.pretraining.new_pooler import begin_apart
from spacy_bertfam.training.pretraining.pairs import PairBatch, PairTexts
from spacy_bertfam.training.pretraining.texts import WindowTexts

# Each of its own words, in parts of its own sentences
LONG = [" ".join([text] * 5) for text in TEXTS]


@pytest.fixture
def both(tiny_encoder: Callable[[str], Path]) -> MaskedLanguageModel:
    """A BERT for both tasks."""
    torch.set_num_threads(1)
    return MaskedLanguageModel(tiny_encoder("bert"), next_sentence=True)


def pairs_of(model: MaskedLanguageModel, texts: list[str]) -> PairTexts:
    parts = WindowTexts.from_docs(map(spacy.blank("fr").make_doc, texts), model.tokenizer, 20)
    return PairTexts.from_parts(parts, model.tokenizer.pair)


@pytest.fixture
def pairs(both: MaskedLanguageModel) -> PairTexts:
    return pairs_of(both, LONG)


def parts_in(batch: PairBatch, pairs: PairTexts) -> list[list[list[int]]]:
    """RETURNS (list): pieces of both parts, of each window."""
    between = list(pairs.template.between)
    found = []
    for start, end in zip(batch.windows.starts, batch.windows.ends, strict=True):
        types = batch.segments.of_pieces[start:end]
        ids, n_first = batch.ids[start:end].tolist(), int((types == 0).sum())
        assert ids[n_first - len(between) : n_first] == between
        found.append([ids[: n_first - len(between)], ids[n_first:]])
    return found


def test_half_of_the_pairs_follow_and_the_others_are_of_two_texts(pairs: PairTexts) -> None:
    texts = [
        pairs.ids[start:end].tolist() for start, end in zip(pairs.parts.starts, pairs.parts.ends, strict=True)
    ]
    places = {tuple(ids): int(text) for ids, text in zip(texts, pairs.parts.of_texts, strict=True)}
    assert len(places) >= len(LONG)
    batches = list(pairs.draw(200, n_special=2, rng=np.random.default_rng(0)))
    follows = np.concatenate([batch.follows for batch in batches])
    assert len(follows) == len(pairs) and abs(2 * int(follows.sum()) - len(pairs)) <= 1
    for batch in batches:
        for (first, second), follow in zip(parts_in(batch, pairs), batch.follows, strict=True):
            assert (places[tuple(first)] == places[tuple(second)]) == follow


def test_a_second_part_is_never_the_beginning_of_a_text(both: MaskedLanguageModel) -> None:
    texts = [f"{name} . " + " ".join([text] * 4) for name, text in zip("abcdef", TEXTS, strict=True)]
    pairs = pairs_of(both, texts)
    first_parts = np.unique(pairs.parts.of_texts, return_index=True)[1]
    begins = {tuple(pairs.ids[start : start + 2]) for start in pairs.parts.starts[first_parts]}
    assert len(begins) == len(texts)
    for seed in range(5):
        for batch in pairs.draw(200, n_special=2, rng=np.random.default_rng(seed)):
            assert not any(tuple(second[:2]) in begins for _, second in parts_in(batch, pairs))


def test_every_round_is_drawn_anew_and_the_dev_texts_never(pairs: PairTexts) -> None:
    rng = np.random.default_rng(0)
    rounds = [[b.ids.tolist() for b in pairs.draw(200, n_special=2, rng=rng)] for _ in range(2)]
    assert rounds[0] != rounds[1]
    same = [[(b.ids.tolist(), b.follows.tolist()) for b in pairs.draw(200, n_special=2)] for _ in range(2)]
    assert same[0] == same[1] and pairs.n_batches(200, n_special=2) == pytest.approx(len(same[0]), abs=1)


def test_windows_are_what_the_tokenizer_makes_of_two_texts(
    both: MaskedLanguageModel, pairs: PairTexts
) -> None:
    backend, vocabulary = both.tokenizer.backend, both.vocabulary
    for batch in pairs.draw(300, n_special=2):
        assert len(batch.ids) + 2 * len(batch.windows) <= 300
        for chunk in batch.chunks(both.tokenizer):
            masked = mask_words(chunk, vocabulary, np.random.default_rng(0), rate=0.3)
            assert np.isin(masked.expected, vocabulary.plain).all()
            for row, types, length, window in zip(
                chunk.ids, chunk.types, chunk.lengths, chunk.windows, strict=True
            ):
                first, second = parts_in(batch, pairs)[window]
                texts = [" ".join(map(backend.id_to_token, ids)) for ids in (first, second)]
                assert row[:length].tolist() == [2, *first, 3, *second, 3], texts
                n_first = 2 + len(first)
                assert types[:length].tolist() == [0] * n_first + [1] * (length - n_first)
                assert not types[length:].any()


def test_both_losses_are_those_of_transformers(both: MaskedLanguageModel, pairs: PairTexts) -> None:
    both.network.eval()
    recipe = Recipe(1, batch_pieces=300)
    (batch, *_) = pairs.draw(300, n_special=2)
    (masked, *_) = loop._masked(both, batch, recipe, np.random.default_rng(0))
    ids, labels = torch.from_numpy(masked.ids), torch.full(masked.ids.shape, -100)
    labels.view(-1)[torch.from_numpy(masked.cells)] = torch.from_numpy(masked.expected)
    mask = torch.arange(ids.shape[1])[None, :] < torch.from_numpy(masked.lengths)[:, None]
    with torch.inference_mode():
        words, follows = both.loss(masked)
        expected = both.network(
            ids, mask.long(), torch.from_numpy(masked.types), labels=labels,
            next_sentence_label=torch.from_numpy(1 - masked.follows.astype(np.int64)),
        )  # fmt: skip
    found = words.loss / len(masked.cells) + follows.loss / len(masked.lengths)
    assert float(found) == pytest.approx(float(expected.loss), abs=1e-5)
    right = expected.seq_relationship_logits.argmax(dim=1).numpy() == 1 - masked.follows
    assert int(follows.n_right) == right.sum()


@pytest.mark.slow
def test_it_learns_both_tasks(both: MaskedLanguageModel, pairs: PairTexts, tmp_path: Path) -> None:
    recipe = Recipe(max_steps=150, batch_pieces=600, learn_rate=3e-3, eval_frequency=50)
    scores = pretrain(both, pairs, pairs, recipe, tmp_path / "out")
    best = min(scores, key=lambda score: score.total)
    assert 0.3 < scores[0].next_accuracy < 0.7 < 0.85 < best.next_accuracy
    assert best.loss < 0.9 * scores[0].loss
    again = MaskedLanguageModel(tmp_path / "out", next_sentence=True)
    assert again.new_weights == []
    assert evaluate(again, pairs, recipe, step=0).total == pytest.approx(best.total, abs=1e-4)


def test_the_best_weights_are_those_with_the_lowest_sum_of_both_losses(
    both: MaskedLanguageModel, pairs: PairTexts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted = iter([(3.0, 0.7), (2.0, 0.7), (1.9, 1.2), (2.1, 0.1)])
    saved: list[int] = []

    def evaluated(*_: Any, step: int, **__: Any) -> Score:
        loss, next_loss = next(scripted)
        return Score(step, loss, 0.0, None, 0.0, next_loss, 0.5)

    monkeypatch.setattr(loop, "evaluate", evaluated)
    monkeypatch.setattr(MaskedLanguageModel, "save", lambda model, folder: saved.append(1))
    pretrain(both, pairs, pairs, Recipe(3, batch_pieces=300, eval_frequency=1), tmp_path / "out")
    assert len(saved) == 2


def test_a_head_for_hidden_words_that_was_learned_stays(
    both: MaskedLanguageModel, pairs: PairTexts, tmp_path: Path
) -> None:
    torch.nn.init.normal_(both.network.cls.predictions.bias)
    both.save(tmp_path / "both")
    network = AutoModelForMaskedLM.from_pretrained(tmp_path / "both")
    network.save_pretrained(tmp_path / "both")
    again = MaskedLanguageModel(tmp_path / "both", next_sentence=True)
    assert again.new_weights and all("pooler" in n or "seq_relationship" in n for n in again.new_weights)
    begin_with_frequencies(again.network, again.new_weights, pairs.ids)
    assert torch.equal(again.network.cls.predictions.bias, both.network.cls.predictions.bias)


@pytest.mark.parametrize("kind", ["bert", "albert"])
def test_a_new_pooler_tells_first_vectors_apart_that_are_nearly_the_same(
    kind: str, tiny_encoder: Callable[[str], Path]
) -> None:
    model = MaskedLanguageModel(tiny_encoder(kind), next_sentence=True)
    new = [name for name, _ in model.network.named_parameters() if "pooler" in name]
    pooler = model.encoder.pooler
    layer = getattr(pooler, "dense", pooler)
    width = layer.in_features
    rows = 5.0 + torch.randn(500, width) * torch.linspace(0.001, 0.1, width)
    begin_apart(model.network, new, iter(rows.split(100)))
    pooled = layer(rows).detach()
    assert pooled.mean(dim=0).abs().max() < 1e-3
    assert torch.quantile(pooled.std(dim=0), 0.25) > 0.4 and pooled.std(dim=0).max() < 0.55
    before = layer.weight.clone()
    begin_apart(model.network, [], iter([rows]))
    assert torch.equal(layer.weight, before), "a pooler that has learned stays"


def test_the_first_figures_are_those_of_a_pooler_that_sees_the_texts(
    both: MaskedLanguageModel, pairs: PairTexts, tmp_path: Path
) -> None:
    both.save(tmp_path / "both")
    network = AutoModelForMaskedLM.from_pretrained(tmp_path / "both")
    network.save_pretrained(tmp_path / "both")
    again = MaskedLanguageModel(tmp_path / "both", next_sentence=True)
    recipe = Recipe(1, batch_pieces=300)
    loop._begin(again, pairs, recipe)
    (batch, *_) = pairs.draw(300, n_special=2)
    (masked, *_) = loop._masked(again, batch, recipe, np.random.default_rng(0))
    again.network.eval()
    with torch.no_grad():
        pooled = again.encoder.pooler.dense(again.first_vectors(masked))
    assert pooled.std(dim=0).mean() > 0.3


@pytest.mark.parametrize("kind", ["camembert", "distilbert", "electra", "deberta-v3"])
def test_an_architecture_without_segments_or_pooler_is_refused(
    kind: str, tiny_encoder: Callable[[str], Path]
) -> None:
    with pytest.raises(
        UserError, match=r"no segment ids with a pooler and a head .*leave --next-sentence out"
    ):
        MaskedLanguageModel(tiny_encoder(kind), next_sentence=True)


@pytest.mark.parametrize("kind", ["albert", "mobilebert", "big_bird"])
def test_other_architectures_have_such_heads(kind: str, tiny_encoder: Callable[[str], Path]) -> None:
    model = MaskedLanguageModel(tiny_encoder(kind), next_sentence=True)
    assert 0 <= evaluate(model, pairs_of(model, LONG), Recipe(1, batch_pieces=300), step=0).next_accuracy <= 1


def test_texts_too_short_for_pairs_are_said(both: MaskedLanguageModel) -> None:
    with pytest.raises(UserError, match=r"1 texts have two parts or more.*a smaller --window"):
        pairs_of(both, [LONG[0], "Paul rit .", "Court ."])
    assert pairs_of(both, [*LONG[:2], "Paul rit .", "Court ."]).n_alone == 2


# -- the command


@pytest.fixture
def run(
    tiny_encoder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("\n\n".join([*LONG * 7, "Court ."]), encoding="utf8")

    def call(*options: str, encoder: Any = tiny_encoder("bert"), out: str = "out") -> Any:
        fast = (
            "--max-steps",
            "2",
            "--batch-pieces",
            "200",
            "--lang",
            "fr",
            "--window",
            "44",
            "--next-sentence",
        )
        return CliRunner().invoke(app, ["pretrain", str(encoder), "texts.txt", out, *fast, *options])

    return call


def test_the_command_prints_both_figures_and_writes_an_encoder(run: Callable[..., Any]) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "next right" in result.stdout and "pairs of parts; dev" in result.stdout
    assert "are guessed right" in result.stdout and "are told right, before" in result.stdout
    assert "1 texts of texts.txt have a single part, and are in no pair" in result.stderr
    assert fill(MaskedLanguageModel(Path("out")), "Le [MASK] rit .")
    model = build_encoder("out")
    model.initialize()
    weights = AutoModelForMaskedLM.from_pretrained("out").base_model.state_dict()
    network = encoder_shim(model).loaded.network
    assert all(torch.equal(tensor, weights[name]) for name, tensor in network.state_dict().items())
    again = run(encoder="out", out="again")
    assert again.exit_code == 0 and "a new head" not in again.stdout, again.output


def test_without_the_option_nothing_is_said_of_pairs(
    run: Callable[..., Any], tiny_encoder: Callable[[str], Path]
) -> None:
    fast = ("--max-steps", "1", "--batch-pieces", "200", "--lang", "fr")
    result = CliRunner().invoke(app, ["pretrain", str(tiny_encoder("bert")), "texts.txt", "plain", *fast])
    assert result.exit_code == 0 and "next" not in result.stdout and "pairs" not in result.stdout


def test_the_command_refuses_what_has_no_segments(
    run: Callable[..., Any], tiny_encoder: Callable[[str], Path]
) -> None:
    result = run(encoder=tiny_encoder("camembert"))
    assert result.exit_code == 1 and "'camembert' has no segment ids" in result.stderr
    assert not Path("out").exists()

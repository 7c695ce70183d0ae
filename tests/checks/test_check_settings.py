"""Findings about the config: files, rates, schedules, encoders, blocks that spaCy refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sound_config import CONFIG, states, the, write_corpus

from spacy_bertfam.checks.finding import FAILS, SUSPICIOUS
from spacy_bertfam.checks.rates import peak
from spacy_bertfam.checks.run import check_setup
from spacy_bertfam.checks.setup import read_setup
from spacy_bertfam.errors import UserError
from spacy_bertfam.training.learn_rate import good_rate


def test_a_sound_config_has_no_row_that_fails(check: Callable) -> None:
    assert FAILS not in {finding.state for finding in check()}


def test_rows_come_with_the_worst_first(check: Callable) -> None:
    order = ["fails", "suspicious", "fine"]
    found = [
        order.index(f.state)
        for f in check(paths__dev="gone.spacy", training__optimizer__learn_rate__total_steps=9)
    ]
    assert found == sorted(found) and set(found) == {0, 1, 2}


def test_a_config_that_is_not_there_or_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No config"):
        read_setup(tmp_path / "gone.cfg", {})
    (tmp_path / "bad.cfg").write_text("[nlp]\nlang = ${paths.lang}\n", encoding="utf8")
    with pytest.raises(UserError, match="no config that spaCy can read"):
        read_setup(tmp_path / "bad.cfg", {})


def test_a_corpus_that_is_missing_or_not_given_fails(check: Callable) -> None:
    found = check(paths__train="gone.spacy", paths__dev=None)
    assert the(found, "a file that is not there: gone.spacy").where == "corpora.train"
    assert the(found, "a corpus without a path").where == "corpora.dev"
    assert states(found, "a file that is not there") == [FAILS]


def test_an_empty_corpus_fails(check: Callable, tmp_path: Path) -> None:
    path = write_corpus(tmp_path / "empty.spacy", [])
    assert states(check(paths__train=str(path)), "an empty corpus") == [FAILS]


def test_a_damaged_corpus_fails(check: Callable, tmp_path: Path) -> None:
    (tmp_path / "damaged.spacy").write_bytes(b"no corpus at all")
    assert states(check(paths__train=str(tmp_path / "damaged.spacy")), "cannot be read") == [FAILS]


def test_an_encoder_that_is_not_there_or_not_one_fails(check: Callable, tmp_path: Path) -> None:
    for name in (str(tmp_path / "gone"), str(tmp_path)):
        assert states(check(paths__encoder=name), "an encoder that cannot be read") == [FAILS]


def test_the_layers_that_are_kept_are_counted(check: Callable) -> None:
    assert states(check(components__encoder__model__n_layers=1), "an encoder of 1 layer, 32 wide") == ["fine"]
    found = check(components__encoder__model__n_layers=3)
    assert states(found, "an encoder that cannot be read") == [FAILS]
    assert "has 2 layers; expected at most 2" in (the(found, "an encoder that cannot be read").do or "")


def test_a_name_on_a_hub_that_does_not_answer_is_suspicious(check: Callable) -> None:
    assert states(check(paths__encoder="someone/an-encoder"), "within reach") == [SUSPICIOUS]


@pytest.mark.parametrize(
    "width, n_layers, rate", [(384, 12, 1e-4), (768, 12, 5e-5), (1024, 24, 1.9e-5), (768, 6, 5e-5)]
)
def test_the_advised_rate_falls_with_width_and_depth(width: int, n_layers: int, rate: float) -> None:
    assert good_rate(width, n_layers) == pytest.approx(rate)


def test_the_highest_rate_of_any_schedule_is_found() -> None:
    block = {"@schedules": "warmup_linear.v1", "initial_rate": 0.01, "warmup_steps": 5, "total_steps": 10}
    assert peak(block) == pytest.approx(0.01)
    assert peak(0.25) == 0.25
    assert peak({"@schedules": "constant.v1", "rate": 0.5}) == 0.5


def test_a_rate_that_is_too_high_for_the_encoder_is_suspicious_and_mended(check: Callable) -> None:
    found = the(check(training__optimizer__learn_rate__initial_rate=0.01), "a learning rate of 0.01")
    assert found.state == SUSPICIOUS and "layers of 32" in found.what
    assert found.fix and found.fix(Path()) == {"training.optimizer.learn_rate.initial_rate": good_rate(32, 2)}


def test_a_frozen_encoder_may_have_any_rate(check: Callable) -> None:
    found = check(
        training__optimizer__learn_rate__initial_rate=0.01,
        training__frozen_components=["encoder"],
        training__annotating_components=["encoder"],
    )
    assert not states(found, "high for")


@pytest.mark.parametrize(
    "total, said", [(10, "The rate is 0 from there on"), (400, "The rate has not fallen")]
)
def test_a_schedule_that_ends_elsewhere_is_suspicious_and_mended(
    check: Callable, total: int, said: str
) -> None:
    found = the(check(training__optimizer__learn_rate__total_steps=total), f"total_steps is {total}")
    assert found.do.startswith(said)
    assert found.fix and found.fix(Path()) == {"training.optimizer.learn_rate.total_steps": 40}


@pytest.mark.parametrize("n_warmup", [0, 40])
def test_a_schedule_without_a_warmup_or_with_nothing_else_is_suspicious(
    check: Callable, n_warmup: int
) -> None:
    assert states(check(training__optimizer__learn_rate__warmup_steps=n_warmup), "a warmup") == [SUSPICIOUS]


def test_a_training_that_ends_before_its_first_evaluation_is_suspicious_and_mended(check: Callable) -> None:
    found = the(check(training__eval_frequency=41), "no evaluation in 40 steps")
    assert found.state == SUSPICIOUS and "before the first step" in found.do
    assert found.fix and found.fix(Path()) == {"training.eval_frequency": 10}
    assert not states(check(training__eval_frequency=40), "no evaluation")


@pytest.mark.parametrize("setting, value", [
    ("training__optimizer__layer_decay", 0.0),
    ("training__max_steps", "many"),
    ("training__batcher", {"@batchers": "spacy.no_such_batcher.v1"}),
])  # fmt: skip
def test_settings_that_spacy_refuses_fail(check: Callable, setting: str, value: object) -> None:
    assert FAILS in states(check(**{setting: value}), "settings that spaCy refuses")


def test_components_without_a_block_or_of_an_unknown_source_fail(check: Callable, tmp_path: Path) -> None:
    assert states(check(nlp__pipeline=["encoder", "ner", "tagger"]), "without a block") == [FAILS]
    text = CONFIG.read_text(encoding="utf8").replace(
        'factory = "bertfam_cleaner"', 'source = "no_such_pipeline"'
    )
    (tmp_path / "sourced.cfg").write_text(text, encoding="utf8")
    assert states(check(tmp_path / "sourced.cfg"), "a source that is not there") == [FAILS]


def test_a_frozen_component_that_there_is_not_fails(check: Callable) -> None:
    assert states(check(training__frozen_components=["tager"]), "the pipeline does not have: tager") == [
        FAILS
    ]


def test_no_weights_are_loaded(
    overrides: dict, tiny_encoder: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spacy_bertfam.encoder.checkpoint import checkpoint

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was read")

    monkeypatch.setattr(checkpoint, "open_network", refuse)
    assert states(check_setup(read_setup(CONFIG, overrides)), "an encoder of 2 layers, 32 wide") == ["fine"]

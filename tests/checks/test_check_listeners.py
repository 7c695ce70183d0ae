"""Findings about listeners: no upstream, frozen in last place, frozen encoders, a cleaner in between."""

from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from small_corpus import make_examples, shared_pipeline, train
from sound_config import CONFIG, states, the
from spacy.util import load_config

from spacy_bertfam.checks.finding import FAILS
from spacy_bertfam.checks.run import check_setup, write_fixed
from spacy_bertfam.checks.setup import read_setup

TAGGER = """
[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"

[components.tagger.model.tok2vec]
@architectures = "spacy-bertfam.EncoderListener.v1"
upstream = "encoder"
"""


@pytest.fixture
def with_tagger(tmp_path: Path) -> Path:
    """The project's config with a tagger on the same encoder."""
    text = CONFIG.read_text(encoding="utf8").replace("[corpora]\n", TAGGER + "\n[corpora]\n", 1)
    path = tmp_path / "tagger.cfg"
    path.write_text(
        text.replace('["encoder","ner","cleaner"]', '["encoder","ner","tagger","cleaner"]'), encoding="utf8"
    )
    return path


def test_listeners_behind_their_encoder_are_fine(check: Callable, with_tagger: Path) -> None:
    assert the(check(with_tagger), "every listener").where == "ner, tagger"


@pytest.mark.parametrize("pipeline", [["ner"], ["ner", "encoder"]])
def test_a_listener_without_an_encoder_before_it_fails(check: Callable, pipeline: list[str]) -> None:
    assert states(check(nlp__pipeline=pipeline), "a listener without upstream") == [FAILS]


def test_a_listener_to_another_name_fails(check: Callable) -> None:
    found = the(check(components__ner__model__tok2vec__upstream="transformer"), "a listener without upstream")
    assert found.where == "ner" and "'transformer'" in found.do


def test_a_listener_that_names_none_of_two_encoders_fails(check: Callable, tmp_path: Path) -> None:
    text = CONFIG.read_text(encoding="utf8").replace('["encoder",', '["encoder","second",')
    block = text[text.index("[components.encoder]") : text.index("[components.ner]")]
    text = text.replace(block, block + block.replace("components.encoder", "components.second"))
    (tmp_path / "two.cfg").write_text(text, encoding="utf8")
    found = the(check(tmp_path / "two.cfg", components__ner__model__tok2vec__upstream="*"), "any of several")
    assert found.where == "ner" and "encoder, second" in found.do
    named = check(tmp_path / "two.cfg", components__ner__model__tok2vec__upstream="second")
    assert not states(named, "any of several")


def test_a_listener_to_a_disabled_encoder_fails(check: Callable) -> None:
    assert states(check(nlp__disabled=["encoder"]), "a disabled encoder") == [FAILS]


def test_a_listener_behind_the_cleaner_fails_and_is_moved(check: Callable) -> None:
    found = the(check(nlp__pipeline=["encoder", "cleaner", "ner"]), "after what drops the vectors")
    assert found.fix and found.fix(Path()) == {"nlp.pipeline": ["encoder", "ner", "cleaner"]}


def test_a_frozen_listener_in_last_place_fails_and_is_overtaken(check: Callable, with_tagger: Path) -> None:
    found = the(check(with_tagger, training__frozen_components=["tagger"]), "a frozen listener in last place")
    assert found.state == FAILS and found.where == "tagger"
    assert found.fix and found.fix(Path()) == {"nlp.pipeline": ["encoder", "tagger", "ner", "cleaner"]}
    assert not states(check(with_tagger, training__frozen_components=["ner"]), "in last place")


def test_an_encoder_whose_listeners_are_all_frozen_fails(check: Callable) -> None:
    assert states(check(training__frozen_components=["ner"]), "trained by no one") == [FAILS]


def test_a_frozen_encoder_has_to_annotate(check: Callable) -> None:
    found = the(check(training__frozen_components=["encoder"]), "get no vectors")
    assert found.fix and found.fix(Path()) == {"training.annotating_components": ["encoder"]}
    both = {"training__frozen_components": ["encoder"], "training__annotating_components": ["encoder"]}
    assert not states(check(**both), "get no vectors")


def test_what_is_said_of_a_frozen_listener_in_last_place_is_true(tiny_encoder: Callable[[str], Path]) -> None:
    """The encoder stays as it is; with the order that the repair makes, it learns."""
    for order, learns in ((("ner", "second"), False), (("second", "ner"), True)):
        nlp = shared_pipeline(tiny_encoder("bert"))
        nlp.add_pipe("bertfam_ner", name="second", before="ner" if order[0] == "second" else None)
        examples = make_examples(nlp)
        nlp.initialize(lambda examples=examples: examples)
        network = nlp.get_pipe("encoder").model.shims[0].loaded.network
        before = [p.detach().clone() for p in network.parameters()]
        train(nlp, examples, n_steps=2, exclude=["second"])
        assert any((p != old).any() for p, old in zip(network.parameters(), before, strict=True)) == learns


def test_a_sourced_component_listens_as_in_the_pipeline_that_it_comes_from(
    check: Callable, trained_pipeline: Path, tmp_path: Path
) -> None:
    config = load_config(CONFIG)
    config["components"]["tagger"] = {"source": str(trained_pipeline)}
    config["nlp"]["pipeline"] = ["encoder", "ner", "tagger", "cleaner"]
    config.to_disk(tmp_path / "sourced.cfg")
    found = check(tmp_path / "sourced.cfg", training__frozen_components=["tagger"])
    assert states(found, "a frozen listener in last place") == [FAILS]
    config["components"]["tagger"]["replace_listeners"] = ["model.tok2vec"]
    config.to_disk(tmp_path / "sourced.cfg")
    found = check(tmp_path / "sourced.cfg", training__frozen_components=["tagger"])
    assert not states(found, "a frozen listener in last place")


@pytest.fixture
def trained_pipeline(tmp_path: Path) -> Path:
    """A folder like that of a pipeline with a tagger; only its config is looked at."""
    nlp = spacy.blank("fr")
    folder = tmp_path / "other"
    folder.mkdir()
    config = nlp.config.copy()
    config["components"] = {
        "tagger": {
            "factory": "tagger",
            "model": {
                "@architectures": "spacy.Tagger.v2",
                "tok2vec": {
                    "@architectures": "spacy-transformers.TransformerListener.v1",
                    "grad_factor": 1.0,
                },
            },
        }
    }
    config.to_disk(folder / "config.cfg")
    return folder


def test_the_repaired_config_has_nothing_left_that_fails(
    with_tagger: Path, overrides: dict, tmp_path: Path
) -> None:
    spoilt = {
        **overrides,
        "training.frozen_components": ["tagger"],
        "training.optimizer.learn_rate.total_steps": 9,
    }
    setup = read_setup(with_tagger, spoilt)
    changes = write_fixed(setup, check_setup(setup), tmp_path / "fixed.cfg")
    assert changes[0].startswith("nlp.pipeline = ") and len(changes) == 2
    before = with_tagger.read_text(encoding="utf8")
    again = check_setup(read_setup(tmp_path / "fixed.cfg", {}))
    assert not [f for f in again if f.state == FAILS or "total_steps" in f.what]
    assert with_tagger.read_text(encoding="utf8") == before
    assert "${paths.train}" in (tmp_path / "fixed.cfg").read_text(encoding="utf8")


def test_nothing_is_written_where_there_is_nothing_to_repair(overrides: dict, tmp_path: Path) -> None:
    setup = read_setup(CONFIG, overrides)
    assert write_fixed(setup, check_setup(setup), tmp_path / "fixed.cfg") == []
    assert not (tmp_path / "fixed.cfg").exists()


def test_an_annotating_listener_needs_its_encoder_to_annotate(check: Callable) -> None:
    found = the(check(training__annotating_components=["ner"]), "whose encoder does not annotate")
    assert found.where == "ner" and found.fix
    assert found.fix(Path()) == {"training.annotating_components": ["encoder", "ner"]}
    assert not states(check(training__annotating_components=["encoder", "ner"]), "does not annotate")

"""The two configs that the others are made from: complete, trainable on a tiny encoder by overrides alone."""

import json
from pathlib import Path

import pytest
import spacy
from spacy.cli._util import app as spacy_app
from spacy.cli.init_config import fill_config
from spacy.language import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import DocBin
from spacy.util import load_config, load_model_from_config, registry
from typer.testing import CliRunner

from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line

ROOT = Path(__file__).parent.parent
CONFIGS = [ROOT / "configs" / name for name in ("ner_own.cfg", "ner_shared.cfg")]
PATHS = {"paths.train": "train.spacy", "paths.dev": "dev.spacy"}


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def config(request) -> Path:
    return request.param


def test_nothing_is_left_for_fill_config_to_add(config, tmp_path):
    _, filled = fill_config(tmp_path / "filled.cfg", config, silent=True)
    assert filled == load_config(config, interpolate=False)


def test_every_block_resolves(config):
    loaded = load_config(config, overrides=PATHS)
    nlp = load_model_from_config(loaded, auto_fill=False)
    training = registry.resolve(nlp.config.interpolate()["training"], schema=ConfigSchemaTraining)
    assert type(training["optimizer"]).__name__ == "AdamW"
    assert set(nlp.pipe_names) >= {"ner"}


@pytest.mark.parametrize("lang", ["fr", "en", "xx"])
def test_language_and_encoder_are_overrides(config, lang):
    overrides = {"nlp.lang": lang, "paths.encoder": "camembert-base", **PATHS}
    nlp = load_model_from_config(load_config(config, overrides=overrides), auto_fill=False)
    assert nlp.lang == lang
    assert json.dumps(nlp.config.interpolate()["components"]).count("camembert-base") == 1


def test_the_learning_rate_ends_where_training_ends(config):
    training = load_config(config)["training"]
    assert training["optimizer"]["learn_rate"]["total_steps"] == training["max_steps"]


def test_a_loop_of_ones_own_gets_the_optimizer(config):
    nlp = load_model_from_config(load_config(config), auto_fill=False)
    assert type(nlp.create_optimizer()).__name__ == "AdamW"


def write_sentences(nlp: Language, path: Path) -> None:
    docs = []
    for name, town in [("Anne", "Rennes"), ("Marc Petit", "Saint-Malo"), ("Zoé", "Le Havre")]:
        text = f"{name} habite à {town} depuis deux ans."
        doc = nlp.make_doc(text)
        start = text.index(town)
        spans = [doc.char_span(0, len(name), "PER"), doc.char_span(start, start + len(town), "LOC")]
        doc.set_ents(spans)
        docs.append(doc)
    DocBin(docs=docs).to_disk(path)


def test_trains_by_the_command_of_spacy_and_loads_without_the_encoder(
    config, tiny_encoder, tmp_path, monkeypatch
):
    nlp = spacy.blank("fr")
    for part in ("train", "dev"):
        write_sentences(nlp, tmp_path / f"{part}.spacy")
    overrides = {
        **PATHS,
        "paths.encoder": str(tiny_encoder("camembert")),
        "training.max_steps": "2",
        "training.optimizer.learn_rate.total_steps": "2",
        "training.eval_frequency": "1",
    }
    arguments = [word for name, value in overrides.items() for word in (f"--{name}", value)]
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(spacy_app, ["train", str(config), "--output", "out", *arguments])
    assert result.exit_code == 0, f"{result.output}\n{result.exception}"
    trained = spacy.load(tmp_path / "out" / "model-last")
    assert trained.get_pipe("ner").labels == ("LOC", "PER")
    doc = trained("Anne habite à Rennes.")
    assert doc.tensor.size == 0 and not doc.has_vector
    assert doc[:2].as_doc().text == "Anne habite "
    assert all(0 <= ent._.score <= 1 for ent in doc.ents)

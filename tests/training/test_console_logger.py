"""The table of a training: without losses that are none, and with the time that is left."""

import io
import json
from pathlib import Path

import pytest
import spacy
from spacy.cli.package import generate_readme
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config
from thinc.api import Config

from spacy_bertfam.training.console_logger import AFTER, Estimate, in_words
from spacy_bertfam.training.resumable.loop import Training

OURS = {"@loggers": "spacy-bertfam.ConsoleLogger.v1"}


def run(logger: dict, *, resumable: bool = False, **settings: int) -> tuple[str, dict]:
    """Train as the config says. RETURNS (tuple): what was printed, and meta.json of model-best."""
    config = Config(load_config("config.cfg"))
    config["training"].update({"logger": logger, "max_steps": 2, "eval_frequency": 1, **settings})
    nlp, stdout = init_nlp(config), io.StringIO()
    Path("out").mkdir(exist_ok=True)
    if resumable:
        Training(nlp, Path("out")).run(stdout=stdout, stderr=io.StringIO())
    else:
        train(nlp, Path("out"), stdout=stdout, stderr=io.StringIO())
    return stdout.getvalue(), json.loads(Path("out/model-best/meta.json").read_text(encoding="utf8"))


@pytest.mark.parametrize("resumable", [False, True])
def test_an_encoder_has_no_loss_in_the_table_nor_in_what_is_packaged(folder, resumable):
    printed, meta = run({**OURS, "output_file": "log.jsonl"}, resumable=resumable)
    assert "LOSS NER" in printed and "LOSS TAGGED" in printed and "LOSS ENCODER" not in printed
    assert {name for name in meta["performance"] if name.endswith("_loss")} == {"ner_loss", "tagged_loss"}
    assert "ENCODER_LOSS" not in generate_readme({**meta, "spacy_version": ">=3.8"})
    (first, *_) = Path("log.jsonl").read_text(encoding="utf8").splitlines()
    assert json.loads(first)["losses"].keys() == {"ner", "tagged"}


def test_spacys_own_logger_gets_the_loss_that_it_asks_for(folder):
    printed, meta = run({"@loggers": "spacy.ConsoleLogger.v1", "progress_bar": False})
    assert "LOSS ENCODER" in printed and meta["performance"]["encoder_loss"] > 0


def test_what_is_learned_does_not_depend_on_the_logger(folder):
    text = spacy.blank("fr").make_doc("Anne habite à Rennes").text
    found = []
    for logger in (OURS, {"@loggers": "spacy.ConsoleLogger.v1", "progress_bar": False}):
        run(logger)
        nlp = spacy.load("out/model-last", exclude=["ner", "tagged"])
        found.append(nlp(text).tensor)
    assert (found[0] == found[1]).all()


def test_after_ten_steps_the_time_is_told_once(folder):
    printed, _ = run(OURS, max_steps=AFTER + 3, eval_frequency=AFTER + 2)
    assert printed.count(" s a step: at most ") == 1
    assert " s a step" not in run(OURS, max_steps=AFTER)[0]


def sentences(n: int, times: list[float], *, max_steps: int, eval_frequency: int = 100) -> list[str]:
    clock = iter(times)
    estimate = Estimate(max_steps, eval_frequency, clock=lambda: next(clock))
    return [found for found in (estimate.after_step() for _ in range(n)) if found]


def test_the_estimate_counts_steps_and_evaluations():
    # it begins at 100, the first step and its evaluation take 2 + 30 seconds, ten steps 20
    times = [100.0, 132.0, 152.0]
    assert sentences(40, times, max_steps=1011) == [f"2 s a step: at most {in_words(2000 + 300)} to go"]
    assert sentences(40, times, max_steps=0) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(40.2, "40 seconds"), (700, "12 minutes"), (12_600, "3.5 hours")]
)
def test_durations_are_told_in_words(seconds, words):
    assert in_words(seconds) == words

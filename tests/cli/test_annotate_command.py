"""`bertfam annotate` by the command line, also killed in the middle."""

import csv
import json
import signal
import time

import pytest
import spacy
from forked import Forked
from small_corpus import TEXTS
from typer.testing import CliRunner

from spacy_bertfam.annotation import parts
from spacy_bertfam.cli.app import app

SLOW = """
import time
from spacy.language import Language
@Language.component("annotate_test_slow")
def slow(doc):
    time.sleep(0.03)
    return doc
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: a pipeline, and texts."""
    monkeypatch.chdir(tmp_path)
    nlp = spacy.blank("fr")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Paul"}])
    nlp.to_disk("pipeline")
    rows = [{"id": i, "body": TEXTS[i % len(TEXTS)]} for i in range(30)]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf8")
    return tmp_path


def run(*words, **settings):
    return CliRunner().invoke(app, ["annotate", *words], **settings)


def test_the_ending_of_the_output_says_the_format(folder):
    result = run("pipeline", "in.jsonl", "out.csv", "--text-column", "body")
    assert result.exit_code == 0, result.output
    assert "texts 30, entities and spans 5 -> out.csv" in result.output
    assert "Note: This format has no place for: 25 texts without entities." in result.stderr
    rows = list(csv.DictReader((folder / "out.csv").read_text(encoding="utf8").splitlines()))
    assert [row["entity"] for row in rows] == ["Paul"] * 5 and rows[0]["id"] == "1"


def test_standard_input_by_line(folder):
    assert run("pipeline", "-", "out.iob2", "--lines", input="Paul vient.\n\nNon.\n").exit_code == 0
    text = (folder / "out.iob2").read_text(encoding="utf8")
    assert text == "-DOCSTART-\tO\n\nPaul\tB-PER\nvient\tO\n.\tO\n\n-DOCSTART-\tO\n\nNon\tO\n.\tO\n\n"


def test_a_pipeline_that_finds_nothing_is_named(folder):
    (folder / "none.txt").write_text("Il pleut.", encoding="utf8")
    result = run("pipeline", "none.txt", "out.jsonl")
    assert result.exit_code == 0
    assert "Note: No text has an entity or a span; the pipeline's components: entity_ruler." in result.stderr


@pytest.mark.parametrize(
    "words, found",
    [
        (("pipeline", "in.jsonl", "out.xyz"), "--to: out.xyz does not end as a format that is known"),
        (("pipeline", "in.jsonl", "out", "--to", "xml"), "--to: found 'xml'; expected one of jsonl, csv"),
        (("pipeline", "in.jsonl", "out.jsonl"), "in.jsonl:1: found no text under 'text' (but 'id', 'body')"),
        (("pipeline", "no.txt", "out.jsonl"), "no.txt: does not exist"),
        (("pipeline", "in.jsonl", "in.jsonl", "--text-column", "body"), "in.jsonl exists already"),
        (("nowhere", "in.jsonl", "out.jsonl", "--text-column", "body"), "'nowhere' cannot be loaded"),
        (
            ("pipeline", "in.jsonl", "o.jsonl", "--text-column", "body", "--order", "uncertain"),
            "--order uncertain without --limit",
        ),
        (
            (
                "pipeline",
                "in.jsonl",
                "o.jsonl",
                "--text-column",
                "body",
                "--order",
                "uncertain",
                "--limit",
                "3",
            ),
            "The pipeline (entity_ruler) has no bertfam_ner",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(folder, words, found):
    result = run(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ") and found in result.stderr


def add_slow_component(pipeline):
    """So that there is time to kill the process."""
    place = pipeline / "config.cfg"
    config = place.read_text(encoding="utf8").replace('["entity_ruler"]', '["entity_ruler","slow"]')
    block = '[components.slow]\nfactory = "annotate_test_slow"\n\n[components.entity_ruler]'
    place.write_text(config.replace("[components.entity_ruler]", block), encoding="utf8")


def test_a_stopped_and_a_killed_process_go_on_where_they_were(folder, monkeypatch):
    monkeypatch.setattr(parts, "N_TEXTS", 4)
    (folder / "code.py").write_text(SLOW, encoding="utf8")
    add_slow_component(folder / "pipeline")
    words = ["annotate", "pipeline", "in.jsonl", "out.jsonl", "--text-column", "body", "--code", "code.py"]
    for n_parts, number, code in ((2, signal.SIGINT, 130), (4, signal.SIGKILL, -9)):
        process = Forked(app, words, folder / "log")
        while len(list(folder.glob("out.jsonl.parts/*-*.jsonl"))) < n_parts and process.is_running():
            time.sleep(0.01)
        process.send_signal(number)
        said = process.wait()
        assert process.returncode == code, said
        assert not (folder / "out.jsonl").exists()
        assert ("The same command goes on where it was" in said) == (number == signal.SIGINT)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf8").splitlines()]
    assert [(row["id"], row["text"]) for row in rows] == [(i, TEXTS[i % len(TEXTS)]) for i in range(30)]

"""Texts in, annotated texts out; whatever stops the work, nothing is there twice and nothing is missing."""

import json
import os
import shutil
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
from forked import Forked
from ruled_names import TEXTS

from spacy_bertfam.annotation import annotate as module
from spacy_bertfam.annotation import parts
from spacy_bertfam.annotation.annotate import Annotator
from spacy_bertfam.data.text_stream import Text
from spacy_bertfam.data.writers.formats import FORMS
from spacy_bertfam.errors import UserError


@pytest.fixture(autouse=True)
def three_texts_a_part(monkeypatch):
    monkeypatch.setattr(parts, "N_TEXTS", 3)


def interrupt(*_):
    raise KeyboardInterrupt


def numbered(texts):
    return [Text(number, text) for number, text in enumerate(texts, start=1)]


def annotate(nlp, texts, output, to="jsonl", **settings):
    return Annotator(nlp, 2, **settings).annotate(numbered(texts), output, FORMS[to])


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]


@pytest.mark.parametrize("n_process", [1, 2])
def test_every_text_is_there_once_and_in_order(nlp, tmp_path, n_process):
    found = annotate(nlp, TEXTS, tmp_path / "out.jsonl", n_process=n_process)
    rows = lines(tmp_path / "out.jsonl")
    assert [(row["id"], row["text"]) for row in rows] == numbered(TEXTS)
    spans = [[row["text"][e["start"] : e["end"]] for e in row["entities"]] for row in rows]
    assert spans == [["Claire", "Angers"]] * 10
    assert (found.n_texts, found.n_spans, found.n_failed) == (10, 20, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "pipeline"]


@pytest.mark.parametrize("n_process", [1, 2])
def test_a_text_that_fails_is_written_with_its_error_and_costs_its_neighbors_nothing(
    nlp, tmp_path, n_process
):
    texts = [*TEXTS[:4], "Ça échoue.", *TEXTS[4:6], "x" * (nlp.max_length + 1)]
    found = annotate(nlp, texts, tmp_path / "out.jsonl", n_process=n_process)
    rows = lines(tmp_path / "out.jsonl")
    assert [row["text"] for row in rows] == texts
    errors = [(row["id"], row["error"]) for row in rows if "error" in row]
    assert errors[0] == (5, "ZeroDivisionError: un texte qui échoue")
    assert [name for name, _ in errors] == [5, 8] and "E088" in errors[1][1]
    assert all(("entities" in row) != ("error" in row) for row in rows)
    assert found.n_failed == 2 and found.errors == errors


def test_where_no_text_can_be_annotated_nothing_is_written(nlp, tmp_path):
    with pytest.raises(UserError, match="No text can be annotated; the last one says ZeroDivisionError"):
        annotate(nlp, ["Ça échoue."] * 5, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


@pytest.mark.parametrize("stop_after", [1, 4, 9])
def test_what_was_stopped_goes_on_where_it_was(nlp, tmp_path, monkeypatch, stop_after):
    annotate(nlp, TEXTS, tmp_path / "whole.jsonl")
    seen = []

    def stopping(n):
        seen.append(n)
        if len(seen) == stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Annotator(nlp, 2).annotate(numbered(TEXTS), tmp_path / "out.jsonl", FORMS["jsonl"], done=stopping)
    assert not (tmp_path / "out.jsonl").exists()
    read = []
    real = module.annotate_texts
    monkeypatch.setattr(
        module, "annotate_texts", lambda nlp, texts, **k: read.append(len(texts)) or real(nlp, texts, **k)
    )
    annotate(nlp, TEXTS, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert sum(read) == 10 - (stop_after - 1) // 3 * 3
    assert not (tmp_path / "out.jsonl.parts").exists()


def test_a_process_that_is_killed_when_the_output_is_at_its_place_ends_well(nlp, tmp_path, monkeypatch):
    real = os.replace

    def replace(source, target):
        if str(target).endswith(".parts"):
            raise KeyboardInterrupt
        real(source, target)

    monkeypatch.setattr(parts, "os", SimpleNamespace(replace=replace))
    with pytest.raises(KeyboardInterrupt):
        annotate(nlp, TEXTS, tmp_path / "out.jsonl")
    monkeypatch.undo()
    monkeypatch.setattr(parts, "N_TEXTS", 3)
    expected = (tmp_path / "out.jsonl").read_bytes()
    assert annotate(nlp, TEXTS, tmp_path / "out.jsonl").n_texts == 10
    assert (tmp_path / "out.jsonl").read_bytes() == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "pipeline"]


def test_two_processes_do_not_write_one_output_at_once(nlp, tmp_path):
    said = []

    def begin_another(_):
        if not said:
            other = Forked(lambda _: annotate(nlp, TEXTS, tmp_path / "out.jsonl"), [], tmp_path / "log")
            said.append(other.wait())

    Annotator(nlp, 2).annotate(numbered(TEXTS), tmp_path / "out.jsonl", FORMS["jsonl"], done=begin_another)
    assert f"Another process is writing {tmp_path / 'out.jsonl'}, with its parts" in said[0]
    assert [(row["id"], row["text"]) for row in lines(tmp_path / "out.jsonl")] == numbered(TEXTS)


def test_a_killed_process_hinders_nobody(nlp, tmp_path):
    def killed(_):
        def done(_):
            os.kill(os.getpid(), signal.SIGKILL)

        Annotator(nlp, 2).annotate(numbered(TEXTS), tmp_path / "out.jsonl", FORMS["jsonl"], done=done)

    process = Forked(killed, [], tmp_path / "log")
    process.wait()
    assert process.returncode == -signal.SIGKILL and (tmp_path / "out.jsonl.parts" / "lock").exists()
    assert annotate(nlp, TEXTS, tmp_path / "out.jsonl").n_texts == 10


def test_a_part_that_is_written_twice_at_once_is_whole(tmp_path):
    one, other = (parts.Parts(tmp_path / "out.jsonl", {}) for _ in range(2))
    (number, _), _ = next(one.missing([numbered(TEXTS)], int)), next(other.missing([numbered(TEXTS)], int))

    def lines_meanwhile():
        yield b"a\n"
        other.write(number, [b"a\n"])
        with pytest.raises(KeyboardInterrupt):
            other.write(number, (line if line else interrupt() for line in (b"half", b"")))

    one.write(number, lines_meanwhile())
    assert one.files[number].read_bytes() == b"a\n"


@pytest.fixture
def stopped(nlp, tmp_path, monkeypatch):
    """An output of which all parts are there, and the whole is not."""
    monkeypatch.setattr(module, "write_entries", interrupt)
    with pytest.raises(KeyboardInterrupt):
        annotate(nlp, TEXTS, tmp_path / "out.jsonl")
    monkeypatch.undo()
    monkeypatch.setattr(parts, "N_TEXTS", 3)
    return tmp_path / "out.jsonl"


@pytest.mark.parametrize(
    "texts",
    [TEXTS[1:], [*TEXTS, "Un de plus."], TEXTS[:-1], TEXTS[:3]],
    ids=["other", "more", "less", "a part"],
)
def test_a_changed_input_is_refused(nlp, stopped, texts):
    with pytest.raises(UserError, match="the input has changed; expected those of the same command"):
        annotate(nlp, texts, stopped)


@pytest.mark.parametrize("setting", [{"min_score": 0.5}, {"vectors": True}])
def test_other_settings_are_refused(nlp, stopped, setting):
    with pytest.raises(UserError, match=f"were made with another {next(iter(setting))}"):
        annotate(nlp, TEXTS, stopped, **setting)


def test_a_changed_model_is_refused(nlp, stopped, tmp_path):
    nlp.get_pipe("entity_ruler").add_patterns([{"label": "PER", "pattern": "Paul"}])
    shutil.rmtree(tmp_path / "pipeline")
    nlp.to_disk(tmp_path / "pipeline")
    with pytest.raises(UserError, match="were made with another model"):
        annotate(spacy.load(tmp_path / "pipeline"), TEXTS, stopped)


def test_an_output_that_somebody_else_has_made_meanwhile_is_not_overwritten(nlp, stopped):
    stopped.mkdir()
    (stopped / "mine.txt").write_text("mine", encoding="utf8")
    with pytest.raises(UserError, match="exists already"):
        annotate(nlp, TEXTS, stopped)
    assert (stopped / "mine.txt").exists()


def test_an_output_that_is_there_is_not_overwritten(nlp, tmp_path):
    annotate(nlp, TEXTS, tmp_path / "out.jsonl")
    with pytest.raises(UserError, match="exists already"):
        annotate(nlp, TEXTS, tmp_path / "out.jsonl")


@pytest.mark.parametrize("to", FORMS)
def test_every_format_takes_failed_and_empty_texts(nlp, tmp_path, to):
    if to == "parquet":
        pytest.importorskip("pyarrow")
    found = annotate(nlp, [TEXTS[0], "", "Ça échoue.", "half \ud83d"], tmp_path / "out", to)
    assert (found.n_texts, found.n_failed) == (4, 2)
    assert (tmp_path / "out").exists()


def test_vectors_spans_and_categories_are_written(nlp, tmp_path):
    @spacy.Language.component("annotation_test_more")
    def more(doc):
        doc.spans["sc"] = spacy.tokens.SpanGroup(
            doc, name="sc", attrs={"scores": [0.25, 0.75]}, spans=[doc[:1], doc[:2]]
        )
        doc.spans["sc"][0].label_ = doc.spans["sc"][1].label_ = "X"
        doc.cats = {"NEWS": 0.5}
        doc.tensor = np.ones((len(doc), 2), dtype="float32")
        return doc

    nlp.add_pipe("annotation_test_more")
    annotate(nlp, TEXTS[:1], tmp_path / "out.jsonl", vectors=True, min_score=0.5)
    (row,) = lines(tmp_path / "out.jsonl")
    assert row["cats"] == {"NEWS": 0.5} and row["vector"] == [1.0, 1.0]
    assert [(e["end"], e["score"]) for e in row["spans"]["sc"]] == [(8, 0.75)]
    assert len(row["entities"]) == 2  # without a score

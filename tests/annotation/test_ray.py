"""Texts over workers of Ray: the output is the one without them, whatever happens to a worker."""

import os
import re
import shutil
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import ruled_names
from ruled_names import TEXTS
from typer.testing import CliRunner

from spacy_bertfam import annotate_dataset
from spacy_bertfam.annotation import parts, ray_workers
from spacy_bertfam.annotation.annotate import Annotator, digest_of
from spacy_bertfam.annotation.worker import Worker
from spacy_bertfam.cli.app import app
from spacy_bertfam.data.text_stream import Text
from spacy_bertfam.data.writers.formats import FORMS
from spacy_bertfam.errors import UserError

CODE = Path(ruled_names.__file__)
JSONL = FORMS["jsonl"]
ROWS = [
    Text(f"n{i}", text) for i, text in enumerate([*TEXTS[:4], "Ça échoue.", *TEXTS[4:], "", "half \ud83d"])
]
# the component of ruled_names; the text "Claire 5 ..." kills its process, N times
KILLING = """
import os, signal, spacy
from pathlib import Path
from spacy.language import Language
@Language.component("annotation_test_fails")
def fails(doc):
    killed = Path(__file__).with_suffix(".killed")
    if "Claire 5" in doc.text and len(killed.read_bytes() if killed.exists() else b"") < N:
        with killed.open("ab") as file:
            file.write(b"x")
        os.kill(os.getpid(), signal.SIGKILL)
    if "échoue" in doc.text:
        raise ZeroDivisionError("un texte\\nqui échoue")
    return doc
"""


@pytest.fixture(scope="module")
def cluster():
    """One Ray for the whole file, of two cores."""
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_worker_niceness="0")
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


@pytest.fixture(autouse=True)
def three_texts_a_part(monkeypatch):
    monkeypatch.setattr(parts, "N_TEXTS", 3)


def annotate(nlp, output, texts=ROWS, **settings):
    return Annotator(nlp, 256).annotate(texts, output, JSONL, **settings)


def on_ray(nlp, *, n_workers=1, code=CODE, digest=None):
    worker = Worker(str(nlp.path), digest, code)
    return partial(ray_workers.run_on_ray, worker, address="local", n_workers=n_workers)


def killing(folder, n):
    place = folder / "killing.py"
    place.write_text(KILLING.replace("N:", f"{n}:"), encoding="utf8")
    return place


@pytest.mark.slow
def test_the_output_is_the_same_byte_for_byte_when_a_worker_is_killed(cluster, nlp, tmp_path):
    without = annotate(nlp, tmp_path / "without.jsonl")
    run = on_ray(nlp, n_workers=3, code=killing(tmp_path, 2), digest=digest_of(nlp))
    assert annotate(nlp, tmp_path / "out.jsonl", run=run) == without
    assert (tmp_path / "killing.killed").read_bytes() == b"xx"
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "without.jsonl").read_bytes()
    assert not (tmp_path / "out.jsonl.parts").exists()


@pytest.mark.slow
def test_a_text_that_kills_every_worker_ends_the_run_and_the_other_parts_stay(
    cluster, nlp, tmp_path, monkeypatch
):
    monkeypatch.setitem(ray_workers.RESTARTS, "max_task_retries", 0)
    with pytest.raises(UserError, match="Workers die of the texts from 'n6' on again and again"):
        annotate(nlp, tmp_path / "out.jsonl", run=on_ray(nlp, code=killing(tmp_path, 99)))
    assert len(list((tmp_path / "out.jsonl.parts").glob("*-*.jsonl"))) == 2
    read = []
    annotate(nlp, tmp_path / "out.jsonl", done=read.append)  # the same without Ray
    annotate(nlp, tmp_path / "without.jsonl")
    assert read[:2] == [3, 3] and set(read[2:]) == {1}
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "without.jsonl").read_bytes()


@pytest.mark.slow
def test_a_worker_with_another_pipeline_is_refused(cluster, nlp, tmp_path):
    with pytest.raises(UserError, match="A worker has another pipeline"):
        annotate(nlp, tmp_path / "out.jsonl", run=on_ray(nlp, digest="0123"))


def test_no_worker_is_started_where_everything_is_done(nlp, tmp_path):
    assert list(on_ray(nlp)(iter(()), False, print)) == []


@pytest.mark.slow
def test_a_dataset_gets_columns(cluster, nlp):
    rows = [{"key": i, "body": text} for i, text in enumerate([TEXTS[0], None, "Ça échoue.", "Rien."])]
    ds = cluster.data.from_items(rows)
    found = annotate_dataset(ds, str(nlp.path), n_workers=1, column="body", code=CODE).take_all()
    found = sorted(found, key=lambda row: row["key"])
    assert [(row["key"], row["body"], row["error"]) for row in found] == [
        (0, TEXTS[0], None), (1, None, "no text"),
        (2, "Ça échoue.", "ZeroDivisionError: un texte qui échoue"), (3, "Rien.", None),
    ]  # fmt: skip
    assert [row["entities"] is None for row in found] == [False, True, True, False]
    assert [TEXTS[0][e["start"] : e["end"]] for e in found[0]["entities"]] == ["Claire", "Angers"]
    assert list(found[3]["entities"]) == []


@pytest.mark.slow
def test_the_recipe_of_the_documents(cluster, nlp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nlp.remove_pipe("annotation_test_fails")
    shutil.rmtree("pipeline")
    nlp.to_disk("pipeline")
    cluster.data.from_items([{"text": text} for text in TEXTS]).write_parquet(str(tmp_path / "in"))
    page = (Path(__file__).parents[2] / "docs" / "many-machines.md").read_text(encoding="utf8")
    recipe = re.findall(r"(?ms)^```py\n(.*?)^```", page)[0]
    for name in ("in", "out"):  # its workers have the working folder in which Ray was started
        recipe = recipe.replace(f'"{name}"', repr(str(tmp_path / name)))
    exec(compile(recipe, "docs", "exec"), {})
    found = cluster.data.read_parquet(str(tmp_path / "out")).take_all()
    assert sorted(row["text"] for row in found) == sorted(TEXTS)
    assert {len(row["entities"]) for row in found} == {2}


def test_the_command_connects_as_it_is_told_and_reports_to_nobody(nlp, tmp_path, monkeypatch):
    """With a Ray that stands in, and has no place for a worker."""
    told = {}
    standin = type(sys)("ray")
    standin.is_initialized = lambda: False
    standin.init = lambda **settings: told.update(settings)
    standin.available_resources = lambda: {"CPU": 0.0}
    monkeypatch.setitem(sys.modules, "ray", standin)
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    (tmp_path / "in.txt").write_text("Rien.", encoding="utf8")
    words = [str(nlp.path), str(tmp_path / "in.txt"), str(tmp_path / "out.jsonl"), "--ray", "10.0.0.1:6379"]
    result = CliRunner().invoke(app, ["annotate", *words])
    assert result.exit_code == 1 and "Ray has no core and GPU free for a worker" in result.stderr
    assert told["address"] == "10.0.0.1:6379" and told["include_dashboard"] is False
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    standin.init = lambda **settings: int("no cluster")
    result = CliRunner().invoke(app, ["annotate", *words])
    assert result.exit_code == 1 and "Ray does not start at 10.0.0.1:6379 (invalid literal" in result.stderr


def test_a_part_that_ray_loses_is_told(monkeypatch):
    """With a Ray that stands in, and whose machines have no memory."""
    lost = type("OutOfMemoryError", (Exception,), {})

    def get(result):
        raise lost("no memory")

    kinds = {name: type(name, (lost,), {}) for name in ("RayTaskError", "RayActorError")}
    actor = SimpleNamespace(lines=SimpleNamespace(remote=lambda *args: object()))
    standin = SimpleNamespace(
        is_initialized=lambda: True,
        available_resources=lambda: {"CPU": 1.0},
        remote=lambda **settings: lambda kind: SimpleNamespace(remote=lambda **given: actor),
        wait=lambda results: (results[:1], results[1:]),
        get=get,
        exceptions=SimpleNamespace(RayError=lost, **kinds),
    )
    monkeypatch.setitem(sys.modules, "ray", standin)
    run = ray_workers.run_on_ray(Worker("x"), iter([(0, ROWS[:1])]), False, print, address="local")
    with pytest.raises(UserError, match=r"Ray has lost a part .OutOfMemoryError: no memory."):
        list(run)


@pytest.mark.parametrize(
    "words, found",
    [
        (("--ray", "local"), "ray is not installed, and --ray needs it; expected the extra 'ray'"),
        (("--ray", "local", "--gpu-id", "0"), "--num-gpus is for the workers of --ray"),
        (("--num-gpus", "1"), "--num-gpus is for the workers of --ray"),
    ],
)
def test_what_cannot_be_is_refused_at_once(tmp_path, monkeypatch, words, found):
    monkeypatch.setitem(sys.modules, "ray", None)
    result = CliRunner().invoke(
        app, ["annotate", "nowhere", "nothing.txt", str(tmp_path / "o.jsonl"), *words]
    )
    assert result.exit_code == 1 and found in result.stderr

"""The one command: each suite leaves its figures, and what it lacks is said in one sentence."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from forked import Forked, run_module
from typer.testing import CliRunner


def run(*arguments):
    from benchmarks.__main__ import app

    return CliRunner().invoke(app, ["run", *map(str, arguments)])


@pytest.fixture(scope="module")
def encoder(tiny_encoder):
    return tiny_encoder("bert")


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["chain", "limit", "load"])
def test_a_suite_leaves_json_and_a_table(suite, encoder, tmp_path):
    result = run("--suite", suite, "--encoder", encoder, "--output", tmp_path, "--n-rounds", 1)
    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / f"{suite}.json").read_text(encoding="utf8"))
    assert found["machine"]["torch"]
    assert (tmp_path / f"{suite}.md").read_text(encoding="utf8").count("| ") > 4


@pytest.mark.slow
def test_growth_is_measured_for_short_texts_and_for_one_long_text(encoder, tmp_path, monkeypatch):
    from benchmarks import growth

    def call_here(name, *arguments):
        assert (name, arguments[-1]) == ("benchmarks.growth", 1)
        return growth.measure(*arguments)

    monkeypatch.setattr(growth, "call_apart", call_here)
    arguments = ["--suite", "memory", "--encoder", encoder, "--output", tmp_path, "--max-words", 1000]
    assert run(*arguments).exit_code == 0
    rows = json.loads((tmp_path / "memory.json").read_text(encoding="utf8"))["Growth"]
    assert [row["texts"] for row in rows] == ["single sentences", "one text"]
    assert all(row["words"] > 900 and row["seconds"] > 0 for row in rows)


def test_a_process_of_its_own_hands_back_what_was_measured(tmp_path, monkeypatch):
    from benchmarks.child import call_apart

    (tmp_path / "halves.py").write_text(
        "def measure(path, n):\n    print('noise')\n    return {path: n / 2}\n", encoding="utf8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert call_apart("halves", Path("a/b"), 3) == {"a/b": 1.5}


def test_an_unknown_suite_is_named():
    result = run("--suite", "sped")
    assert result.exit_code == 2
    assert "sped" in result.output


@pytest.mark.parametrize(
    ("suite", "option"),
    [("speed", "--model"), ("quality", "--corpus"), ("limit", "--model"), ("pipelines", "--corpus")],
)
def test_what_a_suite_lacks_is_one_sentence(suite, option, tmp_path):
    result = run("--suite", suite, "--output", tmp_path)
    assert result.exit_code == 1
    assert f"suite {suite}: {option}" in result.output


def test_a_silenced_network_still_gives_entities(encoder):
    from benchmarks.chain import silence
    from benchmarks.untrained import make_untrained

    nlp = make_untrained(encoder)
    silence(nlp)
    docs = list(nlp.pipe(["Marie vit à Lyon et Paul à Brest."] * 20))
    assert sum(len(doc.ents) for doc in docs) > 0


def make_forked_worker(log):
    """RETURNS (type): a Worker whose process is a fork, which imports nothing again."""
    from benchmarks.apart import Worker

    class ForkedWorker(Worker):
        def __init__(self, name, python, *arguments):
            (questions, stdin), (stdout, answers) = os.pipe(), os.pipe()

            def answer(words):
                os.close(stdin)  # who reads on would not see the end
                os.dup2(questions, 0)
                os.dup2(answers, 1)
                sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
                run_module(words)

            self.process = Forked(answer, ["benchmarks.worker", name, *arguments], log)
            self.process.stdin, self.process.stdout = os.fdopen(stdin, "w"), os.fdopen(stdout)
            os.close(questions)
            os.close(answers)

    return ForkedWorker


@pytest.mark.slow
def test_a_pipeline_is_set_beside_a_peer(encoder, tmp_path, monkeypatch):
    pytest.importorskip("spacy_transformers")
    from benchmarks import apart
    from benchmarks.suites import Inputs
    from benchmarks.untrained import make_untrained

    monkeypatch.setattr(apart, "Worker", make_forked_worker(tmp_path / "log"))
    monkeypatch.setattr(apart, "interpreter", lambda name, root: Path(sys.executable))
    make_untrained(encoder).to_disk(tmp_path / "model")
    (tmp_path / "corpus").mkdir()
    lines = ["Marie B-Person", "vit O", "à O", "Lyon B-Location", "", "Paul B-Person", "dort O", ""] * 10
    (tmp_path / "corpus" / "dev.iob").write_text("\n".join(lines), encoding="utf8")
    inputs = Inputs(
        tmp_path / "out",
        tmp_path / "model",
        (tmp_path / "corpus",),
        n_rounds=1,
        unit="sentence",
        peers=("spacy-transformers",),
    )
    tables, n_words = apart.compare_apart(inputs)
    assert n_words == 60 and "Left out" not in tables
    rows = {row["system"]: row for row in tables["Speed and memory"]}
    assert list(rows) == ["ours", "spacy-transformers"]
    assert rows["spacy-transformers"]["times spacy-transformers"] == 1.0
    with pytest.raises(ValueError, match="--peer: found pipe; expected some of spacy-transformers"):
        apart.compare_apart(replace(inputs, peers=("pipe",)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runtime", "precision"), [("torch", "bf16"), ("onnxruntime", "fp32"), ("openvino", "bf16")]
)
def test_the_limit_is_that_of_the_runtime_the_pipeline_was_made_for(runtime, precision, encoder, tmp_path):
    from benchmarks.untrained import make_untrained
    from spacy_bertfam.optimize.optimize import Plan, optimize

    for package in {"torch": (), "onnxruntime": ("onnxruntime", "onnx"), "openvino": ("openvino", "onnx")}[
        runtime
    ]:
        pytest.importorskip(package)
    nlp = make_untrained(encoder)
    optimize(nlp, Plan(runtime, precision))
    nlp.to_disk(tmp_path / "model")
    arguments = ["--model", tmp_path / "model", "--output", tmp_path, "--n-rounds", 1, "--n-docs", 3]
    result = run("--suite", "limit", *arguments)
    assert result.exit_code == 0, result.output
    assert f"{runtime} {precision}: nlp.pipe has" in result.output
    rows = json.loads((tmp_path / "limit.json").read_text(encoding="utf8"))["Beside the bare network"]
    assert {row["system"] for row in rows} == {"nlp.pipe", "bare network"}
    assert all(row["words a processor second"] > 0 for row in rows)


def test_the_bare_call_is_the_engines_own(encoder, monkeypatch):
    from benchmarks.limit import bare_call
    from spacy_bertfam.encoder.runtimes.onnx_runtime import OnnxRuntime

    pytest.importorskip("onnxruntime")
    import torch

    class Session:
        calls = 0

        def run(self, names, feed):
            self.calls += 1
            assert set(feed) == {"ids", "mask"}

    runtime = OnnxRuntime.__new__(OnnxRuntime)
    runtime.session = Session()
    ids = torch.ones((2, 3), dtype=torch.int64)
    bare_call(runtime, ids, ids)()
    assert runtime.session.calls == 1


def test_the_share_stands_in_one_sentence():
    from benchmarks.limit import limit_rows, verdict

    times = {"nlp.pipe": [(2.0, 2.0)] * 3, "bare network": [(1.8, 1.9)] * 3}
    assert verdict(limit_rows(times, 100), "torch bf16") == (
        "torch bf16: nlp.pipe has 90% of the speed of its own bare network, 95% by processor time"
    )


def test_a_system_that_ends_while_it_reads_is_said_and_the_others_go_on(encoder, tmp_path, monkeypatch):
    from benchmarks import apart
    from benchmarks.suites import Inputs

    class Ending(apart.Worker):
        def __init__(self, name, *arguments):
            self.name = name

        def __exit__(self, *error):
            return None

        def read(self):
            return {}

        def run(self):
            if self.name == "pipeline 1":
                raise ValueError("a system ended with exit code 1; see its errors above.")
            return {"seconds": 1.0, "processor_seconds": 1.0, "peak_mb": 1.0}

    monkeypatch.setattr(apart, "Worker", Ending)
    monkeypatch.setattr(apart, "interpreter", lambda name, root: Path(sys.executable))
    monkeypatch.setattr(apart, "prepare", lambda *arguments, **options: 2)
    also, peers = (tmp_path / "int8",), ("pipeline 1", "pipeline 8")
    inputs = Inputs(tmp_path, model=encoder, corpora=(tmp_path,), n_rounds=2, also=also, peers=peers)
    tables, _ = apart.compare_apart(inputs)
    assert [row["system"] for row in tables["Speed and memory"]] == ["ours", "ours, int8", "pipeline 8"]
    assert [(row["system"], row["why"][:21]) for row in tables["Left out"]] == [
        ("pipeline 1", "ended while it read: ")
    ]


def test_pipelines_of_one_name_are_told_apart_by_the_folder_around_them():
    from benchmarks.apart import names_of

    folders = [Path("six/model-last"), Path("eight/model-last"), Path("onnx")]
    assert names_of(folders) == ["ours, six/model-last", "ours, eight/model-last", "ours, onnx"]

"""`bertfam optimize --runtime fastest`: what is tried, what is taken, what is said."""

import re
import sys
from dataclasses import replace

import pytest
import spacy
from optimized import TEXTS, found, shim_of
from spacy.tokens import DocBin
from spacy.training import Example
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.encoder.runtimes.engines import PRECISIONS
from spacy_bertfam.errors import UserError
from spacy_bertfam.optimize import fastest as module
from spacy_bertfam.optimize.fastest import Material, accepted, plans, try_all
from spacy_bertfam.optimize.optimize import Plan, Report
from spacy_bertfam.optimize.parity import Run
from spacy_bertfam.optimize.report import format_tried


@pytest.fixture
def optimized(plain_folder, tmp_path, monkeypatch):
    """The command on the pipeline and data that are annotated as it finds them itself."""
    DocBin(docs=list(spacy.load(plain_folder).pipe(TEXTS))).to_disk(tmp_path / "dev.spacy")
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(
        app, ["optimize", str(plain_folder), "out", "--runtime", "fastest", *map(str, args)]
    )


@pytest.fixture
def outcomes(monkeypatch):
    """runtime and precision -> words a second, beside 100 in torch, and F1, of 90; None where it cannot run."""
    told = {}

    def optimize(nlp, plan, *, before, **options):
        outcome = told[plan.runtime, plan.precision]
        if outcome is None:
            raise UserError(f"{plan.runtime} is not installed")
        nlp.meta["made_by"] = f"{plan.runtime} {plan.precision}"
        before = before or Run(frozenset(), 90.0, 100.0)
        return Report(plan, [], before, Run(frozenset(), outcome[1], outcome[0]))

    monkeypatch.setattr(module, "optimize", optimize)
    return told


def blank():
    return Material(spacy.blank("xx"), [], None)


def test_every_runtime_is_tried_in_every_precision():
    pairs = [(plan.runtime, plan.precision) for plan in plans()]
    assert sorted(pairs) == sorted((name, bits) for name, able in PRECISIONS.items() for bits in able)
    assert pairs[0] == ("torch", "fp32")


def test_one_precision_may_be_asked_for_and_engines_alone():
    assert {plan.precision for plan in plans(precision="bf16")} == {"bf16"}
    made = plans(drop_torch=True, threads=2, sensitivity=True)
    assert made and all(plan.runtime != "torch" and plan.drop_torch and plan.threads == 2 for plan in made)
    assert [(p.runtime, p.precision) for p in made if p.sensitivity] == [("onnxruntime", "int8")]


def test_an_unknown_precision_is_named():
    with pytest.raises(
        UserError, match="Precision is 'fp4': expected one of bf16, fp32, int8, or none for all"
    ):
        plans(precision="fp4")


def test_the_fastest_that_loses_little_enough_is_taken(outcomes):
    outcomes.update(
        {
            ("torch", "fp32"): (100.0, 90.0),
            ("torch", "bf16"): (250.0, 89.6),
            ("onnxruntime", "fp32"): None,
            ("onnxruntime", "int8"): (300.0, 89.4),
            ("openvino", "fp32"): (130.0, 90.0),
        }
    )
    tried, nlp = try_all(blank, [Plan(*pair) for pair in outcomes])
    assert nlp.meta["made_by"] == "torch bf16"
    assert [one.plan.precision for one in accepted(tried)] == ["bf16", "fp32", "fp32"]
    assert [one.speed for one in tried] == [100.0, 250.0, 0.0, 300.0, 130.0]
    assert tried[2].reason == "onnxruntime is not installed" and not tried[3].is_acceptable


def test_the_rows_are_beside_the_best_that_torch_was_measured_at(outcomes):
    outcomes.update({("torch", "fp32"): (200.0, 90.0), ("torch", "bf16"): (300.0, 90.0)})
    tried, _ = try_all(blank, [Plan(*pair) for pair in outcomes])
    before = Run(frozenset(), 90.0, 150.0)
    tried[1] = replace(tried[1], report=replace(tried[1].report, before=before))
    rows = format_tried(tried).splitlines()[1:]
    assert [row.split() for row in rows] == [
        ["torch", "fp32", "200", "1.3", "90.00"],
        ["torch", "bf16", "300", "2.0", "90.00"],
    ]


def test_the_last_rounds_decide_among_the_three_fastest(outcomes, monkeypatch):
    """The machine was slow while the one that is fastest was tried."""
    speeds = {("torch", "fp32"): 90.0, ("torch", "bf16"): 250.0, ("openvino", "bf16"): 200.0}
    outcomes.update({pair: (speed, 90.0) for pair, speed in speeds.items()})
    outcomes.update({("openvino", "fp32"): (80.0, 90.0)})
    seconds = {"torch fp32": 1.0, "torch bf16": 0.4, "openvino bf16": 0.2}
    turns = []

    def pass_seconds(nlp, docs):
        turns.append(nlp.meta["made_by"])
        return seconds[nlp.meta["made_by"]] * (9.0 if len(turns) <= 3 else 1.0)

    monkeypatch.setattr(module, "pass_seconds", pass_seconds)

    def load():
        nlp = spacy.blank("xx")
        return Material(nlp, [Example(nlp(text), nlp(text)) for text in ("Anne vit", "à Rennes")], None)

    tried, nlp = try_all(load, [Plan(*pair) for pair in outcomes])
    assert nlp.meta["made_by"] == "openvino bf16"
    assert [one.plan.runtime for one in accepted(tried)] == ["openvino", "torch", "torch", "openvino"]
    assert turns[:6] == [*turns[:3]] * 2 and len(turns) == 3 * (1 + module.N_ROUNDS)
    assert [row.split()[5:] for row in format_tried(tried).splitlines()[1:]] == [["4"], ["10"], ["20"], []]


def test_none_is_taken_where_all_lose_too_much(outcomes):
    outcomes.update({("torch", "bf16"): (250.0, 80.0)})
    tried, nlp = try_all(blank, [Plan("torch", "bf16")])
    assert nlp is None and not accepted(tried)


def test_an_error_of_an_engines_own_leaves_the_others_to_be_tried(outcomes, monkeypatch):
    outcomes.update({("openvino", "fp32"): None, ("torch", "bf16"): (250.0, 90.0)})
    told = module.optimize

    def optimize(nlp, plan, **options):
        if plan.runtime == "openvino":
            raise ZeroDivisionError("in its own code")
        return told(nlp, plan, **options)

    monkeypatch.setattr(module, "optimize", optimize)
    tried, nlp = try_all(blank, [Plan(*pair) for pair in outcomes])
    assert tried[0].reason == "ZeroDivisionError: in its own code"
    assert nlp.meta["made_by"] == "torch bf16"


def test_where_none_can_run_the_reason_of_the_first_is_given(outcomes):
    outcomes.update({("openvino", "fp32"): None})
    with pytest.raises(UserError, match="openvino is not installed"):
        try_all(blank, [Plan("openvino", "fp32")])


@pytest.mark.slow
def test_what_is_written_is_what_the_last_line_names(optimized, plain_folder, tmp_path):
    result = optimized("--check", "dev.spacy", "--threads", 1, "--max-drop", 100)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == [
        "runtime",
        "precision",
        "words",
        "a",
        "second",
        "torch",
        "=",
        "1",
        "F1",
        "in",
        "turn",
    ]
    runtime, precision = lines[-1].removeprefix("out: written, ").split()
    nlp = spacy.load(tmp_path / "out")
    graph = shim_of(nlp).loaded.graph
    config = nlp.config["components"]["encoder"]["model"]
    assert config["threads"] == 1
    if runtime == "torch":
        assert graph is None and config["precision"] == precision
    else:
        assert (graph.runtime, graph.precision) == (runtime, precision)
    assert len(found(nlp)) == len(TEXTS)


def test_what_is_not_installed_is_said_in_its_row(optimized, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    result = optimized("--check", "dev.spacy", "--precision", "fp32")
    assert result.exit_code == 0, result.output
    (row,) = [line for line in result.stdout.splitlines() if line.startswith("onnxruntime")]
    assert "onnxruntime is not installed" in row and 'pip install "spacy-bertfam[onnx]"' in row


def test_without_annotated_data_nothing_is_tried(optimized, tmp_path):
    result = optimized()
    assert result.exit_code == 1
    assert "has nothing to measure that on; expected annotated data: --check DEV" in result.stderr
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_where_none_is_acceptable(optimized, outcomes, tmp_path):
    outcomes.update({("torch", "bf16"): (200.0, 1.0), ("openvino", "bf16"): None})
    result = optimized("--check", "dev.spacy", "--precision", "bf16")
    assert result.exit_code == 1
    assert "F1 fell by 89.00 points, more than --max-drop 0.5" in result.stdout
    assert re.search("openvino +bf16 +openvino is not installed", result.stdout)
    assert "F1 fell by more than --max-drop 0.5 in all: nothing is written" in result.stderr
    assert not (tmp_path / "out").exists()

"""The notebooks: they run from top to bottom, offline, on a tiny encoder; their saved outputs are whole and clean;
their prose states figures of these outputs; and both are one lesson."""

import json
import re
from pathlib import Path

import pytest
import torch
from tiny.folder import make_tiny_encoder

EXAMPLES = Path(__file__).parent.parent / "examples"
NAMES = {"fr": "la_famille_bert", "en": "the_bert_family"}
BOTH = pytest.mark.parametrize("lang", NAMES)
MAX_BYTES = 400_000
PATH = re.compile(r"(?<![\w<.:/])/[\w.-]+/[\w.-]|/(?:tmp|home|root|work|Users|var|usr|opt)/|\b[A-Z]:\\")
# 0.81, 1,234, 81%; in French prose 0,81 and 81 %, with a no-break space or a plain one
NUMBER = re.compile(r"(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?%?(?![\w])")
NUMBER_FR = re.compile(r"(?<![\w,-])\d+(?:[ \u00a0\u202f]\d{3})*(?:,\d+)?(?:[ \u00a0\u202f]?%)?(?!\w)")


def cells_of(lang):
    return json.loads((EXAMPLES / f"{NAMES[lang]}.ipynb").read_text(encoding="utf8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def output_text(cell):
    """What a code cell printed, showed and returned, figures without their drawing."""
    parts = []
    for output in cell.get("outputs", []):
        parts.append("".join(output.get("text", "")))
        parts += ["".join(text) for text in output.get("data", {}).values()]
    return re.sub(r"(?s)<svg.*?</svg>|<style.*?</style>", "", "\n".join(parts))


def sections(lang):
    """RETURNS (list[list[dict]]): the cells of each section, the first of what stands before all."""
    found = [[]]
    for cell in cells_of(lang):
        if cell["cell_type"] == "markdown" and source(cell).startswith("## "):
            found.append([])
        found[-1].append(cell)
    return found


def numbers(text, lang="en"):
    if lang == "en":
        return {each.replace(",", "") for each in NUMBER.findall(text)}
    return {re.sub(r"[ \u00a0\u202f]", "", each).replace(",", ".") for each in NUMBER_FR.findall(text)}


@pytest.mark.slow
@BOTH
def test_every_code_cell_runs_in_order(lang, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    folder = make_tiny_encoder("bert", tmp_path / "tiny", max_positions=512)
    monkeypatch.setenv("BERTFAM_ENCODER", str(folder))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(EXAMPLES)
    torch.set_num_threads(1)
    names = {"__name__": "__main__"}
    for i, cell in enumerate(cells_of(lang)):
        if cell["cell_type"] == "code":
            exec(compile(source(cell), f"cell {i}", "exec"), names)
    assert names["nlp"].get_pipe("ner").labels == ("PER", "LOC", "ORG", "MISC")
    assert {0, 1} == set(names["lot" if lang == "fr" else "batch"]["attention_mask"].flatten().tolist()) | {0}
    assert names["retour" if lang == "fr" else "back"].model.config.id2label[1] == "B-LOC"


@BOTH
def test_outputs_are_saved_and_clean(lang):
    cells = [cell for cell in cells_of(lang) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert all(output["output_type"] != "error" for output in cell["outputs"])
        assert all(output.get("name") != "stderr" for output in cell["outputs"]), output_text(cell)
        assert not PATH.search(output_text(cell)), output_text(cell)
        assert "Warning" not in output_text(cell)
        assert not any(line.startswith(("%", "!")) for line in cell["source"]), "plain Python only"
    for section in sections(lang):
        assert any(cell.get("outputs") for cell in section), source(section[0])
    assert (EXAMPLES / f"{NAMES[lang]}.ipynb").stat().st_size < MAX_BYTES


@BOTH
def test_outputs_are_those_of_a_trained_encoder_whose_checks_ran(lang):
    first = output_text(cells_of(lang)[1])
    assert int(re.search(r"(\d+) (?:de large|wide)", first)[1]) >= 256
    checked = [source(cell) for cell in cells_of(lang) if "assert " in source(cell)]
    assert len(checked) > 8


@BOTH
def test_the_prose_states_figures_of_its_outputs(lang):
    known = set()
    n_stated = 0
    for section in sections(lang):
        for cell in section:
            if cell["cell_type"] == "code":
                known |= numbers(output_text(cell)) | numbers(source(cell))
        for cell in section:
            if cell["cell_type"] == "markdown":
                text = re.sub(r"(?s)```.*?```|`[^`]*`|^#+ .*?$", "", source(cell), flags=re.M)
                stated = {each for each in numbers(text, lang) if not re.fullmatch(r"\d\d?", each)}
                assert stated <= known, (stated - known, source(cell))
                n_stated += len(stated)
    assert n_stated > 20


def test_both_notebooks_are_one_lesson():
    kinds = {lang: [cell["cell_type"] for cell in cells_of(lang)] for lang in NAMES}
    assert kinds["fr"] == kinds["en"]
    headings = {
        lang: [re.findall(r"^(#+ (?:\d+\.)?)", source(cell), flags=re.M) for cell in cells_of(lang)]
        for lang in NAMES
    }
    assert headings["fr"] == headings["en"]
    steps = {
        lang: [
            re.findall(r"^from .* import .*$|^import .*$", source(cell), flags=re.M)
            for cell in cells_of(lang)
        ]
        for lang in NAMES
    }
    assert steps["fr"] == steps["en"]

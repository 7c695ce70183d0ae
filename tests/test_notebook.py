"""The French notebook runs from top to bottom, offline, on a tiny encoder."""

import json
from pathlib import Path

import pytest
import torch

NOTEBOOK = Path(__file__).parent.parent / "examples" / "la_famille_bert.ipynb"


@pytest.fixture
def notebook():
    return json.loads(NOTEBOOK.read_text(encoding="utf8"))


def test_every_code_cell_runs_in_order(notebook, tiny_encoder, tmp_path, monkeypatch):
    monkeypatch.setenv("BERTFAM_ENCODER", str(tiny_encoder("bert")))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    names = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for i, cell in enumerate(cells):
        exec(compile("".join(cell["source"]), f"cell {i}", "exec"), names)
    assert names["nlp"].get_pipe("ner").labels == ("PERSONNE", "LIEU", "ORGANISATION", "DATE")
    assert names["retour"].model.config.id2label[8] == "I-DATE"
    assert names["sien"].get_pipe("ner").cfg["scheme"] == "BIOES"
    asked = names["doc"].spans["answers"].attrs["no_answer"]
    assert set(asked) == {"PERSONNE", "LIEU", "ORGANISATION"} and 0 < names["reponse"].score <= 1


def test_the_notebook_is_stored_without_outputs(notebook):
    for cell in notebook["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None
        if cell["cell_type"] == "code":
            assert not any(line.startswith(("%", "!")) for line in cell["source"]), "plain Python only"

"""Whole pipelines beside each other, from folders and from wheels."""

import json
import zipfile

import pytest
import spacy
from typer.testing import CliRunner

TEXTS = [
    {"text": "Marie habite à Lyon.", "entities": [[0, 5, "Person"], [15, 19, "Location"]]},
    {"text": "Le 3 mai, Marie part.", "entities": [[3, 8, "Date"], [10, 15, "Person"]]},
]


@pytest.fixture
def pipelines(tmp_path):
    """Two pipelines: one finds a name of three and a wrong one, the other all of them; the second in a wheel."""
    found = {"some": {"Marie": "LOC", "Lyon": "LOC"}, "all": {"Marie": "PER", "Lyon": "LOC", "mai": "MISC"}}
    for name, names in found.items():
        nlp = spacy.blank("fr")
        ruler = nlp.add_pipe("entity_ruler")
        ruler.add_patterns([{"label": label, "pattern": text} for text, label in names.items()])
        nlp.to_disk(tmp_path / name)
    wheel = tmp_path / "fr_all-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in (tmp_path / "all").rglob("*"):
            archive.write(file, f"fr_all/fr_all-1.0/{file.relative_to(tmp_path / 'all').as_posix()}")
    return tmp_path / "some", wheel


def test_scores_are_those_of_character_spans_of_the_labels_that_are_mapped(pipelines, tmp_path):
    from benchmarks.__main__ import app

    corpus = tmp_path / "news"
    corpus.mkdir()
    (corpus / "test.jsonl").write_text("\n".join(map(json.dumps, TEXTS)), encoding="utf8")
    arguments = ["--suite", "pipelines", "--model", pipelines[0], "--also", pipelines[1], "--corpus", corpus]
    result = CliRunner().invoke(
        app, ["run", *map(str, arguments), "--n-rounds", "1", "--output", str(tmp_path)]
    )
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "pipelines.json").read_text(encoding="utf8"))
    some, every = figures["Scores"]
    assert (some["entities"], some["P"], some["R"]) == (3, pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (every["P"], every["R"], every["F1"]) == (1.0, 1.0, 1.0)
    assert [row["pipeline"] for row in figures["Speed and size"]] == ["some", pipelines[1].name]
    assert figures["Speed and size"][1]["MB"] == pytest.approx(pipelines[1].stat().st_size / 1e6)

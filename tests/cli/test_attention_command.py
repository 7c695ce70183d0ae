import json
import re

import pytest
import spacy
from small_corpus import TEXTS, make_examples, shared_pipeline
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app


@pytest.fixture(scope="module")
def model(tiny_encoder, tmp_path_factory):
    """A pipeline folder with a tiny encoder of 2 layers and 4 heads."""
    nlp = shared_pipeline(tiny_encoder("bert"))
    nlp.initialize(lambda: make_examples(nlp))
    path = tmp_path_factory.mktemp("models") / "petit"
    nlp.to_disk(path)
    return str(path)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `bertfam attention` in an empty folder; gives the result."""
    monkeypatch.chdir(tmp_path)
    return lambda *args, **options: CliRunner().invoke(app, ["attention", *map(str, args)], **options)


def data_in(path):
    page = path.read_text(encoding="utf8")
    return json.loads(re.findall(r'(?s)id="data">(.*?)</script>', page)[0])


def test_a_text_becomes_a_page(run, model, tmp_path):
    result = run(model, TEXTS[0], "-o", "sortie/p.html", "--title", "Essai", "--layer", 2, "--head", 4)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("words 6, layers 2, heads 4 -> ") and not result.stderr
    data = data_in(tmp_path / "sortie" / "p.html")
    assert data["words"] == ["[CLS]", *TEXTS[0].split(), "[SEP]"]
    assert (data["layer"], data["head"]) == (1, 3)
    assert "<title>Essai</title>" in (tmp_path / "sortie" / "p.html").read_text(encoding="utf8")


def test_the_first_of_several_texts_is_shown_and_the_others_are_counted(run, model, tmp_path):
    nlp = spacy.blank("fr")
    DocBin(docs=[nlp.make_doc(text) for text in TEXTS]).to_disk(tmp_path / "t.spacy")
    (tmp_path / "t.txt").write_text("\n".join(TEXTS), encoding="utf8")
    for args in (["t.spacy"], ["t.txt", "--lines"]):
        result = run(model, *args)
        assert f"Note: The first of {len(TEXTS)} texts is shown; left out: {len(TEXTS) - 1}." in result.stderr
        assert data_in(tmp_path / "attention.html")["words"][1:-1] == TEXTS[0].split()


def test_standard_input_is_a_source(run, model):
    assert "words 3, " in run(model, "-", input="Anne rit.").stdout


def test_what_is_not_shown_of_a_long_text_is_told(run, model):
    result = run(model, "Anne   rit. " * 50)
    assert re.search(r"Note: \d+ of 200 tokens are shown: those of the first window", result.stderr)
    assert re.search(r"Note: \d+ tokens without word pieces \(white space\) are left out", result.stderr)


def test_the_component_is_handed_on(run, model):
    assert run(model, "Anne", "--component", "encoder").exit_code == 0


@pytest.mark.parametrize(
    ("name", "source", "options", "message"),
    [
        ("no_such_pipeline", "Anne", [], "The pipeline 'no_such_pipeline' cannot be loaded"),
        (None, "foo.txt", [], "There is no file foo.txt"),
        (None, "  ", [], "The argument holds no text"),
        (None, "\u200b", [], "no word that the encoder reads"),
        (None, "a" * 1_000_001, [], "A text has 1000001 characters"),
        (None, "Anne", ["--component", "ner"], "No component 'ner' with an encoder"),
        (None, "Anne", ["--layer", "3"], "There is no layer number 3: the encoder has 2"),
        (None, "Anne", ["--head", "9"], "There is no head number 9"),
        (None, "Anne", ["-o", "."], "cannot be written"),
    ],
)
def test_what_the_user_can_mend_is_told_in_one_line(run, model, name, source, options, message):
    if source.startswith("aaa"):  # longer than an argument of the shell, so it comes on standard input
        result = run(name or model, "-", *options, input=source)
    else:
        result = run(name or model, source, *options)
    assert result.exit_code == 1
    assert message in result.stderr and result.stderr.count("\n") == 1
    assert not result.stdout


def test_a_pipeline_without_an_encoder_is_told(run, tmp_path):
    spacy.blank("fr").to_disk(tmp_path / "vide")
    result = run("vide", "Anne rit.")
    assert result.exit_code == 1 and "has no encoder of its own kind" in result.stderr
    assert not (tmp_path / "attention.html").exists()

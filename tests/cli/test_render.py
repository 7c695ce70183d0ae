import os
import webbrowser

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin, Span
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A pipeline folder without a network: it knows Anne and Rennes."""
    nlp = spacy.blank("fr")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Anne"}, {"label": "LOC", "pattern": "Rennes"}])
    path = tmp_path_factory.mktemp("models") / "regles"
    nlp.to_disk(path)
    return str(path)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `bertfam render` in an empty folder; gives the result."""
    monkeypatch.chdir(tmp_path)
    return lambda *args, **options: CliRunner().invoke(app, ["render", *map(str, args)], **options)


def test_a_text_becomes_a_page(run, model, tmp_path):
    result = run(model, "Anne vit à Rennes.", "-o", "sortie/p.html", "--title", "Essai")
    assert result.exit_code == 0, result.output
    assert "docs 1, entities 2 (PER 1, LOC 1) -> " in result.stdout
    page = (tmp_path / "sortie" / "p.html").read_text(encoding="utf8")
    assert '<h1 dir="auto">Essai</h1>' in page and "Rennes</bdi>" in page
    assert [path.name for path in (tmp_path / "sortie").iterdir()] == ["p.html"]


def test_lines_become_cards(run, model, tmp_path):
    (tmp_path / "t.txt").write_text("Anne\n\nIl pleut.\n", encoding="utf8")
    assert "docs 1, " in run(model, "t.txt").stdout
    assert "docs 2, " in run(model, "t.txt", "--lines").stdout
    assert (tmp_path / "page.html").read_text(encoding="utf8").count("<article>") == 2


def test_standard_input_is_a_source(run, model):
    assert "entities 1 (PER 1)" in run(model, "-", input="Anne rit.").stdout


def test_gold_shows_the_annotation_of_the_file(run, model, tmp_path):
    doc = spacy.blank("fr")("Anne rit à Brest.")
    doc.ents = [doc.char_span(11, 16, label="VILLE")]
    DocBin(docs=[doc]).to_disk(tmp_path / "gold.spacy")
    assert "(PER 1)" in run(model, "gold.spacy").stdout
    assert "(VILLE 1)" in run(model, "gold.spacy", "--gold").stdout


def test_the_least_score_leaves_entities_out(run, model, tmp_path):
    added = not Span.has_extension("score")
    if added:
        Span.set_extension("score", default=None)
    doc = spacy.blank("fr")("Anne et Luc")
    doc.ents = [doc.char_span(0, 4, label="PER"), doc.char_span(8, 11, label="PER")]
    for ent, score in zip(doc.ents, (0.2, 0.8), strict=True):
        ent._.score = score
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "gold.spacy")
    result = run(model, "gold.spacy", "--gold", "--min-score", "0.5")
    if added:
        Span.remove_extension("score")
    assert "entities 1 (PER 1)" in result.stdout
    assert "Anne</bdi>" not in (tmp_path / "page.html").read_text(encoding="utf8")


@pytest.mark.parametrize(
    ("name", "source", "options", "message"),
    [
        ("no_such_pipeline", "Anne", [], "The pipeline 'no_such_pipeline' cannot be loaded"),
        ("typer", "Anne", [], "The pipeline 'typer' cannot be loaded"),
        ("json", "Anne", [], "The pipeline 'json' cannot be loaded"),
        (".", "Anne", [], "The pipeline '.' cannot be loaded"),
        (None, "foo.txt", [], "There is no file foo.txt"),
        (None, "Anne", ["--gold"], "--gold shows the annotation of a .spacy file"),
        (None, "  ", [], "The argument holds no text"),
        (None, "a" * 1_000_001, [], "A text has 1000001 characters"),
        (None, "Anne", ["-o", "."], ". is a folder and cannot be written"),
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


def test_a_failing_run_leaves_the_former_page(run, model, tmp_path):
    (tmp_path / "page.html").write_text("former", encoding="utf8")
    assert run(model, "foo.txt").exit_code == 1
    assert (tmp_path / "page.html").read_text(encoding="utf8") == "former"


def test_a_pipeline_that_sets_no_entities_is_refused(run, model, tmp_path):
    nlp = spacy.blank("fr")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "vide")
    (tmp_path / "page.html").write_text("former", encoding="utf8")
    result = run("vide", "Anne rit.")
    assert result.exit_code == 1 and not result.stdout
    assert result.stderr.startswith(
        "Error: No component of vide sets entities (it has sentencizer); expected"
    )
    assert (tmp_path / "page.html").read_text(encoding="utf8") == "former"
    assert run(model, "Il pleut.").exit_code == 0


def test_a_pipeline_of_nested_entities_is_shown(run, tmp_path):
    nlp = spacy.blank("fr")
    nlp.add_pipe("span_ruler").add_patterns([{"label": "LOC", "pattern": "Rennes"}])
    nlp.to_disk(tmp_path / "nested")
    assert "entities 0" in run("nested", "Il pleut.").stdout
    assert "entities 1 (LOC 1)" in run("nested", "Anne vit à Rennes.").stdout
    assert "doc.spans[" in (tmp_path / "page.html").read_text(encoding="utf8")


def test_a_pipeline_that_sets_spans_only_when_it_is_asked_is_refused(run, tmp_path):
    Language.component("render_test_asks", assigns=["doc.spans", "doc._.ask"], func=lambda doc: doc)
    nlp = spacy.blank("fr")
    nlp.add_pipe("render_test_asks")
    nlp.to_disk(tmp_path / "asks")
    assert "No component of asks sets entities" in run("asks", "Anne rit.").stderr


def test_a_component_that_sets_entities_and_does_not_say_so_is_enough(run, tmp_path):
    @Language.component("silent_ruler")
    def silent_ruler(doc):
        doc.ents = [Span(doc, 0, 1, label="PER")]
        return doc

    nlp = spacy.blank("fr")
    nlp.add_pipe("silent_ruler")
    nlp.to_disk(tmp_path / "muet")
    assert "entities 1 (PER 1)" in run("muet", "Anne rit.").stdout


def test_a_page_that_cannot_be_written_has_the_right_reason(run, model, monkeypatch):
    result = run(model, "Anne", "-o", "/proc/r6.html")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "Error: /proc/r6.html cannot be written: /proc takes no new files; expected"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name")
def test_what_is_no_file_is_written_to_and_not_replaced(run, model, tmp_path):
    """A pipe, as /dev/stdout may be one, or a device, as /dev/null."""
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDWR | os.O_NONBLOCK)
    assert run(model, "Anne", "-o", "pipe").exit_code == 0
    assert (tmp_path / "pipe").is_fifo()
    assert os.read(reader, 1_000).startswith(b"<!DOCTYPE html>")
    os.close(reader)


def test_open_shows_the_page_in_the_browser(run, model, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    run(model, "Anne", "--open")
    assert opened == [(tmp_path / "page.html").resolve().as_uri()]

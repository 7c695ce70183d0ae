"""`bertfam audit`, from annotated texts to the page, and to texts that are corrected and read back."""

import json
import shutil

import pytest
import spacy
import torch
from small_corpus import SENTENCES, annotated
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app


@pytest.fixture(scope="module")
def audited(tiny_encoder, tmp_path_factory):
    """A folder with `data.spacy` and its audit, `out`: two folds, two steps each."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("audited")
    nlp = spacy.blank("fr")
    DocBin(docs=[annotated(nlp, one) for one in SENTENCES * 2]).to_disk(folder / "data.spacy")
    result = run_audit(folder, "--encoder", tiny_encoder("bert"), "--lang", "fr", "--folds", 2, "--steps", 2)
    assert result.exit_code == 0, result.output
    assert "fold 2 of 2" in result.stderr and "texts 12, entities 18" in result.stdout
    return folder


def run_audit(folder, *words):
    command = ["audit", folder / "data.spacy", "-o", folder / "out", *words]
    return CliRunner().invoke(app, list(map(str, command)))


def test_findings_page_and_folds_are_written(audited):
    found = json.loads((audited / "out" / "audit.json").read_text(encoding="utf8"))
    assert (found["texts"], found["entities"], found["entities not scored"]) == (12, 18, 0)
    scores = [one["score"] for one in found["findings"]]
    assert scores and scores == sorted(scores, reverse=True)
    assert (audited / "out" / "audit.html").read_text(encoding="utf8").startswith("<!DOCTYPE html>")
    names = {path.name for path in (audited / "out").iterdir()}
    assert names == {"audit.json", "audit.html", "fold-1-of-2.npz", "fold-2-of-2.npz"}


def test_data_in_the_folder_of_the_output_stay(audited, tiny_encoder, tmp_path):
    data = tmp_path / "training.spacy"
    shutil.copy(audited / "data.spacy", data)
    words = ["audit", data, "-o", tmp_path, "--encoder", tiny_encoder("bert"), "--lang", "fr", "--folds", 2]
    result = CliRunner().invoke(app, [str(word) for word in [*words, "--steps", 2]])
    assert result.exit_code == 0, result.output
    assert data.read_bytes() == (audited / "data.spacy").read_bytes()
    result = CliRunner().invoke(
        app, [str(word) for word in ["audit", tmp_path, "-o", tmp_path / "out", "--model", "x"]]
    )
    assert result.exit_code == 1 and "would be read as data" in result.stderr


@pytest.mark.parametrize("to", ["label-studio", "doccano", "prodigy"])
def test_what_is_to_be_corrected_is_read_back_as_it_was(to, audited, tiny_encoder, tmp_path):
    """The folds are done: nothing is trained again."""
    shutil.copytree(audited, tmp_path / "copy")
    words = ["--encoder", tiny_encoder("bert"), "--lang", "fr", "--folds", 2, "--steps", 2]
    result = run_audit(tmp_path / "copy", *words, "--to", to, "--limit", 3)
    assert result.exit_code == 0, result.output
    out = tmp_path / "copy" / "out"
    findings = json.loads((out / "audit.json").read_text(encoding="utf8"))["findings"]
    (place,) = out.glob("to_correct.*")
    back = CliRunner().invoke(app, ["convert", str(place), str(tmp_path / "back.spacy"), "--lang", "fr"])
    assert back.exit_code == 0, back.output
    vocab = spacy.blank("fr").vocab
    before, corrected, others = (
        list(DocBin().from_disk(path).get_docs(vocab))
        for path in (audited / "data.spacy", tmp_path / "back.spacy", out / "others.spacy")
    )
    chosen = list(dict.fromkeys(one["text"] for one in findings[:3]))

    def seen(docs):
        return [(doc.text, [(e.start_char, e.end_char, e.label_) for e in doc.ents]) for doc in docs]

    assert seen(corrected) == seen([before[i] for i in chosen])
    assert seen(others) == seen([doc for i, doc in enumerate(before) if i not in chosen])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "either --encoder"),
        (["--encoder", "a", "--model", "b"], "either --encoder"),
        (["--encoder", "a"], "--lang"),
        (["--model", "a", "--steps", "3"], "trains nothing"),
        (["--encoder", "a", "--lang", "fr", "--folds", "99"], "for 99 folds"),
        (["--encoder", "a", "--lang", "fr", "--training.dropuot", "1"], "dropuot"),
    ],
)
def test_what_cannot_be_done_is_refused(words, said, audited):
    result = run_audit(audited, *words)
    assert result.exit_code == 1 and said in result.stderr


def test_a_pipeline_that_says_it_learned_from_the_texts_is_refused_and_another_reads_them(
    audited, tiny_token_classifier, tmp_path
):
    from spacy_bertfam.hub.import_hf import import_hf

    nlp = import_hf(str(tiny_token_classifier("bert", ["O", "B-PER", "I-PER", "B-LOC"])), lang="fr")
    nlp.config["paths"]["train"] = str(audited / "data.spacy")
    nlp.to_disk(tmp_path / "trained")
    shutil.copy(audited / "data.spacy", tmp_path / "data.spacy")
    result = run_audit(audited, "--model", tmp_path / "trained")
    assert result.exit_code == 1 and "has never seen" in " ".join(result.stderr.split())
    result = run_audit(tmp_path, "--model", tmp_path / "trained")
    assert result.exit_code == 0, result.output
    assert "6 entities have a label that the recognizer lacks" in " ".join(result.stderr.split())

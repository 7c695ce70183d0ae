"""Every format that is read: its entities as they stand in the file, and a sentence for a file that is spoilt."""

import json

import pytest
import spacy
from sample_forms import FORMS, HOSTILE, RIGHT
from typer.testing import CliRunner

from spacy_bertfam.cli.app import app
from spacy_bertfam.data.corpus import build_corpus
from spacy_bertfam.data.format_table import BY_NAME
from spacy_bertfam.data.formats import FORMATS, READERS, read_records
from spacy_bertfam.data.options import make_options
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.errors import DataError


def read(path, options=None):
    report = ConversionReport()
    options = make_options(**(options or {}))
    return list(read_records(path, format="auto", lang="fr", report=report, options=options)), report


def entities(records):
    return [(record.text[m.start : m.end], m.label) for record in records for m in record.mentions]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("has_ending", [True, False])
def test_the_entities_of_a_form_are_read_whatever_its_ending(tmp_path, form, has_ending):
    path = tmp_path / (form.name if has_ending else "export")
    path.write_text(form.content, encoding="utf8")
    records, report = read(path, form.options)
    assert entities(records) == form.entities
    assert (report.formats, report.ignored) == ({form.format: 1}, form.ignored)


@pytest.mark.parametrize("name, content, found", HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_a_spoilt_file_is_refused_with_a_sentence(tmp_path, name, content, found):
    (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(DataError, match=r".*" + found.replace("(", r"\(")):
        read(tmp_path / name)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_an_empty_file_and_one_cut_anywhere_are_read_or_refused(tmp_path, form):
    for end in range(0, len(form.content), 7):
        (tmp_path / form.name).write_text(form.content[:end], encoding="utf8")
        try:
            read(tmp_path / form.name, form.options)
        except DataError as error:
            assert form.name in str(error)


def test_every_format_has_a_reader():
    assert set(READERS) == set(BY_NAME) == set(FORMATS) - {"auto"}


@pytest.mark.parametrize(
    "name, texts",
    [
        ("norne.conllu", ["Claire Morel habite Angers."]),
        ("plain.conllu", ["Claire Morel habiteAngers."]),
        ("hipe.tsv", ["Claire Morel habite Angers."]),
        ("spacy2.json", ["Claire Morel habite Angers."]),
        ("gmb.csv", ["Claire Morel habite Angers", ', "']),
        ("gmb.tsv", ["Claire Morel habite Angers", "Paul"]),
        ("ner.csv", ["Claire Morel habite Angers", "Rien"]),
        ("stacked.tsv", ["😀 Saint-Lô\nPaul a\\b."]),
        ("custom.xmi", ["😀\nSaint-Lô"]),
        ("gate.xml", ["\nClaire Morel habite Angers & Tours été, <3 < 4.\n"]),
        ("muc.sgml", ["\n\nClaire Morel habite Angers.\n\n", "Rien."]),
    ],
)
def test_the_texts_of_a_form(tmp_path, name, texts):
    form = next(form for form in FORMS if form.name == name)
    (tmp_path / name).write_text(form.content, encoding="utf8")
    records, _ = read(tmp_path / name, form.options)
    assert [record.text for record in records] == texts


@pytest.mark.parametrize(
    "name, options, found",
    [
        (
            "hipe.tsv",
            {"tag_column": "NE-X"},
            r"--tag-column: found no column 'NE-X'; expected one of TOKEN, .* 1 to 7",
        ),
        ("germeval.tsv", {"tag_column": "5"}, r"found no column '5'; expected 1 to 4"),
        ("gmb.tsv", {"tag_column": "Word"}, r":2: found the tag 'Claire'"),
        ("webanno.tsv", {"tag_column": "X"}, r"found no 'X'; .*NamedEntity\|value"),
        (
            "cas.xmi",
            {"tag_column": "X"},
            r"found no type or feature 'X'; the types are NamedEntity, Sentence",
        ),
        ("hf_numbers.jsonl", {"tag_names": "O,B-PER"}, r":1: found the tag 2; expected 0 to 1"),
    ],
)
def test_an_option_that_does_not_fit_the_file_is_said(tmp_path, name, options, found):
    content = next(form.content for form in FORMS if form.name == name)
    (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(DataError, match=found):
        read(tmp_path / name, options)


def test_configurations_that_name_the_tags_in_two_ways_are_refused_and_labels_choose(tmp_path):
    configurations = {
        name: {"features": {"ner_tags": {"feature": {"names": ["O", f"B-{name}"]}}}}
        for name in ("LOC", "PER")
    }
    (tmp_path / "dataset_infos.json").write_text(json.dumps(configurations), encoding="utf8")
    (tmp_path / "x.jsonl").write_text(json.dumps({"tokens": ["Claire"], "ner_tags": [1]}), encoding="utf8")
    with pytest.raises(DataError, match=r"dataset_infos.json: found 2 lists .*O,B-LOC and O,B-PER.*--labels"):
        read(tmp_path / "x.jsonl")
    records, _ = read(tmp_path / "x.jsonl", {"tag_names": "O,B-PER"})
    assert entities(records) == [("Claire", "PER")]


def test_discontinuous_annotation_of_pubannotation_is_counted_and_missing(tmp_path):
    spans = [{"begin": 0, "end": 5}, {"begin": 9, "end": 13}]
    task = {"text": "Jean et Paul Roux", "denotations": [{"span": spans, "obj": "PER"}]}
    (tmp_path / "x.json").write_text(json.dumps(task), encoding="utf8")
    (record,), report = read(tmp_path / "x.json")
    assert (record.mentions, record.missing) == ((), ((0, 13),))
    assert report.n_lost == {"discontinuous": {"PER": 1}}


def test_json_min_of_label_studio_has_its_spans_under_the_names_of_its_controls(tmp_path):
    task = {
        "text": "Jean Roux, Rome",
        "label": [{"start": 11, "end": 15, "text": "Rome", "labels": ["LOC"]}],
        "ner": [{"start": 0, "end": 9, "text": "Jean Roux", "labels": ["PER"]}],
        "kind": {"choices": ["news"]},
        "annotation_id": 3,
    }
    (tmp_path / "x.json").write_text(json.dumps([task]), encoding="utf8")
    (record,), _ = read(tmp_path / "x.json")
    assert [(m.start, m.end, m.label) for m in record.mentions] == [(11, 15, "LOC"), (0, 9, "PER")]


def test_a_layer_of_webanno_that_is_named_gives_each_entity_the_label_of_its_value(tmp_path):
    layer = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
    head = f"#FORMAT=WebAnno TSV 3.3\n#T_SP={layer}|identifier|value\n\n#Text=Rome\n"
    (tmp_path / "x.tsv").write_text(f"{head}1-1\t0-4\tRome\t*\tLOC\t\n", encoding="utf8")
    (record,), _ = read(tmp_path / "x.tsv", {"tag_column": "NamedEntity"})
    assert [m.label for m in record.mentions] == ["LOC"]


def test_a_corpus_reader_takes_the_same_options(tmp_path):
    form = next(form for form in FORMS if form.name == "hf_numbers.jsonl")
    (tmp_path / form.name).write_text(form.content, encoding="utf8")
    corpus = build_corpus(tmp_path / form.name, tag_names=["O", "B-PER", "I-PER", "B-LOC"])
    (eg,) = corpus(spacy.blank("fr"))
    assert [(ent.text, ent.label_) for ent in eg.reference.ents] == RIGHT


def test_the_help_names_every_format_and_the_command_takes_the_options(tmp_path):
    (tmp_path / "x.tsv").write_text("Claire\tP\tA\nvit\tO\tO\n", encoding="utf8")
    arguments = [
        "convert",
        str(tmp_path / "x.tsv"),
        str(tmp_path / "x.spacy"),
        "-l",
        "fr",
        "--tag-column",
        "2",
    ]
    result = CliRunner().invoke(app, [*arguments, "--scheme", "plain"])
    assert result.exit_code == 0 and "1 in columns" in result.stdout and "P      P" in result.stdout
    shown = CliRunner().invoke(app, ["convert", "--help"], env={"COLUMNS": "200"}).stdout
    assert all(name in shown for name in FORMATS)

"""The whole way from files to `.spacy` files."""

import json
import os

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_bertfam.data.convert import convert
from spacy_bertfam.data.report import format_report
from spacy_bertfam.errors import DataError, UserError

COLUMNS = """-DOCSTART- -X- O O

Jean B-Person
vit O
à O
Lyon B-Location
. O

Il O
aime -
Nice B-Location

-DOCSTART- -X- O O

Rien O
"""


def load(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("fr").vocab))


def write_jsonl(path, n=10):
    line = {"text": "Jean vit à Lyon.\nIl va à Nice.", "entities": [[0, 4, "Person"], [11, 15, "Location"]]}
    lines = [json.dumps({"id": f"d{i}", **line}) for i in range(n)]
    path.write_text("\n".join(lines), encoding="utf8")
    return path


def test_columns_keep_words_sentences_entities_and_missing_annotation(tmp_path):
    (tmp_path / "x.iob").write_text(COLUMNS, encoding="utf8")
    report = convert(tmp_path / "x.iob", tmp_path / "x.spacy", lang="fr", rename={"Person": "PER"})
    first, second = load(tmp_path / "x.spacy")
    assert first.text == "Jean vit à Lyon. Il aime Nice"
    assert [sent.text for sent in first.sents] == ["Jean vit à Lyon.", "Il aime Nice"]
    assert [(ent.text, ent.label_) for ent in first.ents] == [
        ("Jean", "PER"),
        ("Lyon", "Location"),
        ("Nice", "Location"),
    ]
    assert [token.text for token in first if token.ent_iob == 0] == ["aime"]
    assert [token.ent_iob_ for token in second] == ["O"]
    assert (report.n_documents, report.n_docs, report.n_tokens, report.n_missing_tokens) == (2, 2, 9, 1)


def test_sentence_units_of_columns(tmp_path):
    (tmp_path / "x.iob").write_text(COLUMNS, encoding="utf8")
    convert(tmp_path / "x.iob", tmp_path / "x.spacy", lang="fr", unit="sentence")
    assert [doc.text for doc in load(tmp_path / "x.spacy")] == ["Jean vit à Lyon.", "Il aime Nice", "Rien"]


def test_a_misaligned_entity_is_missing_in_the_file_and_not_o(tmp_path):
    line = json.dumps({"text": "un pro-Assad à Paris", "entities": [[7, 12, "PER"], [15, 20, "LOC"]]})
    (tmp_path / "x.jsonl").write_text(line, encoding="utf8")
    convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="fr")
    (doc,) = load(tmp_path / "x.spacy")
    assert [(token.text, token.ent_iob) for token in doc] == [
        ("un", 2),
        ("pro-Assad", 0),
        ("à", 2),
        ("Paris", 3),
    ]


def test_nested_entities_are_in_a_span_group_of_every_doc(tmp_path):
    (tmp_path / "a.txt").write_text("Mairie de Lyon", encoding="utf8")
    (tmp_path / "a.ann").write_text("T1\tORG 0 14\tMairie de Lyon\nT2\tLOC 10 14\tLyon\n", encoding="utf8")
    (tmp_path / "b.txt").write_text("Rien", encoding="utf8")
    (tmp_path / "b.ann").write_text("", encoding="utf8")
    convert(tmp_path, tmp_path / "x.spacy", lang="fr")
    docs = load(tmp_path / "x.spacy")
    assert [[span.text for span in doc.spans["nested"]] for doc in docs] == [["Mairie de Lyon", "Lyon"], []]
    assert [[ent.text for ent in doc.ents] for doc in docs] == [["Mairie de Lyon"], []]


@pytest.mark.parametrize("unit", ["doc", "sentence"])
def test_a_split_never_divides_a_document(tmp_path, unit):
    lines = [
        json.dumps({"id": i // 2, "text": f"doc{i // 2} à Lyon.\nOui.", "entities": [[0, 4, "X"]]})
        for i in range(20)
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf8")
    shares = {"train": 0.6, "dev": 0.2, "test": 0.2}
    report = convert(
        tmp_path / "x.jsonl", tmp_path / "out", lang="fr", split=shares, unit=unit, alignment="expand"
    )
    docs = {part: load(tmp_path / "out" / f"{part}.spacy") for part in shares}
    names = {part: {doc[0].text for doc in docs[part] if doc[0].text != "Oui"} for part in shares}
    assert [len(names[part]) for part in shares] == [6, 2, 2]
    assert not names["train"] & names["dev"] | names["train"] & names["test"] | names["dev"] & names["test"]
    assert {file: part["n_docs"] for file, part in report.parts.items()} == {
        f"{part}.spacy": len(docs[part]) for part in shares
    }


def test_the_same_input_gives_the_same_bytes(tmp_path):
    source = write_jsonl(tmp_path / "x.jsonl")
    for name in ("a", "b"):
        convert(source, tmp_path / name, lang="fr", split={"train": 0.5, "dev": 0.5}, seed=3)
    assert (tmp_path / "a/train.spacy").read_bytes() == (tmp_path / "b/train.spacy").read_bytes()


@pytest.mark.parametrize(
    "text, found",
    [
        ("", "holds no text"),
        ('{"text": " ", "entities": []}', "holds no text"),
        ('{"text": "Lyon", "entities": []}', "holds no entity"),
        (
            '{"text": "proLyon", "entities": [[3, 7, "LOC"]]}',
            r"lost every entity \(1 off token borders\)",
        ),
    ],
)
def test_an_input_that_teaches_nothing_is_an_error_and_leaves_no_file(tmp_path, text, found):
    (tmp_path / "x.jsonl").write_text(text, encoding="utf8")
    with pytest.raises(DataError, match=found):
        convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="fr")
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]


@pytest.mark.parametrize(
    "output, options, found",
    [
        ("x.bin", {}, r"x\.bin does not end as a format that is known; expected one of jsonl"),
        ("x.jsonl", {"split": {"a": 1.0}}, "is a file; expected a folder"),
        ("x.spacy", {"lang": "frr"}, "--lang: spaCy cannot tokenize 'frr'"),
        ("x.spacy", {"lang": "fr.examples"}, r"--lang: spaCy cannot tokenize 'fr\.examples'"),
        ("x.spacy", {"unit": "word"}, "--unit: found 'word'; expected one of doc, paragraph, sentence"),
        ("x.spacy", {"alignment": "loose"}, "--alignment: found 'loose'"),
        ("x.spacy", {"format": "docx"}, "--format: found 'docx'"),
        ("x.jsonl/x.spacy", {}, "cannot be written: a part of its path is a file"),
        ("x\0.spacy", {}, "cannot be written"),
        ("x" * 300 + ".spacy", {}, "cannot be written"),
        ("/proc/x.spacy", {}, r"x\.spacy cannot be written: .+; expected a place that you may write to"),
    ],
)
def test_a_bad_setting_is_named(tmp_path, output, options, found):
    source = write_jsonl(tmp_path / "x.jsonl", n=1)
    with pytest.raises(UserError, match=found):
        convert(source, tmp_path / output, **{"lang": "fr", **options})


def test_the_name_of_a_file_may_be_no_unicode(tmp_path):
    source = tmp_path / os.fsdecode(b"\xe9t\xe9.iob")
    try:
        source.write_text("Claire B-PER\n", encoding="utf8")
    except OSError:
        pytest.skip("this file system has no such names")
    convert(source, tmp_path / "x.spacy", lang="fr", numbers=tmp_path / "x.json")
    numbers = json.loads((tmp_path / "x.json").read_text(encoding="utf8"))
    assert numbers["entities"]["kept"] == 1
    assert source.name in numbers["notes"][0]


def test_progress_sees_every_record(tmp_path):
    seen = []

    def watch(records):
        for record in records:
            seen.append(record.document)
            yield record

    convert(write_jsonl(tmp_path / "x.jsonl", n=3), tmp_path / "x.spacy", lang="fr", progress=watch)
    assert seen == ["x.jsonl:d0", "x.jsonl:d1", "x.jsonl:d2"]


def test_the_table_shows_invisible_characters_and_short_texts(tmp_path):
    text = "Jean\u200f " + "x" * 100 + "y, ici"
    entities = [[0, 5, "PER"], [6, 106, "ACT"]]
    (tmp_path / "x.jsonl").write_text(json.dumps({"text": text, "entities": entities}), encoding="utf8")
    report = convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="fr")
    table = format_report(report)
    assert '"Jean\\u200f" PER' in table
    assert "x" * 70 + "…" in table
    assert "x" * 71 not in table


@pytest.mark.slow
def test_a_large_corpus_converts_in_seconds(tmp_path):
    """1,000 documents of 250 tokens: some 4 seconds; the bound is there to find what is quadratic."""
    from time import process_time

    sentence = "Jean Dupont vit à Lyon et travaille à Villeurbanne depuis le 3 mai. "
    entities = [[i * len(sentence), i * len(sentence) + 11, "PER"] for i in range(18)]
    line = json.dumps({"text": sentence * 18, "entities": entities})
    (tmp_path / "x.jsonl").write_text("\n".join([line] * 1000), encoding="utf8")
    spacy.blank("fr")  # the tokenizer's tables are loaded once a process
    start = process_time()
    convert(tmp_path / "x.jsonl", tmp_path / "x.spacy", lang="fr")
    assert process_time() - start < 40

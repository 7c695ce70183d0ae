"""What is written, and read again by our readers, has the same entities: for every format that is read."""

import json
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import spacy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from spacy_bertfam.data.format_table import name_of
from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.offsets import unit_of
from spacy_bertfam.data.report import ConversionReport
from spacy_bertfam.data.texts import read_docs
from spacy_bertfam.data.writers.docbin import to_doc
from spacy_bertfam.data.writers.entry import Entry, all_spans, disjoint_spans, entry_of
from spacy_bertfam.data.writers.file_names import new_file
from spacy_bertfam.data.writers.formats import FORMS, find_form, write_entries
from spacy_bertfam.errors import UserError

NLP = spacy.blank("fr")
LABELS = ("PER", "Lieu-dit", "a b", "É_[x]|*;->")
WORDS = st.sampled_from(
    ["Claire", "Saint-Lô", "d’", "n°5", "😀", "字", "a_b|c", "[x]*", "l'", ".", "…", "\u00ab", "x\\ny"]
)
BLANKS = st.sampled_from(["", " ", " ", " ", "\n", "\n\n", " \u00a0"])
SUFFIXES = {"iob2": ".iob2", "bioes": ".bioes", "label-studio": ".json", "spacy": ".spacy", "csv": ".csv"}
OFFSETS = ("jsonl", "doccano", "prodigy", "label-studio", "brat")


@st.composite
def documents(draw: st.DrawFn) -> Doc:
    """Docs of words with white space between, entities, and spans over them."""
    words: list[str] = []
    spaces: list[bool] = []
    for _ in range(draw(st.integers(1, 12))):
        blank = draw(BLANKS)
        words.append(draw(WORDS))
        spaces.append(blank.startswith(" "))
        if blank.strip(" "):
            words.append(blank.lstrip(" "))
            spaces.append(False)
    doc = Doc(NLP.vocab, words=words, spaces=spaces)
    seen = [token.i for token in doc if not token.is_space]
    spans = []
    for _ in range(draw(st.integers(0, 5))):
        first, last = sorted([draw(st.sampled_from(seen)), draw(st.sampled_from(seen))])
        spans.append(doc[first : last + 1])
        spans[-1].label_ = draw(st.sampled_from(LABELS))
    doc.ents = spacy.util.filter_spans(spans)
    if draw(st.booleans()):
        doc.spans["all"] = spans
    if draw(st.booleans()):
        for token in doc:
            token.is_sent_start = token.i == 0 or draw(st.booleans())
    return doc


def written(docs: list[Doc], to: str, folder: Path) -> tuple[list[Entry], Path, Counter[str]]:
    entries = [entry_of(doc, number) for number, doc in enumerate(docs)]
    place, left_out = folder / f"out{SUFFIXES.get(to, '.jsonl')}", Counter()
    write_entries(FORMS[to], entries, place, left_out)
    return entries, place, left_out


def read(path: Path, format: str = "auto"):
    return list(read_records(path, format=format, lang="fr", report=ConversionReport()))


def accept(path: Path) -> None:
    """What Label Studio exports when somebody has accepted every prediction as it is."""
    tasks = json.loads(path.read_text(encoding="utf8"))
    for task in tasks:
        task["annotations"] = task.pop("predictions")
    path.write_text(json.dumps(tasks), encoding="utf8")


def places(spans) -> list[tuple]:
    return sorted({(e["start"], e["end"], e["label"]) for e in spans})


def placed(record, group: str) -> list[tuple]:
    return sorted({(m.start, m.end, m.label) for m in record.mentions if m.group == group})


many_documents = given(st.lists(documents(), min_size=1, max_size=3))
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("to", OFFSETS)
@few
@many_documents
def test_offsets_come_back(to, docs):
    with TemporaryDirectory() as folder:
        entries, place, _ = written(docs, to, Path(folder))
        if to == "label-studio":
            accept(place)
        # offsets without words: those within a word, after an emoji, may be taken for UTF-16
        if to in ("doccano", "jsonl"):
            assume(
                all(
                    unit_of(e["text"], [(*p[:2], None) for p in places(all_spans(e))]) is int for e in entries
                )
            )
        found = read(place)
    assert [record.text for record in found] == [entry["text"] for entry in entries]
    expected = [entry["entities"] if to == "jsonl" else all_spans(entry) for entry in entries]
    assert [placed(record, "") for record in found] == [places(spans) for spans in expected]
    if to == "jsonl":
        groups = [entry.get("spans", {}).get("all", []) for entry in entries]
        assert [placed(record, "all") for record in found] == [places(spans) for spans in groups]


@pytest.mark.parametrize("to", ["iob2", "bioes"])
@few
@many_documents
def test_columns_come_back(to, docs):
    with TemporaryDirectory() as folder:
        entries, place, left_out = written(docs, to, Path(folder))
        found = read(place, format="iob")
    n_overlapping = 0
    for record, doc, entry in zip(found, docs, entries, strict=True):
        words = [token for token in doc if not token.is_space]
        assert record.words == tuple(token.text for token in words)
        counter: Counter[str] = Counter()
        kept = disjoint_spans(entry, counter)
        n_overlapping += counter.total()
        expected = [([t.text for t in words if e["start"] <= t.idx < e["end"]], e["label"]) for e in kept]
        for mention, (surface, label) in zip(record.mentions, expected, strict=True):
            assert mention.label == label
            assert "".join(record.text[mention.start : mention.end].split()) == "".join(
                "".join(surface).split()
            )
    assert left_out["spans that overlap others"] == n_overlapping


@few
@many_documents
def test_docs_come_back(docs):
    with TemporaryDirectory() as folder:
        entries, place, _ = written(docs, "spacy", Path(folder))
        found = [entry_of(doc, doc.user_data["id"]) for doc in read_docs(place, Vocab())]
    assert found == entries


@pytest.mark.parametrize("to", ["webanno", "parquet"])
def test_other_formats_come_back(to, tmp_path):
    doc = NLP("Claire 😀 vit à Saint-Lô.")
    doc.ents = [doc.char_span(0, 6, "PER")]
    if to == "parquet":
        pytest.importorskip("pyarrow")
    entries, place, _ = written([doc, doc], to, tmp_path)
    start = "" if to == "parquet" else next(iter(sorted(place.iterdir()))).read_text(encoding="utf8")
    if to == "parquet" or name_of(start):
        pytest.skip(f"{to} is not read yet")
    for record, entry in zip(read(place), entries, strict=True):
        assert [(m.start, m.end, m.label) for m in record.mentions] == places(entry["entities"])


def test_what_columns_and_webanno_have_no_place_for_is_counted(tmp_path):
    doc = NLP("Jimmy Wales\u200f dort. Il pleut.\nOui.")
    for token in doc:
        token.is_sent_start = token.i in (0, 4) or token.text == "Oui"
    assert [token.text for token in doc[:2]] == ["Jimmy", "Wales\u200f"]
    doc.ents = [Span(doc, 0, 2, "PER")]
    (tmp_path / "folder").mkdir()
    for to, left in (
        ("iob2", "invisible marks at the edges of words"),
        ("webanno", "spaces between sentences"),
    ):
        _, place, left_out = written([doc], to, tmp_path / "folder")
        assert [n for what, n in left_out.items() if what.startswith(left)] == [1]
        (record,) = read(place)
        assert len(record.mentions) == 1 and record.text.count("\n") == (2 if to == "webanno" else 0)


def test_gold_is_no_prediction_of_label_studio(tmp_path):
    doc = NLP("Lyon dort.")
    doc.ents = [Span(doc, 0, 1, "LOC")]
    place = tmp_path / "x.json"
    write_entries(FORMS["label-studio"], [{**entry_of(doc, 1), "gold": True}], place, Counter())
    (record,) = read(place)
    assert places([vars(m) for m in record.mentions]) == [(0, 4, "LOC")]


def test_no_text_takes_the_file_of_another(tmp_path):
    names = ["a-3", "a", "a", "a", "a/", "a-3"]
    for number, name in enumerate(names, start=1):
        new_file(tmp_path, name, number, ".tsv").touch()
    assert len([*tmp_path.iterdir()]) == len(names)


def test_a_number_that_msgpack_does_not_hold_is_written_as_text(tmp_path):
    for number in (2**63 - 1, 2**64):
        entry = entry_of(spacy.blank("fr")("Lyon dort."), number)
        (doc,) = [to_doc(entry, Vocab())]
        assert Doc(doc.vocab).from_bytes(doc.to_bytes()).user_data["id"] in (number, str(number))


@pytest.mark.parametrize("to", ["spacy", "parquet", "brat", "webanno", "csv", "jsonl"])
def test_half_a_surrogate_pair_in_a_name_costs_nothing(to, tmp_path):
    if to == "parquet":
        pytest.importorskip("pyarrow")
    entry = {**entry_of(NLP("Lyon dort."), "a\ud83d"), "error": "b\udc00"}
    write_entries(FORMS[to], [entry], tmp_path / "out", Counter())
    assert (tmp_path / "out").exists()


def test_parquet_without_pyarrow_is_refused_before_anything_is_read(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match="Parquet needs pyarrow"):
        find_form(None, Path("out.parquet"))

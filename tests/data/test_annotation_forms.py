"""Every format that is read: its entities as they stand in the file, and a sentence for a file that is spoilt."""

import pytest
from sample_forms import FORMS, HOSTILE

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


def test_the_spaces_that_a_file_tells_are_taken(tmp_path):
    for form in FORMS:
        if form.name in ("norne.conllu", "hipe.tsv", "spacy2.json"):
            (tmp_path / form.name).write_text(form.content, encoding="utf8")
            (record,), _ = read(tmp_path / form.name, form.options)
            assert record.text == "Claire Morel habite Angers."

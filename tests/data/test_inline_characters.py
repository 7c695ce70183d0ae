"""Characters that inline XML names: those that have the name, and no others."""

import pytest

from spacy_bertfam.data.formats import read_records
from spacy_bertfam.data.report import ConversionReport


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&amp; &frac12; &sup2; &#233;", "& ½ ² é"),
        ("&copyright; &param; &x; R&D", "&copyright; &param; &x; R&D"),
    ],
)
def test_a_name_is_read_whole_or_not_at_all(tmp_path, written, read):
    path = tmp_path / "x.xml"
    path.write_text(f"<doc><PER>Zoé</PER> a {written} ici.</doc>", encoding="utf8")
    (record,) = read_records(path, format="auto", lang="fr", report=ConversionReport())
    assert record.text.strip() == f"Zoé a {read} ici."

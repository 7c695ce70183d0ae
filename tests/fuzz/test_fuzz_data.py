"""A few hundred spoilt files: each is read or refused with a sentence; the script beside goes through thousands."""

from fuzz_data import fuzz, verdict

from spacy_bertfam.data.texts import read_texts


def test_spoilt_files_are_read_or_refused(tmp_path, monkeypatch):
    import spacy

    monkeypatch.setattr(spacy, "blank", spacy.blank)  # restored afterwards
    outcomes, faults = fuzz(400, 7, tmp_path)
    assert [(number, what) for number, what, _ in faults] == []
    assert outcomes["convert: read"] > 20 and outcomes["convert: refused"] > 20


def test_the_fuzzer_sees_what_no_sentence_says(tmp_path, monkeypatch):
    import fuzz_data

    (tmp_path / "x.txt").write_text("Il pleut.", encoding="utf8")
    for function, outcome in [
        (lambda path, rng: read_texts(str(path)), "read"),
        (lambda path, rng: read_texts("nowhere.txt"), "refused"),
        (lambda path, rng: int("x"), "ValueError in render"),
        (lambda path, rng: {}["x"], "KeyError in render"),
    ]:
        monkeypatch.setitem(fuzz_data.READERS, "render", function)
        assert verdict("render", tmp_path / "x.txt", None).startswith(outcome)

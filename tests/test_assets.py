"""The sample sentences are sound, and their checker finds each kind of defect."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "assets"
if not ASSETS.is_dir():
    pytest.skip("the sample sentences stand in a source checkout only", allow_module_level=True)


sys.path.insert(0, str(ROOT / "scripts"))  # no package: scripts are run, not installed
checker = importlib.import_module("check_assets")
measure = importlib.import_module("asset_repetition").measure


def run(folder):
    app = typer.Typer()
    app.command()(checker.main)
    return CliRunner().invoke(app, [str(folder)])


N_LINES = 60


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """The first lines of each file: sound, with floors as small."""
    folder = tmp_path / "assets"
    folder.mkdir()
    for lang, part in checker.FLOORS:
        lines = (ASSETS / f"{lang}_{part}.jsonl").read_text(encoding="utf8").split("\n")[:N_LINES]
        (folder / f"{lang}_{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf8", newline="\n")
    monkeypatch.setattr(checker, "FLOORS", dict.fromkeys(checker.FLOORS, checker.Floor(N_LINES // 2)))
    return folder


@pytest.fixture(scope="module")
def of_all():
    """What the script says of the files themselves."""
    return run(ASSETS)


def write_line(path, number, line):
    lines = path.read_text(encoding="utf8").split("\n")
    lines[number - 1] = line
    path.write_text("\n".join(lines), encoding="utf8", newline="\n")


def record(text, *entities, **changes):
    return json.dumps({"id": "x", "text": text, "entities": entities, **changes})


NICE = "Nadège vit à Nice."  # Nadège 0-6, Nice 13-17

DEFECTS = {
    "broken json": ('{"id": "x",', "not JSON"),
    "blank line": ("", "not JSON"),
    "no object": ('["x"]', "other keys"),
    "missing key": ('{"id": "x", "text": "Oui."}', "other keys"),
    "extra key": (record(NICE, cats={}), "other keys"),
    "empty text": (record(" "), '"id" or "text" is empty'),
    "number as id": (record(NICE, id=7), '"id" or "text" is empty'),
    "entities no list": (record(NICE, entities={}), '"entities" is no list'),
    "offset as a string": (record(NICE, ["0", 6, "PER"]), '"entities" is no list'),
    "entity of two items": (record(NICE, [0, 6]), '"entities" is no list'),
    "unknown label": (record(NICE, [0, 6, "PERS"]), "unknown label 'PERS' of 'Nadège'"),
    "end after the text": (record(NICE, [13, 40, "LOC"]), "offsets 13-40 are not inside"),
    "negative start": (record(NICE, [-1, 6, "PER"]), "offsets -1-6 are not inside"),
    "empty span": (record(NICE, [6, 6, "PER"]), "offsets 6-6 are not inside"),
    "space before": (record(NICE, [12, 17, "LOC"]), "white space at an edge of ' Nice'"),
    "no-break space after": (record("Nadège\u00a0rit.", [0, 7, "PER"]), "white space at an edge"),
    "final dot": (record(NICE, [13, 18, "LOC"]), "punctuation at an edge of 'Nice.'"),
    "quote before": (record("«Nadège» rit.", [0, 7, "PER"]), "punctuation at an edge of '«Nadège'"),
    "inside a token": (record(NICE, [13, 16, "LOC"]), "'Nic' is off the token borders"),
    "overlap": (record(NICE, [0, 6, "PER"], [0, 6, "LOC"]), "overlap or are out of order"),
    "unsorted": (record(NICE, [13, 17, "LOC"], [0, 6, "PER"]), "overlap or are out of order"),
}


def test_real_assets_pass_and_print_the_table(of_all):
    assert of_all.exit_code == 0, of_all.output
    assert [line.split()[0] for line in of_all.output.splitlines()] == [
        "file", "fr_train", "fr_dev", "en_train", "en_dev", "fr:", "en:",
    ]  # fmt: skip


def test_a_copy_of_the_first_lines_passes(copy):
    assert checker.check_assets(copy).problems == []


def test_readme_of_the_assets_states_the_counts_of_the_files(of_all):
    rows = of_all.output.splitlines()[1:5]
    counted = [re.findall(r"\d+", row) for row in rows]
    readme = (ASSETS / "README.md").read_text(encoding="utf8")
    stated = [re.findall(r"\d+(?!%|\d)", line) for line in readme.splitlines() if ".jsonl` |" in line]
    assert stated == counted


@pytest.mark.parametrize("defect", DEFECTS)
def test_bad_line_is_named_with_file_and_line(copy, defect):
    line, message = DEFECTS[defect]
    write_line(copy / "fr_train.jsonl", 9, line)
    (problem,) = checker.check_assets(copy).problems
    assert str(problem).startswith(f"{copy / 'fr_train.jsonl'}:9: ")
    assert message in problem.message


def test_final_dot_of_initials_is_part_of_the_name(copy):
    write_line(copy / "en_train.jsonl", 9, record("She left the U.S. in 1950.", [13, 17, "LOC"]))
    assert checker.check_assets(copy).problems == []


def test_line_separator_inside_a_text_does_not_end_the_line(copy):
    line = json.dumps({"id": "x", "text": "Un\u2028deux.", "entities": []}, ensure_ascii=False)
    write_line(copy / "fr_train.jsonl", 9, line)
    assert checker.check_assets(copy).problems == []


@pytest.mark.parametrize("name", ["fr_train.jsonl", "fr_dev.jsonl", "en_dev.jsonl"])
def test_same_text_in_other_case_and_spacing_is_found_in_and_across_files(copy, name):
    first = json.loads((copy / "fr_train.jsonl").read_text(encoding="utf8").split("\n")[0])
    text = first["text"].upper().replace(" ", "\u00a0 ")
    write_line(copy / name, 5, record(text))
    (problem,) = checker.check_assets(copy).problems
    assert (problem.path, problem.line) == (copy / name, 5)
    assert "the same text as fr_train.jsonl:1" in problem.message


def test_same_id_twice_is_found(copy):
    write_line(copy / "en_dev.jsonl", 2, record("Quite so.", id="fr-train-001"))
    (problem,) = checker.check_assets(copy).problems
    assert "the same id as " in problem.message


def test_too_many_names_of_train_in_dev_are_found(copy):
    train = (copy / "en_train.jsonl").read_text(encoding="utf8").splitlines()
    lines = [record(**again(json.loads(line))) for line in train]
    (copy / "en_dev.jsonl").write_text("\n".join(lines) + "\n", encoding="utf8")
    (problem,) = checker.check_assets(copy).problems
    assert str(problem).startswith(f"{copy / 'en_dev.jsonl'}: ")
    assert "distinct names are shared with en_train.jsonl, at most a third is expected" in problem.message


def again(r):
    """The record with "So" before its text and another id of the same genre."""
    entities = [[start + 3, end + 3, label] for start, end, label in r["entities"]]
    return {"text": "So " + r["text"], "id": r["id"].replace("train", "again"), "entities": entities}


@pytest.mark.parametrize("lang, part", checker.FLOORS)
def test_too_few_texts_are_found(copy, lang, part):
    (copy / f"{lang}_{part}.jsonl").write_text(record("Bon.") + "\n", encoding="utf8")
    messages = [p.message for p in checker.check_assets(copy).problems if p.path.stem == f"{lang}_{part}"]
    assert f"only 1 texts, at least {N_LINES // 2} are expected: write more." in messages


DOCUMENT = "Il pleut. Il vente. Il neige."


@pytest.mark.parametrize(
    "change, message",
    [
        ({"documents": 2}, "only 1 documents, at least 2 are expected"),
        ({"without": 0.8}, "only 3 of 4 texts are without a name, 80% are expected"),
        ({"largest_genre": 0.5}, "3 of 4 texts are of genre 'news', at most 50% are expected"),
    ],
)
def test_part_that_is_uneven_is_found(change, message):
    sentences = [
        checker.Sentence(Path("x"), 1, "fr-dev-news-0001", DOCUMENT, []),
        checker.Sentence(Path("x"), 2, "fr-dev-news-0002", NICE, [(13, 17, "LOC")]),
        checker.Sentence(Path("x"), 3, "fr-dev-news-0003", "Oui.", []),
        checker.Sentence(Path("x"), 4, "fr-dev-004", "Non.", []),
    ]
    assert list(checker.check_floor(checker.Floor(4, 1, 0.75, 0.75), sentences)) == []
    (found,) = checker.check_floor(checker.Floor(**{"units": 4, **change}), sentences)
    assert found.startswith(message)


@pytest.mark.parametrize(
    "text, expected",
    [
        (DOCUMENT, True),
        ("Il pleut ! Il vente ? « Il neige. »", True),
        ("M. Ray, J. Lo et le Dr. Bo ont vu la S.N.C.F. hier.", False),
        ("Il pleut. Il vente.", False),
    ],
)
def test_document_has_three_sentences(text, expected):
    assert checker.Sentence(Path("x"), 1, "x", text, []).is_document is expected


@pytest.mark.parametrize("name", ["fr_train.jsonl", "fr_dev.jsonl"])
def test_name_with_two_labels_between_the_same_words_is_found(copy, name):
    write_line(copy / "fr_train.jsonl", 9, record("Nadège vit à Nice depuis mai.", [13, 17, "LOC"]))
    write_line(copy / name, 12, record("On vit à Nice depuis trois ans.", [9, 13, "ORG"], id="y"))
    (problem,) = checker.check_assets(copy).problems
    assert (problem.path, problem.line) == (copy / name, 12)
    assert "'nice' is ORG here and LOC in fr_train.jsonl:9" in problem.message


def test_name_that_is_marked_once_of_twice_in_a_document_is_found(copy):
    text = "Rose rit. Une rose aussi. Rose part."
    write_line(copy / "fr_train.jsonl", 9, record(text, [0, 4, "PER"]))
    (problem,) = checker.check_assets(copy).problems
    assert str(problem).endswith("fr_train.jsonl:9: 'Rose' is marked, but not at 26: mark both or none.")


def test_repeated_frames_and_wordings_are_counted_without_their_names():
    names = ["Ana", "Léo", "Zoé", "Max"]
    repetition = measure((f"{name} préfère toujours la mer calme.", [(0, 3, "PER")]) for name in names)
    assert repetition.frames == {"PER préfère toujours la mer calme": 4}
    assert repetition.describe().startswith("4 of 4 texts share their frame with another;")
    assert "'PER préfère toujours la mer' in 4" in repetition.describe()
    (excess,) = repetition.excesses()
    assert excess.startswith("4 texts have the frame 'PER préfère toujours la mer calme', at most 3")


def test_wording_in_too_many_texts_is_found_and_lists_of_names_are_not():
    texts = [(f"Texte {n} : ce fut pourtant une belle journée.", []) for n in range(11)]
    lists = [
        (f"De Ur à Ur et à Ur, {n}.", [(3, 5, "LOC"), (8, 10, "LOC"), (16, 18, "LOC")]) for n in range(11)
    ]
    repetition = measure(texts + lists)
    assert repetition.ngrams["de LOC à LOC et"] == 11
    excesses = repetition.excesses()
    assert "11 texts have the words 'fut pourtant une belle journée', at most 10" in "".join(excesses)
    assert not any("LOC" in excess for excess in excesses)


def test_missing_file_is_found(copy):
    (copy / "fr_dev.jsonl").unlink()
    (problem,) = checker.check_assets(copy).problems
    assert str(problem) == f"{copy / 'fr_dev.jsonl'}: is missing: give the folder that holds this file."


def test_file_in_another_encoding_is_found(copy):
    path = copy / "en_dev.jsonl"
    path.write_bytes(path.read_bytes() + "é".encode("latin-1"))
    assert "is not UTF-8" in checker.check_assets(copy).problems[0].message


def test_defect_makes_the_script_fail_without_a_traceback(copy):
    write_line(copy / "fr_dev.jsonl", 3, "{")
    result = run(copy)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert f"{copy / 'fr_dev.jsonl'}:3: not JSON" in result.output

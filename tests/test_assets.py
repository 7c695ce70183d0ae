"""The sample sentences are sound, and their checker finds each kind of defect."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "assets"
if not ASSETS.is_dir():
    pytest.skip("the sample sentences stand in a source checkout only", allow_module_level=True)


def load_checker():
    """The script as a module: scripts/ is no package."""
    spec = importlib.util.spec_from_file_location("check_assets", ROOT / "scripts" / "check_assets.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["check_assets"] = module  # a dataclass looks its module up by name
    spec.loader.exec_module(module)
    return module


checker = load_checker()


def run(folder):
    app = typer.Typer()
    app.command()(checker.main)
    return CliRunner().invoke(app, [str(folder)])


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "assets"
    shutil.copytree(ASSETS, folder)
    return folder


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


def test_real_assets_pass_and_print_the_table():
    result = run(ASSETS)
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.output.splitlines()] == [
        "file", "fr_train", "fr_dev", "en_train", "en_dev",
    ]  # fmt: skip


def test_readme_of_the_assets_states_the_counts_of_the_files():
    rows = checker.format_table(checker.check_assets(ASSETS)).splitlines()[1:]
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
    moved = [json.loads(line) for line in train if '"PER"' in line][:40]
    lines = [record("So " + r["text"], *shifted(r["entities"], 3), id=f"y{n}") for n, r in enumerate(moved)]
    (copy / "en_dev.jsonl").write_text("\n".join(lines) + "\n", encoding="utf8")
    (problem,) = checker.check_assets(copy).problems
    assert str(problem).startswith(f"{copy / 'en_dev.jsonl'}: ")
    assert "distinct names are shared with en_train.jsonl, at most a third is expected" in problem.message


def shifted(entities, n_chars):
    return [[start + n_chars, end + n_chars, label] for start, end, label in entities]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_too_few_sentences_are_found(copy, lang):
    (copy / f"{lang}_train.jsonl").write_text(record("Bon.") + "\n", encoding="utf8")
    (problem,) = checker.check_assets(copy).problems
    assert f"at least {checker.MIN_SENTENCES[lang]} are expected" in problem.message


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

"""project.yml: every command is documented, every file that it names exists or is made by a step before."""

import re
import shlex
from pathlib import Path

import pytest
import srsly
from typer.testing import CliRunner
from weasel.cli.main import app as weasel
from weasel.util import load_project_config
from workflow_modules import modules_run

ROOT = Path(__file__).parent.parent
PROJECT = load_project_config(ROOT)
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}
WORKFLOWS = PROJECT["workflows"]
SCRIPTS = [(name, line) for name, command in COMMANDS.items() for line in command["script"]]


def named_paths(line: str) -> list[str]:
    """The words of a command that are paths of the project."""
    folders = "|".join(PROJECT["directories"])
    return [word for word in shlex.split(line) if re.match(rf"({folders})/", word)]


def stands_under(path: str, parents: list[str]) -> bool:
    return any(path == parent or path.startswith(f"{parent}/") for parent in parents)


def test_the_two_workflows_go_from_the_encoder_to_the_wheel():
    steps = ["encoder", "convert", "train", "render", "package", "try"]
    assert WORKFLOWS["quickstart"] == steps
    assert WORKFLOWS["ner"][0] == "ner-convert" and WORKFLOWS["ner"][-1] == "ner-package"
    assert set(COMMANDS) == {step for steps in WORKFLOWS.values() for step in steps}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented_and_declares_what_it_reads_and_makes(name):
    assert COMMANDS[name]["help"]
    assert COMMANDS[name]["deps"] and COMMANDS[name]["outputs"]


@pytest.mark.parametrize("name, line", SCRIPTS)
def test_a_path_in_a_command_is_a_dependency_or_an_output(name, line):
    declared = COMMANDS[name]["deps"] + COMMANDS[name]["outputs"]
    for path in named_paths(line):
        folders = [Path(entry).parent.as_posix() for entry in declared]
        assert stands_under(path, declared) or path in folders or path == "packages", path


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_dependency_exists_or_was_made_by_a_step_before(workflow):
    made: list[str] = []
    for step in WORKFLOWS[workflow]:
        for path in COMMANDS[step]["deps"]:
            is_users_own = path.startswith("(your ")
            assert is_users_own or (ROOT / path).exists() or stands_under(path, made), f"{step}: {path}"
        made += COMMANDS[step]["outputs"]


@pytest.mark.parametrize("name, line", SCRIPTS)
def test_commands_run_on_every_system(name, line):
    assert line.startswith("python ")
    assert not re.search(r"[|&;<>`\\\"]|\$\(|\*", re.sub(r"\(your .*?\)", "", line))


def test_every_path_that_a_variable_gives_is_quoted_and_may_hold_spaces():
    names = ["encoder", "config", "train", "dev", "treebank_train", "treebank_dev", "cats_train", "cats_dev"]
    names += [
        "text_column",
        "label_column",
        "nested",
        "corpora",
        "questions",
        "texts",
        "fr_trf",
        "fr_trf_config",
        "en_trf",
        "en_trf_config",
        "plugin",
    ]
    overrides = {f"vars.{name}": f"my own/{name} é.x" for name in names}
    changed = load_project_config(ROOT, overrides=overrides)
    words = [
        word for command in changed["commands"] for line in command["script"] for word in shlex.split(line)
    ]
    for name in names:
        assert f"my own/{name} é.x" in words, name
    assert not [word for word in words if word.startswith(("own/", "é.x"))]


@pytest.mark.parametrize("workflow", ["ner", "fr_camembert_ner", "fr_dep_news_trf_ner", "domain_ner"])
def test_without_a_corpus_a_workflow_stops_and_names_the_variable(workflow):
    result = CliRunner().invoke(
        weasel, ["run", workflow, str(ROOT), "--vars.dev", "assets/fr_dev.jsonl", "--dry"]
    )
    assert "(your corpus is missing: give --vars.train FILE)" in " ".join(result.output.split())


def test_what_a_workflow_makes_is_not_committed():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf8").split()
    made = {f"/{path.split('/')[0]}/" for command in COMMANDS.values() for path in command["outputs"]}
    assert made <= set(ignored)


TRAININGS = [line for _, line in SCRIPTS if "train_pipeline.py" in line]


def test_every_training_is_that_of_the_script():
    assert len(TRAININGS) > 9
    assert not [line for _, line in SCRIPTS if " -m spacy train " in line]


@pytest.mark.parametrize("line", TRAININGS)
def test_a_pipeline_is_calibrated_and_evaluated_on_the_corpus_that_has_chosen_it(line):
    """In one step: spaCy would run the training again where a later one changes what it has made."""
    *checks, train, calibrate, evaluate = modules_run(line)
    assert [words[2] for words in checks] == ["check"] * ("--check" in line)
    best, dev = f"{train[train.index('--output') + 1]}/model-best", train[train.index("--paths.dev") + 1]
    assert calibrate[:5] == ["spacy", "bertfam", "calibrate", best, dev] and "--in-place" in calibrate
    assert evaluate[:4] == ["spacy", "evaluate", best, dev]


@pytest.mark.parametrize("name, line", SCRIPTS)
def test_what_a_training_and_a_packaging_leave_is_declared(name, line):
    words = shlex.split(line)
    if "train_pipeline" in words[1]:
        made = [f"training/{words[3]}/model-best", f"metrics/{words[3]}.json"]
        made += [f"metrics/{words[3]}_check.json"] * ("--check" in words)
        assert set(made) <= set(COMMANDS[name]["outputs"])
    option = "--package" if "train_pipeline" in words[1] else "--name"
    if option in words:
        package = f"_{words[words.index(option) + 1]}-{PROJECT['vars']['version']}/dist"
        assert [path for path in COMMANDS[name]["outputs"] if path.endswith(package)]
        assert words[words.index("--version") + 1] == PROJECT["vars"]["version"]


@pytest.mark.parametrize("lang, package", [("fr", "fr-dep-news-trf"), ("en", "en-core-web-trf")])
def test_a_trf_workflow_trains_on_the_installed_package(lang, package):
    name, script = package.replace("-", "_"), COMMANDS[package]["script"]
    assert WORKFLOWS[f"{name}_ner"] == [package]
    (train,) = [line for line in script if "train_pipeline" in line]
    assert f"train_pipeline.py 'configs/{name}_ner.cfg' " in train and f"--paths.pipeline '{name}' " in train
    assert all(f"--lang {lang}" in line for line in script if "convert" in line)


def test_variables_reach_the_commands():
    overrides = {"vars.encoder": "camembert-base", "vars.train": "a.iob", "vars.lang": "en", "vars.gpu": 0}
    changed = load_project_config(ROOT, overrides=overrides)
    scripts = {command["name"]: " ".join(command["script"]) for command in changed["commands"]}
    assert "get_encoder.py 'camembert-base' " in scripts["encoder"]
    assert "convert 'a.iob' " in scripts["ner-convert"] and "--lang en" in scripts["ner-convert"]
    assert "--gpu-id 0" in scripts["ner-train"] and "--nlp.lang en" in scripts["ner-train"]


def test_the_wheel_is_tried_in_seconds_unless_all_is_asked_for_anew():
    assert PROJECT["vars"]["try_packages"] == "shared"
    assert "--vars.try_packages own" in (ROOT / ".ci" / "run").read_text(encoding="utf8")


def test_every_variable_is_used():
    text = srsly.json_dumps(srsly.read_yaml(ROOT / "project.yml"))
    for name in PROJECT["vars"]:
        assert f"${{vars.{name}}}" in text, name


def test_other_corpora_are_fetched_on_demand_only_and_say_their_licence():
    assets = PROJECT["assets"]
    assert any("wikiner-fr" in asset["dest"] for asset in assets)
    assert any("winer_fr" in asset["dest"] for asset in assets)
    for asset in assets:
        assert asset["extra"] and "License: " in asset["description"]


def test_a_dry_run_of_the_quickstart_starts_with_the_encoder():
    result = CliRunner().invoke(weasel, ["run", "encoder", str(ROOT), "--dry"])
    assert result.exit_code == 0, result.output
    assert "scripts/get_encoder.py intfloat/multilingual-e5-small" in result.output


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.cfg")), ids=lambda path: path.stem)
def test_each_config_is_named_by_a_workflow_or_a_variable_or_beside_one(path):
    text = (ROOT / "project.yml").read_text(encoding="utf8")
    assert path.name in text

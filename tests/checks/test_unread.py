"""Names that spaCy drops in silence are found, wherever they stand, and what was meant is said."""

import re
from pathlib import Path
from typing import Any

import pytest
from spacy.cli._util import _parse_overrides
from spacy.util import load_config, load_config_from_str
from thinc.api import Config
from weasel.util import load_project_config
from workflow_modules import modules_run

from spacy_bertfam.checks.setup import read_config
from spacy_bertfam.checks.unread import arguments_of, find_unread
from spacy_bertfam.errors import UserError

CONFIGS = Path(__file__).parents[2] / "configs"
SHARED = CONFIGS / "ner_shared.cfg"


def unread(overrides: dict[str, Any], *, old: str = "", new: str = "") -> list[tuple[str, str]]:
    """RETURNS (list): what is found in the project's config after an override or an edit, and what to do."""
    text = SHARED.read_text(encoding="utf8")
    assert old in text
    config = load_config_from_str(text.replace(old, new, 1), overrides=overrides)
    return [(one.what, one.remedy) for one in find_unread(config, overrides)]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.cfg")), ids=lambda path: path.stem)
def test_all_of_the_projects_configs_is_read(path: Path) -> None:
    assert not list(find_unread(load_config(path), {}))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("training.max_step", "training.max_steps"),
        ("training.max-steps", "training.max_steps"),
        ("training.learn_rate", "training.optimizer.learn_rate"),
        ("training.batcher.sise", "training.batcher.size"),
        ("training.optimizer.grad_clp", "training.optimizer.grad_clip"),
        ("training.optimizer.learn_rate.warmup_step", "training.optimizer.learn_rate.warmup_steps"),
        ("training.logger.progres_bar", "training.logger.progress_bar"),
        ("nlp.batch_sise", "nlp.batch_size"),
        ("nlp.tokeniser", "nlp.tokenizer"),
        ("components.ner.schme", "components.ner.scheme"),
        ("components.ner.model.drop_out", "components.ner.model.dropout"),
        ("components.ner.model.tok2vec.upstrem", "components.ner.model.tok2vec.upstream"),
        ("components.encoder.pooling", "components.encoder.model.pooling"),
        ("components.encoder.model.poolin", "components.encoder.model.pooling"),
        ("corpora.train.limt", "corpora.train.limit"),
        ("initialize.vecotrs", "initialize.vectors"),
        ("initialize.components.nre", "initialize.components.ner"),
        ("pretraining.max_epoch", "pretraining.max_epochs"),
        ("paths.encodr", "paths.encoder"),
        ("system.sede", "system.seed"),
    ],
)
def test_a_name_that_nothing_reads_is_found_with_the_one_that_was_meant(name: str, meant: str) -> None:
    assert unread({name: 3}) == [(f"a setting that nothing reads: {name}", f"did you mean {meant}?")]


def test_a_name_that_is_like_none_comes_with_those_that_are_read() -> None:
    ((what, remedy),) = unread({"nlp.zzz": 1})
    assert what.endswith("nlp.zzz") and remedy.startswith("expected one of lang, pipeline, disabled, ")


def test_it_is_found_in_the_file_too() -> None:
    found = unread({}, old="max_steps = 5000", new="max_steps = 5000\nmax_step = 10")
    assert found == [("a setting that nothing reads: training.max_step", "did you mean training.max_steps?")]


@pytest.mark.parametrize("setting", ["frozen_components", "annotating_components"])
def test_a_component_that_there_is_not_is_found_in_lists(setting: str) -> None:
    found = unread({f"training.{setting}": ["encoder", "nre"]})
    place = f"training.{setting}"
    assert found == [(f"a component in {place} that the pipeline does not have: nre", "did you mean ner?")]


def test_what_a_shorter_pipeline_leaves_behind_is_no_mistake() -> None:
    """Blocks of components that are not in the pipeline this time, and their names in lists."""
    assert not unread({"nlp.pipeline": ["encoder"], "training.annotating_components": ["ner"]})
    assert unread({"nlp.pipeline": ["encoder"], "training.frozen_components": ["ner"]})  # spaCy fails on it


def test_a_sourced_component_takes_no_settings() -> None:
    block = 'source = "a"\nscheme = "IO"\nmin_score'
    found = unread({}, old='factory = "bertfam_ner"\nscheme = "BIOES"\nmin_score', new=block)
    assert ("a setting that nothing reads: components.ner.scheme",) in {row[:1] for row in found}


def test_paths_are_read_by_the_variables_that_refer_to_them() -> None:
    more = '[paths]\nmine = "a"\nother = "b"\n'
    text = SHARED.read_text(encoding="utf8").replace("[paths]\n", more, 1)
    text = text.replace("path = ${paths.train}", "path = ${paths.mine}")
    overrides = {"paths.mine": "c", "paths.other": "d", "paths.train": "e", "paths.vectors": None}
    found = [one.what for one in find_unread(load_config_from_str(text, overrides=overrides), overrides)]
    assert found == [f"a setting that nothing reads: paths.{name}" for name in ("other", "train")]


def test_a_variable_that_spacys_defaults_refer_to_is_read() -> None:
    config = Config({"nlp": {"lang": "fr", "pipeline": []}, "paths": {"train": "a"}, "system": {"seed": 1}})
    assert not list(find_unread(config, {"paths.train": "a", "system.seed": 1, "paths.init_tok2vec": "b"}))
    config["training"] = {"seed": 5}
    assert [one.last for one in find_unread(config, {"system.seed": 1})] == ["seed"]


def test_a_section_of_the_users_own_is_let_be_and_a_mistyped_one_is_found() -> None:
    text = SHARED.read_text(encoding="utf8")
    config = load_config_from_str(text + "\n[wandb]\nproject = 1\n\n[initialise]\nvectors = null\n")
    assert [(one.last, one.remedy) for one in find_unread(config, {})] == [
        ("initialise", "did you mean initialize?")
    ]


def test_functions_that_take_any_setting_are_asked_for_none() -> None:
    assert arguments_of(lambda a, *, b: 0) == ("a", "b")
    assert arguments_of(lambda a, **rest: 0) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("trainig.max_steps", r"no block \[trainig\] for --trainig.max_steps: did you mean training\?"),
        ("corpora.trian.path", r"no block \[corpora.trian\] .*: did you mean corpora.train\?"),
        ("components.nar.scheme", r"no block \[components.nar\] .*: did you mean components.ner\?"),
    ],
)
def test_a_setting_in_a_block_that_there_is_not_is_said(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_config(SHARED, {name: 3})


def test_all_that_the_projects_commands_set_is_read() -> None:
    """Of each training and check in project.yml, as it stands."""
    root, n = CONFIGS.parent, 0
    project = load_project_config(root)
    lines = [line for command in project["commands"] for line in command["script"]]
    for words in (words for line in lines for words in modules_run(line)):
        if not {"train", "check"} & set(words[1:3]):
            continue
        path = next(word for word in words if word.endswith(".cfg"))
        named = [(word, words[i + 1]) for i, word in enumerate(words) if re.match(r"--\w+\.", word)]
        overrides = _parse_overrides([word for pair in named for word in pair])
        assert not list(find_unread(load_config(root / path, overrides=overrides), overrides)), words
        n += 1
    assert n > 9

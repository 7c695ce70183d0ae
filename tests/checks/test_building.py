"""Each block is built as training builds it: what training would refuse, `check` refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sound_config import CONFIG, states, the

from spacy_bertfam.checks.finding import FAILS, Finding
from spacy_bertfam.checks.settings import wrong_values
from spacy_bertfam.checks.setup import read_setup

REFUSED = "settings that spaCy refuses"


def fails(findings: list[Finding]) -> list[tuple[str, str]]:
    """RETURNS (list): place and remedy of each row that fails."""
    return [(one.where, one.do) for one in findings if one.state == FAILS]


@pytest.mark.parametrize(
    ("setting", "value", "where", "said"),
    [
        ("components__encoder__model__pooling", "avg", "components.encoder", "pooling is 'avg': expected one of"),
        ("components__encoder__model__precision", "fp8", "components.encoder", "precision is 'fp8'"),
        ("components__encoder__model__mixed_precision", "f", "components.encoder", "mixed_precision is 'f'"),
        ("components__encoder__model__window", "two", "components.encoder", "window"),
        ("components__encoder__model__window", 2, "components.encoder", "window is 2"),
        ("components__encoder__model__@architectures", "spacy-bertfam.Encodr.v1", "components.encoder",
         "did you mean spacy-bertfam.Encoder.v1?"),
        ("components__ner__scheme", "BIO", "components.ner", "Unknown tag scheme 'BIO'"),
        ("components__ner__min_score", "x", "components.ner", "min_score"),
        ("components__ner__min_score", 3.0, "components.ner", "min_score is 3.0; expected 0 to 1"),
        ("components__ner__factory", "bertfam_nr", "components.ner", "did you mean bertfam_ner?"),
        ("components__ner__model__dropout", "x", "components.ner", "dropout"),
        ("nlp__batch_size", "x", "nlp", "batch_size"),
        ("nlp__lang", "zz", "nlp", "Can't import language zz"),
        ("nlp__tokenizer__@tokenizers", "spacy.Tokeniser.v1", "nlp", "did you mean spacy.Tokenizer.v1?"),
        ("training__max_steps", 1.5, "training", "max_steps: Input should be a valid integer"),
        ("training__batcher__@batchers", "spacy.batch_by_word.v1", "training",
         "did you mean spacy.batch_by_words.v1?"),
        ("training__optimizer__learn_rate__warmup_steps", "x", "training", "warmup_steps"),
        ("training__logger__@loggers", "spacy.ConsoleLoger.v3", "training", "did you mean spacy.ConsoleLogger.v3?"),
        ("initialize__components__ner__fit_words", "x", "initialize.components.ner", "fit_words"),
        ("initialize__components__ner__fit_wrds", 3, "initialize.components.ner", "fit_wrds"),
    ],
)  # fmt: skip
def test_a_block_that_training_refuses_fails(
    check: Callable, setting: str, value: object, where: str, said: str
) -> None:
    (do,) = [do for place, do in fails(check(**{setting: value})) if place == where]
    assert said in do and "{" not in do


@pytest.mark.parametrize("setting", ["initialize__vocab_data", "initialize__vectors", "paths__vectors"])
def test_a_file_that_is_missing_fails(check: Callable, setting: str) -> None:
    found = the(check(**{setting: "nowhere"}), "a file that is not there: nowhere")
    assert found.state == FAILS and found.where in ("initialize.vocab_data", "initialize.vectors")


def test_weights_for_no_pretraining_are_read_by_nobody(check: Callable) -> None:
    assert states(check(paths__init_tok2vec="nowhere"), "weights that nothing reads") == ["suspicious"]


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("attention", "foo", "Encoder setting attention is 'foo'"),
        ("frozen_layers", ["nose"], "frozen_layers names 'nose'"),
        ("n_layers", 3, "has 2 layers"),
    ],
)
def test_what_only_the_network_knows_fails_without_its_weights(
    check: Callable, setting: str, value: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spacy_bertfam.encoder.checkpoint import checkpoint

    monkeypatch.delattr(checkpoint, "open_network")
    found = the(check(**{f"components__encoder__model__{setting}": value}), "an encoder that cannot be read")
    assert found.state == FAILS and said in found.do


def test_layers_and_attention_that_there_are_pass(check: Callable) -> None:
    found = check(
        components__encoder__model__attention="eager",
        components__encoder__model__frozen_layers=["embeddings"],
    )
    assert not fails(found)


def test_every_encoder_is_read(check: Callable, tmp_path: Path) -> None:
    """Not the first one alone."""
    block = '[components.second]\nfactory = "bertfam_encoder"\n\n[components.second.model]\n'
    block += (
        '@architectures = "spacy-bertfam.Encoder.v1"\nname = ${paths.encoder}\nn_layers = 9\n\n[corpora]\n'
    )
    text = CONFIG.read_text(encoding="utf8").replace("[corpora]\n", block, 1)
    text = text.replace('pipeline = ["encoder",', 'pipeline = ["encoder","second",')
    (tmp_path / "two.cfg").write_text(text, encoding="utf8")
    assert the(check(tmp_path / "two.cfg"), "an encoder that cannot be read").where == "second"


def test_a_name_that_nothing_reads_is_one_row(check: Callable) -> None:
    (row,) = fails(check(training__batcher__sise=3))
    assert row == ("training.batcher", "Did you mean training.batcher.size?")


def test_what_a_config_leaves_to_spacys_defaults_is_no_mistake(check: Callable, tmp_path: Path) -> None:
    """[corpora], [training.batcher] and the like are filled in, as in training; the seed is not."""
    text = CONFIG.read_text(encoding="utf8")
    for begin, end in (("[corpora]", "[training]"), ("[training.logger]", "[pretraining]")):
        head, _, rest = text.partition(begin)
        text = head + end + rest.partition(end)[2]
    assert "spacy.Corpus.v1" not in text and "ConsoleLogger" not in text
    (tmp_path / "short.cfg").write_text(text, encoding="utf8")
    assert not fails(check(tmp_path / "short.cfg"))
    (tmp_path / "short.cfg").write_text(text.replace("seed = ${system.seed}\n", ""), encoding="utf8")
    assert fails(check(tmp_path / "short.cfg")) == [
        ("training.seed", "Expected one, or null: `spacy init fill-config` adds it.")
    ]


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("dropout", 0, "0.0: spaCy takes no whole number there"),
        ("dropout", 1.5, "0.0 to 1.0"),
        ("eval_frequency", 0, "1 or more"),
        ("accumulate_gradient", 0, "1 or more"),
        ("batcher", {"size": -600}, "1 or more"),
        ("max_steps", -1, "0 or more"),
        ("patience", -1, "0 or more"),
        ("max_epochs", -2, "-1 or more"),
        ("seed", -1, "a number from 0 to 4294967295, or null"),
        ("seed", "x", "a number from 0 to 4294967295, or null"),
        ("score_weights", {"ents_f": "x"}, "a number, or null"),
    ],
)
def test_values_that_no_error_of_spacys_is_about(setting: str, value: object, expected: str) -> None:
    training = {
        "seed": 0,
        "gpu_allocator": None,
        "dropout": 0.1,
        "score_weights": {"ents_f": 1.0, "ents_p": None},
    }
    assert not list(wrong_values({"training": training}))
    (wrong,) = wrong_values({"training": {**training, setting: value}})
    assert wrong.name.startswith(f"training.{setting}") and wrong.expected == expected


def test_a_pipeline_that_is_no_list_is_said_and_nothing_else_fails(check: Callable) -> None:
    assert "nlp" in {where for where, _ in fails(check(nlp__pipeline="ner"))}
    assert fails(check(components__ner=3))


def test_a_config_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", CONFIG.open(encoding="utf8"))
    assert list(read_setup(Path("-"), {"training.max_steps": 7}).components) == ["encoder", "ner", "cleaner"]


def test_a_component_that_is_named_twice_fails(check: Callable) -> None:
    found = the(check(nlp__pipeline=["encoder", "ner", "ner"]), "a component that is there 2 times")
    assert (found.state, found.where) == (FAILS, "ner")


def test_a_pipeline_of_other_things_than_names_fails(check: Callable) -> None:
    assert "nlp" in {where for where, _ in fails(check(nlp__pipeline=["encoder", "ner", 3]))}


def test_a_corpus_without_a_reader_fails(check: Callable, tmp_path: Path) -> None:
    text = CONFIG.read_text(encoding="utf8").replace(
        '[corpora.dev]\n@readers = "spacy.Corpus.v1"\n', "[corpora.dev]\n"
    )
    (tmp_path / "plain.cfg").write_text(text, encoding="utf8")
    assert ("corpora.dev", "Expected a block with one, as @readers = spacy.Corpus.v1.") in fails(
        check(tmp_path / "plain.cfg")
    )


def test_a_head_that_is_not_there_fails(check: Callable, tmp_path: Path) -> None:
    block = (
        '[initialize.components.ner.head]\n@initializers = "spacy-bertfam.from_hf.v1"\nname = "./nowhere"\n\n'
    )
    text = CONFIG.read_text(encoding="utf8") + "\n" + block
    (tmp_path / "head.cfg").write_text(text, encoding="utf8")
    assert "No folder ./nowhere" in the(check(tmp_path / "head.cfg"), "a head that cannot be read").do


@pytest.mark.parametrize("block", [None, "x", {"path": "a.spacy"}])
def test_a_corpus_that_is_no_reader_is_said(block: object) -> None:
    config = {"training": {"seed": 0, "gpu_allocator": None}, "corpora": {"dev": block, "other": block}}
    (wrong,) = wrong_values(config)
    assert (wrong.name, wrong.found) == ("corpora.dev", "no reader")


def test_a_function_whose_name_is_none_is_said() -> None:
    config = {"training": {"seed": 0, "gpu_allocator": None, "logger": {"@loggers": -3}}}
    assert [tuple(wrong) for wrong in wrong_values(config)] == [("training.logger.@loggers", "-3", "a name")]


def test_a_corpus_that_is_no_spacy_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text("{}", encoding="utf8")
    block = {"@readers": "spacy.Corpus.v1", "path": str(tmp_path / "train.jsonl")}
    config = {"training": {"seed": 0, "gpu_allocator": None}, "corpora": {"train": block}}
    (wrong,) = wrong_values(config)
    assert wrong.name == "corpora.train.path" and "bertfam convert" in wrong.expected
    assert not list(wrong_values({**config, "corpora": {"train": {**block, "path": str(tmp_path)}}}))

"""A training that was stopped and goes on ends with the weights of one that never was, to the last bit."""

import io
import shutil
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from forked import Forked
from safetensors import SafetensorError
from spacy.cli._util import app as spacy_app
from spacy.language import Language
from spacy.training import Corpus, Example
from spacy.training import loop as spacys_loop
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry
from thinc.api import Config, Model
from typer.testing import CliRunner

from spacy_bertfam.cli import spacy_entry  # noqa: F401  what spaCy does for its command line
from spacy_bertfam.cli.app import app
from spacy_bertfam.errors import UserError
from spacy_bertfam.training.resumable import loop as our_loop
from spacy_bertfam.training.resumable import saved_state
from spacy_bertfam.training.resumable.loop import Training
from spacy_bertfam.training.resumable.optimizer_state import shims
from spacy_bertfam.training.resumable.resume import load_pipeline
from spacy_bertfam.training.resumable.saved_state import SavedState, find_state
from spacy_bertfam.training.stopping import Stop

# What was changed in the config -> a training that never stopped, and its folder
Whole = Callable[..., tuple[Training, Path]]
AVERAGED = {"training.optimizer": {"@optimizers": "Adam.v1", "learn_rate": 0.01, "use_averages": True}}

TRF = {
    "nlp.pipeline": ["encoder", "ner"],
    "training.accumulate_gradient": 1,
    "components.encoder": {
        "factory": "transformer",
        "model": {
            "@architectures": "spacy-transformers.TransformerModel.v3",
            "name": "encoder",
            "tokenizer_config": {"use_fast": True},
            "get_spans": {"@span_getters": "spacy-transformers.doc_spans.v1"},
        },
    },
    "components.ner.model": {
        "@architectures": "spacy-bertfam.TokenClassifier.v1",
        "tok2vec": {
            "@architectures": "spacy-transformers.TransformerListener.v1",
            "grad_factor": 1.0,
            "pooling": {"@layers": "reduce_mean.v1"},
            "upstream": "*",
        },
    },
}


def config_with(changes: dict[str, Any]) -> Config:
    """RETURNS (Config): of the working folder, whole blocks or single settings replaced."""
    config = load_config("config.cfg")
    for name, value in changes.items():
        *blocks, last = name.split(".")
        block: Any = config
        for part in blocks:
            block = block[part]
        block[last] = value
    return config


class StopAfter(Stop):
    """Asks for a stop when so many steps are taken, or within the evaluation after one."""

    def __init__(self, step: int | None = None, *, in_evaluation: int = -1) -> None:
        super().__init__()
        self.step, self.in_evaluation = step, in_evaluation
        self.training: Training | None = None

    @property
    def is_asked_for(self) -> bool:
        if self.signal is None and self.training and self.training.progress.step == self.step:
            self.signal = "SIGTERM"
        return self.signal is not None


def train(config: Config, output: str, stop: StopAfter | None = None, **options: Any) -> Training:
    """Begin a training, or go on with the one in `output`."""
    state = find_state(Path(output))
    saved = SavedState.read(state) if state else None
    nlp = load_pipeline(config, state) if state else init_nlp(config)
    training = Training(nlp, Path(output), saved=saved, stop=stop, **options)
    if stop is not None:
        stop.training = training
    training.run(stdout=io.StringIO(), stderr=io.StringIO())
    return training


def weights(nlp: Language) -> dict[str, np.ndarray]:
    """RETURNS (dict): each weight of a pipeline, by a name that says where it stands."""
    found = {}
    for name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        for i, node in enumerate(model.walk() if isinstance(model, Model) else ()):
            found.update({f"{name}/{i}/{key}": node.get_param(key) for key in node.param_names})
    for place, shim in shims(nlp):
        found.update({f"{place}/{key}": p.detach().numpy() for key, p in shim._model.named_parameters()})
    return found


def assert_equal(found: Language, expected: Language) -> None:
    here, there = weights(found), weights(expected)
    assert here.keys() == there.keys() and len(here) > 20
    different = [name for name in here if not np.array_equal(here[name], there[name])]
    assert different == []


@pytest.mark.parametrize("changes", [AVERAGED, {"training.max_epochs": 2}, {"training.max_epochs": -1}])
def test_our_loop_trains_what_spacys_does(folder: Path, changes: dict[str, Any]) -> None:
    # without spaCy's NER, which draws from the generator that shuffles the texts in spaCy's loop
    changes = {"nlp.pipeline": ["encoder", "ner"], "training.max_steps": 6, **changes}
    expected = init_nlp(config_with(changes))
    Path("spacys").mkdir()
    spacys_loop.train(expected, Path("spacys"), stdout=io.StringIO(), stderr=io.StringIO())
    found = train(config_with(changes), "ours")
    assert_equal(found.nlp, expected)
    for name in ("model-best", "model-last"):
        here, there = spacy.load(Path("ours", name)), spacy.load(Path("spacys", name))
        assert_equal(here, there)
        assert here.meta["performance"] == there.meta["performance"]


@pytest.fixture(scope="module")
def trained_whole() -> dict[str, tuple[Training, Path]]:
    """What was trained without a stop, and its folder, by what was changed in the config."""
    return {}


@pytest.fixture
def whole(folder: Path, trained_whole: dict[str, tuple[Training, Path]]) -> Whole:
    """`whole(**changes)` RETURNS (tuple): a training that never stopped, and its folder; to be read only."""

    def get(**changes: Any) -> tuple[Training, Path]:
        if repr(changes) not in trained_whole:
            trained_whole[repr(changes)] = train(config_with(changes), "whole"), folder / "whole"
        return trained_whole[repr(changes)]

    return get


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first `stopped` leaves a copy."""
    return tmp_path_factory.mktemp("stopped") / "out"


@pytest.fixture
def stopped(folder: Path, kept: Path) -> None:
    """`out` has a training that was stopped after two steps."""
    if kept.exists():
        shutil.copytree(kept, "out")
    else:
        train(config_with({}), "out", StopAfter(2))
        shutil.copytree("out", kept)


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({}, 0),
        ({}, 4),
        (AVERAGED, 2),
        ({"training.max_epochs": -1}, 7),
        *(
            pytest.param(changes, step, marks=pytest.mark.slow)
            for changes, step in (({}, 2), ({}, 7), (AVERAGED, 7), ({"training.max_epochs": -1}, 2))
        ),
    ],
)
def test_a_resumed_training_ends_as_one_that_never_stopped(
    whole: Whole, step: int, changes: dict[str, Any]
) -> None:
    expected, output = whole(**changes)
    stopped = train(config_with(changes), "parts", StopAfter(step))
    assert stopped.progress.step == step
    found = train(config_with(changes), "parts")
    assert_equal(found.nlp, expected.nlp)
    assert found.progress.results == expected.progress.results
    assert found.progress.words == expected.progress.words
    assert_equal(spacy.load("parts/model-best"), spacy.load(output / "model-best"))
    assert find_state(Path("parts")) is None  # it is finished


@pytest.mark.trf
@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, AVERAGED])
def test_an_encoder_of_spacy_transformers_goes_on_too(folder: Path, changes: dict[str, Any]) -> None:
    changes = {**TRF, **changes}
    expected = train(config_with(changes), "whole")
    train(config_with(changes), "parts", StopAfter(5))
    assert_equal(train(config_with(changes), "parts").nlp, expected.nlp)


@pytest.mark.slow
def test_two_stops_are_as_good_as_one(whole: Whole) -> None:
    expected, _ = whole()
    for step in (1, 5):
        train(config_with({}), "parts", StopAfter(step))
    assert_equal(train(config_with({}), "parts").nlp, expected.nlp)


def test_without_the_optimizers_memory_it_would_end_elsewhere(
    whole: Whole,
) -> None:
    expected, _ = whole()
    train(config_with({}), "parts", StopAfter(5))
    state = SavedState.read(find_state(Path("parts")))
    nlp = load_pipeline(config_with({}), find_state(Path("parts")))
    state.optimizer.clear()
    training = Training(nlp, saved=state)
    training.run(stdout=io.StringIO(), stderr=io.StringIO())
    with pytest.raises(AssertionError):
        assert_equal(training.nlp, expected.nlp)


def test_a_stop_within_an_evaluation_makes_it_later(
    folder: Path, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = whole()
    stop, make = StopAfter(), our_loop.create_evaluation_callback

    def interrupted(*arguments: Any) -> Callable:
        score = make(*arguments)

        def ask_and_score() -> Any:
            if stop.training.progress.step == 4:
                signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)
            return score()

        return ask_and_score

    monkeypatch.setattr(our_loop, "create_evaluation_callback", interrupted)
    with stop.handling_signals():
        stopped = train(config_with({}), "parts", stop)
    assert (stopped.progress.step, stopped.progress.is_evaluated) == (4, False)
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    found = train(config_with({}), "parts")
    assert found.progress.results == expected.progress.results
    assert_equal(found.nlp, expected.nlp)


def test_a_killed_training_has_the_state_of_its_last_evaluation(
    whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = whole()

    def fail_at_step(training: Training, *arguments: Any) -> None:
        if training.progress.step == 6:
            raise MemoryError("no more")
        update(training, *arguments)

    update = Training._update
    monkeypatch.setattr(Training, "_update", fail_at_step)
    with pytest.raises(MemoryError):
        train(config_with({}), "parts")
    assert find_state(Path("parts")).name == "step-000004"
    monkeypatch.setattr(Training, "_update", update)
    assert_equal(train(config_with({}), "parts").nlp, expected.nlp)


def test_a_state_that_cannot_be_written_does_not_end_the_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(SavedState, "write", full)
    with pytest.warns(
        UserWarning, match="state of the training after step 4 cannot be saved .*No space left"
    ):
        training = train(config_with({"training.max_steps": 5}), "out")
    assert training.progress.step == 5


def test_a_full_disk_does_not_end_the_training(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(saved_state, "save_file", full)
    with pytest.warns(UserWarning, match=r"cannot be saved .*: no space is left on the disk"):
        assert train(config_with({"training.max_steps": 5}), "out").progress.step == 5
    assert list(Path("out/training-state").glob("step-*")) == []


def test_a_training_that_failed_at_once_can_be_begun_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError("no more")

    with monkeypatch.context() as patched, pytest.raises(MemoryError):
        patched.setattr(Training, "_update", fail)
        train(config_with({}), "out")
    result = run("-o", "out", "--resume", "--training.max_steps", "1")
    assert result.exit_code == 0, result.output


def test_an_encoder_that_was_moved_is_no_other_pipeline(stopped: None) -> None:
    Path("encoder").rename("moved")
    found = train(config_with({"paths.encoder": "moved", "training.max_steps": 3}), "out")
    assert found.progress.step == 3


def test_a_reader_that_draws_from_numpy_goes_on_too(folder: Path) -> None:
    @registry.readers("tests.ShuffledByNumpy.v1")
    def make_reader() -> Callable[[Language], Iterator[Example]]:
        def read(nlp: Language) -> Iterator[Example]:
            examples = list(Corpus("train.spacy")(nlp))
            yield from (examples[i] for i in np.random.permutation(len(examples)))

        return read

    changes = {"corpora.train": {"@readers": "tests.ShuffledByNumpy.v1"}, "training.max_steps": 6}
    expected = train(config_with(changes), "whole")
    train(config_with(changes), "parts", StopAfter(3))
    assert_equal(train(config_with(changes), "parts").nlp, expected.nlp)


def test_what_a_killed_process_had_begun_is_removed(folder: Path) -> None:
    Path("out/.model-last-abcd/new").mkdir(parents=True)
    train(config_with({"training.max_steps": 1}), "out")
    assert sorted(path.name for path in Path("out").iterdir()) == ["model-best", "model-last"]


def test_a_state_half_written_is_passed_over(folder: Path, stopped: None) -> None:
    (folder / "out/training-state/step-000008/pipeline").mkdir(parents=True)
    assert find_state(Path("out")).name == "step-000002"
    train(config_with({}), "out", StopAfter(5))
    assert [path.name for path in Path("out/training-state").iterdir()] == ["step-000005"]


@pytest.mark.parametrize(("keep", "n_kept"), [("unfinished", 0), ("always", 1), ("never", 0)])
def test_what_stays_of_a_finished_training(folder: Path, keep: str, n_kept: int) -> None:
    train(config_with({"training.max_steps": 1}), "out", keep=keep)
    assert len(list(Path("out").glob("training-state/step-*"))) == n_kept


def test_a_finished_training_goes_on_with_more_steps(whole: Whole) -> None:
    expected, _ = whole()
    train(config_with({"training.max_steps": 6}), "out", keep="always")
    assert_equal(train(config_with({}), "out").nlp, expected.nlp)


# -- what cannot go on


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"components.ner.scheme": "IOB2"}, "components.ner.scheme is 'IOB2', was 'BIOES'"),
        (
            {"components.encoder.model.pooling": "mean"},
            "components.encoder.model.pooling is 'mean', was 'first'",
        ),
        ({"nlp.pipeline": ["encoder", "ner"]}, r"nlp.pipeline is \['encoder', 'ner'\]"),
        ({"paths.train": "other.spacy"}, "has 5 examples, and they are not the 6 that"),
        ({"training.batcher.size": 80}, "training.batcher.size is 80, was 40"),
        (AVERAGED, r"begun with spacy-bertfam.AdamW.v1; expected the same \[training.optimizer\]"),
    ],
)
def test_another_training_is_not_gone_on_with(stopped: None, changes: dict[str, Any], match: str) -> None:
    with pytest.raises(UserError, match=match):
        train(config_with(changes), "out")


def test_averages_need_an_optimizer_that_has_some(folder: Path) -> None:
    train(config_with(AVERAGED), "out", StopAfter(2))
    with pytest.raises(UserError, match="averages weights"):
        train(config_with({}), "out")


@pytest.mark.parametrize(
    ("name", "content"),
    [("state.json", "{}"), ("state.json", "nothing"), ("state.safetensors", "nothing")],
)
def test_a_damaged_state_is_said(stopped: None, name: str, content: str) -> None:
    (find_state(Path("out")) / name).write_text(content, encoding="utf8")
    with pytest.raises(UserError, match=r"step-000002 cannot be read .*expected what `bertfam train` writes"):
        train(config_with({}), "out")


# -- the command


def run(*options: str) -> Any:
    return CliRunner().invoke(app, ["train", "config.cfg", *options])


def test_the_command_goes_on_and_says_so(stopped: None) -> None:
    result = run("-o", "out", "--resume", "--training.max_steps", "6")
    assert result.exit_code == 0, result.output
    assert "Going on after step 2" in result.output
    assert spacy.load("out/model-last")("Marie").has_annotation("ENT_IOB")


def test_a_stopped_training_is_not_overwritten_unasked(stopped: None) -> None:
    result = run("-o", "out")
    assert result.exit_code == 1
    assert "Error: out has a training that was stopped (step-000002); expected --resume" in result.stderr
    assert run("-o", "out", "--restart", "--training.max_steps", "1").exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--resume",), "--resume without a folder"),
        (("-o", "out", "--resume", "--restart"), "exclude each other"),
    ],
)
def test_contradictions_are_said(folder: Path, options: tuple[str, ...], said: str) -> None:
    result = run(*options)
    assert result.exit_code == 1
    assert said in result.stderr


def test_resume_begins_where_nothing_is_and_refuses_what_is_finished(folder: Path) -> None:
    assert run("-o", "out", "--resume", "--training.max_steps", "1").exit_code == 0
    result = run("-o", "out", "--resume", "--training.max_steps", "2")
    assert result.exit_code == 1
    assert "out has pipelines, and no state to go on from" in result.stderr


def test_a_process_that_is_told_to_stop_can_go_on(folder: Path) -> None:
    """The same, by a signal, in processes of their own: nothing is kept in memory between them."""
    command = ["bertfam", "train", "config.cfg", "-o", "out"]
    process = Forked(spacy_app, [*command, "--training.max_steps", "100000"], folder / "log")
    while not list(Path("out").glob("training-state/step-*")) and process.is_running():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    err = process.wait()
    assert process.returncode == 130, err
    assert "Stopped by SIGTERM. Saved: " in err and "with --resume goes on after step-" in err
    assert "Traceback" not in err
    for name in ("model-best", "model-last"):
        assert str(Path("out", name)) in err
        assert spacy.load(folder / "out" / name)("Marie").tensor.shape == (1, 32)
    step = int(find_state(Path("out")).name.removeprefix("step-"))
    n_steps = ["--training.max_steps", str(step + 5)]
    again = Forked(spacy_app, [*command, "--resume", *n_steps], folder / "log")
    err = again.wait()
    assert again.returncode == 0, err
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = train(config_with({"training.max_steps": step + 5}), "once")
    assert_equal(spacy.load("out/model-last"), found.nlp)

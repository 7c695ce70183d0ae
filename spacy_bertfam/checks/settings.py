"""Settings that training would fail on without a sentence, or that nothing reads.

As rows of `bertfam check`; and as the refusal of a training before anything is loaded, by `bertfam train` and, for
pipelines of ours, by `spacy train`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, TypeGuard

from thinc.api import Config

from ..errors import UserError
from ..pipeline.find import walk_blocks
from .finding import FAILS, SUSPICIOUS, Finding, change
from .setup import Setup
from .unread import SECTIONS, Unread, block_at, find_unread

MAX_SEED = 2**32 - 1  # of NumPy
# Counts of [training] and the least that each may be; spaCy takes others, and batches single texts or ends at once
LEAST = {
    "eval_frequency": 1, "accumulate_gradient": 1, "batcher.size": 1, "max_steps": 0, "patience": 0, "max_epochs": -1,
}  # fmt: skip


class Wrong(NamedTuple):
    """A setting that training would fail on."""

    name: str  # dotted
    found: str
    expected: str


def check_settings(setup: Setup, unread: Sequence[Unread]) -> Iterator[Finding]:
    """Find an empty pipeline, components without a block or source, wrong values, and names that nothing reads."""
    if not setup.components:
        yield Finding(FAILS, "a pipeline without components", "nlp.pipeline", do="Name them there.")
    names = setup.config["nlp"]["pipeline"]
    for name, block in setup.components.items():
        if names.count(name) > 1:
            what, do = f"a component that is there {names.count(name)} times", "Name it once."
            yield Finding(FAILS, what, name, do=do)
        if not block:
            yield Finding(FAILS, "a component without a block", name, do=f"Add [components.{name}].")
        elif "factory" not in block:
            what, do = "a component without a factory", f"Name one in [components.{name}], or a source."
            if "source" in block:
                what = f"a source that is not there: {block['source']}"
                do = "Install that pipeline, or give its folder."
            yield Finding(FAILS, what, name, do=do)
    for wrong in wrong_values(setup.raw.interpolate()):
        yield Finding(FAILS, f"a setting that is {wrong.found}", wrong.name, do=f"Expected {wrong.expected}.")
    yield from _never_evaluated(setup.training)
    for one in unread:
        yield Finding(FAILS, one.what, one.place, do=one.remedy[0].upper() + one.remedy[1:])


def _never_evaluated(training: Mapping[str, Any]) -> Iterator[Finding]:
    frequency, n_steps = training.get("eval_frequency"), training.get("max_steps")
    if isinstance(frequency, int) and isinstance(n_steps, int) and 0 < n_steps < frequency:
        setting, usual = "training.eval_frequency", max(1, n_steps // 4)
        what, best = (
            f"no evaluation in {n_steps} steps",
            "model-best would be the pipeline before the first step",
        )
        do = f"It is {frequency}, so {best}: {usual} is usual."
        yield Finding(SUSPICIOUS, what, setting, do=do, fix=change({setting: usual}))


def require_sound(config: Config, overrides: Mapping[str, Any]) -> None:
    """Refuse a config, or a setting of the command line.

    config (Config): with the overrides, not interpolated.
    RAISES (UserError): when it has a name that nothing reads, or a value that training would fail on.
    """
    problems = [f"The config has {one.what}; {one.remedy}" for one in find_unread(config, overrides)]
    wrong = wrong_values(config.interpolate())
    problems += [f"In the config {one.name} is {one.found}; expected {one.expected}." for one in wrong]
    if problems:
        raise UserError(" ".join(problems))


def is_ours(config: Any) -> bool:
    """Whether a config, or a block of it, names a component or function of this package."""
    return any(str(name).startswith(("bertfam_", "spacy-bertfam.")) for _, name in _functions(config))


def wrong_values(config: Mapping[str, Any]) -> Iterator[Wrong]:
    """YIELDS (Wrong): settings of a config, variables filled in, that spaCy's schemas take, or do not look at."""
    training = config.get("training", {})
    yield from _training(training)
    for place, block in walk_blocks({name: config[name] for name in SECTIONS if name in config}):
        for name, value in block.items():
            numbers = value if isinstance(value, list) else [value]
            if any(isinstance(number, float) and not isfinite(number) for number in numbers):
                yield Wrong(f"{place}.{name}", repr(value), "a finite number: spaCy cannot save others")
    for place, function in _functions(config):
        if not isinstance(function, str):
            yield Wrong(place, repr(function), "a name")
    for setting in ("train_corpus", "dev_corpus"):
        place = str(training.get(setting, f"corpora.{setting.partition('_')[0]}"))
        outer, _, last = place.rpartition(".")
        is_reader = any(str(key).startswith("@") for key in block_at(config, place))
        if last in block_at(config, outer) and not is_reader:
            yield Wrong(place, "no reader", "a block with one, as @readers = spacy.Corpus.v1")
        path = block_at(config, place).get("path")
        is_spacys = block_at(config, place).get("@readers") == "spacy.Corpus.v1"
        if is_spacys and isinstance(path, str) and not path.endswith(".spacy") and os.path.isfile(path):
            expected = "a .spacy file: convert it by `bertfam convert`, or read it by spacy-bertfam.Corpus.v1"
            yield Wrong(f"{place}.path", path, expected)


def _functions(config: Any) -> Iterator[tuple[str, Any]]:
    """YIELDS (tuple[str, Any]): place and name of each registered function and factory."""
    for place, block in walk_blocks(config):
        for key, value in block.items():
            if (str(key).startswith("@") or key == "factory") and not isinstance(value, dict):
                yield f"{place}.{key}".lstrip("."), value


def _training(training: Mapping[str, Any]) -> Iterator[Wrong]:
    for name in ("seed", "gpu_allocator"):
        if name not in training:  # spaCy's defaults do not count here
            yield Wrong(f"training.{name}", "not there", "one, or null: `spacy init fill-config` adds it")
    for name, least in LEAST.items():
        block, _, last = f"training.{name}".rpartition(".")
        count = block_at({"training": training}, block).get(last)
        if _is_number(count) and count < least:
            yield Wrong(f"training.{name}", repr(count), f"{least} or more")
    seed, dropout = training.get("seed"), training.get("dropout", 0.1)
    if seed is not None and not (isinstance(seed, int) and 0 <= seed <= MAX_SEED):
        yield Wrong("training.seed", repr(seed), f"a number from 0 to {MAX_SEED}, or null")
    if _is_number(dropout) and not 0 <= dropout <= 1:
        yield Wrong("training.dropout", repr(dropout), "0.0 to 1.0")
    elif isinstance(dropout, int):
        yield Wrong("training.dropout", repr(dropout), f"{float(dropout)}: spaCy takes no whole number there")
    for name, weight in block_at(training, "score_weights").items():
        if weight is not None and not _is_number(weight):
            yield Wrong(f"training.score_weights.{name}", repr(weight), "a number, or null")


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

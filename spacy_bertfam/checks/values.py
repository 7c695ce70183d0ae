"""Values that spaCy's schemas take, or do not look at, and that training then fails on without a sentence."""

from typing import Any, Iterator, Mapping, NamedTuple

MAX_SEED = 2**32 - 1  # of NumPy


class Wrong(NamedTuple):
    """A setting that training would fail on."""

    name: str  # dotted
    found: str
    expected: str


def wrong_values(config: Mapping[str, Any]) -> Iterator[Wrong]:
    """YIELDS (Wrong): settings of a config, variables filled in, that no error of spaCy's is about."""
    training = config.get("training", {})
    yield from _training(training)
    yield from _names("", config)
    for setting in ("train_corpus", "dev_corpus"):
        place = str(training.get(setting, f"corpora.{setting.partition('_')[0]}"))
        outer, _, last = place.rpartition(".")
        corpora = _at(config, outer)
        if last in corpora and not any(str(key).startswith("@") for key in _at(corpora, last)):
            yield Wrong(place, "no reader", "a block with one, as @readers = spacy.Corpus.v1")


def _names(place: str, block: Mapping[str, Any]) -> Iterator[Wrong]:
    """Registered functions and factories whose name is none."""
    for key, value in block.items():
        name = f"{place}.{key}" if place else str(key)
        if isinstance(value, dict):
            yield from _names(name, value)
        elif (str(key).startswith("@") or key == "factory") and not isinstance(value, str):
            yield Wrong(name, repr(value), "a name")


def _at(block: Any, place: str) -> Mapping[str, Any]:
    """RETURNS (Mapping): the block of a dotted name; empty where there is none."""
    for name in place.split("."):
        block = block.get(name) if isinstance(block, dict) else None
    return block if isinstance(block, dict) else {}


def _training(training: Mapping[str, Any]) -> Iterator[Wrong]:
    for name in ("seed", "gpu_allocator"):
        if name not in training:  # spaCy's defaults do not count here
            yield Wrong(f"training.{name}", "not there", "one, or null: `spacy init fill-config` adds it")
    for name in ("eval_frequency", "accumulate_gradient"):
        count = training.get(name, 1)
        if _is_number(count) and count < 1:
            yield Wrong(f"training.{name}", repr(count), "1 or more")
    seed, dropout = training.get("seed"), training.get("dropout", 0.1)
    if seed is not None and not (isinstance(seed, int) and 0 <= seed <= MAX_SEED):
        yield Wrong("training.seed", repr(seed), f"a number from 0 to {MAX_SEED}, or null")
    if _is_number(dropout) and not 0 <= dropout <= 1:
        yield Wrong("training.dropout", repr(dropout), "0.0 to 1.0")
    elif isinstance(dropout, int):
        yield Wrong("training.dropout", repr(dropout), f"{float(dropout)}: spaCy takes no whole number there")
    weights = training.get("score_weights", {})
    for name, weight in weights.items() if isinstance(weights, dict) else ():
        if weight is not None and not _is_number(weight):
            yield Wrong(f"training.score_weights.{name}", repr(weight), "a number, or null")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

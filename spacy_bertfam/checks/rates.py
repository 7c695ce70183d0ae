"""The learning rate: its height for this encoder, its warmup, and where it ends."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from spacy.util import registry

from ..training.learn_rate import RateBySize, good_rate
from .encoders import EncoderFacts
from .finding import FINE, SUSPICIOUS, Finding, change
from .setup import Setup
from .unread import block_at

RATE = "training.optimizer.learn_rate"
WARMUPS = ("warmup_linear.v1", "spacy-bertfam.warmup_linear.v1")
TOO_HIGH = 2.5  # times the good rate: at 4 times, a network 384 wide collapses
N_STEPS_READ = 20_000


def check_rates(setup: Setup, facts: EncoderFacts | None) -> Iterator[Finding]:
    """Find rates that make an encoder collapse, and schedules that end elsewhere than training."""
    optimizer = block_at(setup.training, "optimizer")
    rate = optimizer.get("learn_rate")
    if rate is None or optimizer.get("@optimizers") is None:
        return
    is_warmup = isinstance(rate, dict) and rate.get("@schedules") in WARMUPS
    highest = peak(rate)
    problems = list(_too_high(setup, rate, highest, facts, is_warmup=is_warmup))
    if is_warmup:
        problems += _warmup(rate, setup.training.get("max_steps") or 0)
    if not problems:
        height = "by the encoder's size" if highest is None else f"of {highest:g} at most"
        yield Finding(FINE, f"a learning rate {height}, until training ends", RATE)
    yield from problems


def peak(rate: Any) -> float | None:
    """RETURNS (float | None): the highest rate of a schedule, or the rate itself; None where the encoder decides."""
    if not isinstance(rate, dict):
        return float(rate)
    schedule = registry.resolve({"rate": rate})["rate"]
    if isinstance(schedule, RateBySize):
        return None
    return max(float(one) for one in islice(schedule, N_STEPS_READ))


def _too_high(
    setup: Setup, rate: Any, highest: float | None, facts: EncoderFacts | None, *, is_warmup: bool
) -> Iterator[Finding]:
    if facts is None or highest is None or all(name in setup.frozen() for name, _ in setup.encoders()):
        return
    good = good_rate(facts.width, facts.n_layers)
    if highest > TOO_HIGH * good:
        setting = f"{RATE}.initial_rate" if is_warmup else RATE
        what = f"a learning rate of {highest:g}, high for {facts.n_layers} layers of {facts.width}"
        do = f"Such an encoder may forget all it knows in a few steps: {good:g} is a safe one."
        fix = change({setting: good}) if is_warmup or not isinstance(rate, dict) else None
        yield Finding(SUSPICIOUS, what, setting, do=do, fix=fix)


def _warmup(rate: dict[str, Any], max_steps: int) -> Iterator[Finding]:
    n_warmup, n_total = rate.get("warmup_steps", 0), rate.get("total_steps", 0)
    n_steps = max_steps or n_total
    usual = max(1, n_steps // 10)
    if n_warmup == 0 or n_warmup >= n_steps:
        what, setting = f"a warmup of {n_warmup} of {n_steps} steps", f"{RATE}.warmup_steps"
        do = f"The first steps of a new head are the wildest, and the rate has to fall again: {usual} is usual."
        yield Finding(SUSPICIOUS, what, setting, do=do, fix=change({setting: usual}))
    if n_total != n_steps:
        later = "The rate is 0 from there on: the rest of the training is idle"
        end = later if n_total < n_steps else "The rate has not fallen when training ends"
        what, setting = f"total_steps is {n_total}, max_steps {max_steps}", f"{RATE}.total_steps"
        fix = change({setting: max_steps})
        yield Finding(SUSPICIOUS, what, setting, do=f"{end}; make both the same.", fix=fix)

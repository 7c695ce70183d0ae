"""The learning rate: its height for this encoder, its warm-up, and where it ends."""

from itertools import islice
from typing import Any, Iterator, Optional

from spacy.util import registry

from ..training.learn_rate import RateBySize, good_rate
from .encoders import EncoderFacts
from .finding import FINE, SUSPICIOUS, Finding, change
from .setup import Setup

RATE = "training.optimizer.learn_rate"
WARMUPS = ("warmup_linear.v1", "spacy-bertfam.warmup_linear.v1")
TOO_HIGH = 2.5  # times the good rate: at 4 times, a network 384 wide collapses
N_STEPS_READ = 20_000


def check_rates(setup: Setup, facts: Optional[EncoderFacts]) -> Iterator[Finding]:
    """Rates that make an encoder collapse, and schedules that end elsewhere than training."""
    block = setup.training.get("optimizer", {}).get("learn_rate")
    if block is None or setup.training.get("optimizer", {}).get("@optimizers") is None:
        return
    highest = peak(block)
    found = [*_too_high(setup, block, highest, facts), *_warmup(setup, block), *_end(setup, block)]
    if not found:
        rate = "that follows the encoder's size" if highest is None else f"of {highest:g} at most"
        yield Finding(FINE, f"a learning rate {rate}, ending where training ends", RATE)
    yield from found


def peak(block: Any) -> Optional[float]:
    """RETURNS (Optional[float]): the highest rate of a schedule, or the rate itself; None where the encoder decides."""
    if not isinstance(block, dict):
        return float(block)
    schedule = registry.resolve({"rate": block})["rate"]
    if isinstance(schedule, RateBySize):
        return None
    return max(float(rate) for rate in islice(schedule, N_STEPS_READ))


def _too_high(
    setup: Setup, block: Any, highest: Optional[float], facts: Optional[EncoderFacts]
) -> Iterator[Finding]:
    if facts is None or highest is None or all(name in setup.frozen() for name, _ in setup.encoders()):
        return
    good = good_rate(facts.width, facts.n_layers)
    if highest <= TOO_HIGH * good:
        return
    setting = f"{RATE}.initial_rate" if _is_warmup(block) else RATE
    fix = (
        change(**{setting.replace(".", "__"): good})
        if _is_warmup(block) or not isinstance(block, dict)
        else None
    )
    yield Finding(
        SUSPICIOUS, f"a learning rate of {highest:g}, high for {facts.n_layers} layers of {facts.width}", setting,
        do=f"Such an encoder may forget all it knows in a few steps: {good:g} is a safe one.", fix=fix,
    )  # fmt: skip


def _warmup(setup: Setup, block: Any) -> Iterator[Finding]:
    if not _is_warmup(block):
        return
    n_warmup, n_total = block.get("warmup_steps", 0), block.get("total_steps", 0)
    # what `_end` makes of it
    n_total = setup.training.get("max_steps") or n_total
    wanted = max(1, n_total // 10)
    if n_warmup == 0 or n_warmup >= n_total:
        yield Finding(
            SUSPICIOUS, f"a warm-up of {n_warmup} of {n_total} steps", f"{RATE}.warmup_steps",
            do=f"The first steps of a new head are the wildest, and the rate has to fall again: {wanted} is usual.",
            fix=change(training__optimizer__learn_rate__warmup_steps=wanted),
        )  # fmt: skip


def _end(setup: Setup, block: Any) -> Iterator[Finding]:
    max_steps = setup.training.get("max_steps") or 0
    if not _is_warmup(block) or not max_steps or block.get("total_steps") == max_steps:
        return
    n_total = block.get("total_steps", 0)
    later = "the rate is 0 from there on: the rest of the training is idle"
    earlier = "the rate has not fallen when training ends"
    yield Finding(
        SUSPICIOUS, f"total_steps is {n_total}, max_steps {max_steps}", f"{RATE}.total_steps",
        do=f"{(later if n_total < max_steps else earlier).capitalize()}; make both the same.",
        fix=change(training__optimizer__learn_rate__total_steps=max_steps),
    )  # fmt: skip


def _is_warmup(block: Any) -> bool:
    return isinstance(block, dict) and block.get("@schedules") in WARMUPS

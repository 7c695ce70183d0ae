"""`bertfam optimize --runtime fastest`: every runtime that is installed, tried on this machine; the fastest that loses
no more F1 than is allowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..encoder.runtimes.engines import PRECISIONS, TORCH
from ..errors import UserError
from .optimize import Plan, Report, optimize
from .parity import N_TIMED, Run, pass_seconds

FASTEST = "fastest"
N_FINALISTS = 3  # that are kept in memory, and measured once more in turn
N_ROUNDS = 3


class Material(NamedTuple):
    """A pipeline as it was trained, and what its optimization is measured on; of its own vocabulary."""

    nlp: Language
    check: Sequence[Example]
    calibration: Sequence[Doc] | None


@dataclass(eq=False)
class Tried:
    """What came of one runtime and precision."""

    plan: Plan
    report: Report | None  # None where it cannot run here
    reason: str = ""  # why it cannot
    in_turn: float | None = None  # words a second of a finalist, measured in turn with the others
    nlp: Language | None = None  # of the fastest ones
    docs: Sequence[Doc] = ()  # to measure on, of its own vocabulary

    @property
    def is_acceptable(self) -> bool:
        """Whether it runs, and loses no more F1 than the plan allows."""
        return self.report is not None and self.report.is_acceptable

    @property
    def speed(self) -> float:
        """Words a second; 0 where it cannot run."""
        return self.report.after.words_per_second if self.report is not None else 0.0


def plans(*, precision: str | None = None, sensitivity: bool = False, **options: Any) -> list[Plan]:
    """RETURNS (list[Plan]): one for each runtime and precision; with ``drop_torch`` none of torch, with
    ``precision`` that one alone. The options are those of ``Plan``."""
    found = [
        Plan(name, bits, sensitivity=sensitivity and (name, bits) == ("onnxruntime", "int8"), **options)
        for name, able in PRECISIONS.items()
        for bits in able
        if precision in (None, bits) and not (name == TORCH and options.get("drop_torch"))
    ]
    if not found:
        names = sorted({bits for able in PRECISIONS.values() for bits in able})
        raise UserError(f"Precision is {precision!r}: expected one of {', '.join(names)}, or none for all.")
    return found


def try_all(
    load: Callable[[], Material], plans: Sequence[Plan], *, progress: bool = False
) -> tuple[list[Tried], Language | None]:
    """Try each plan on a pipeline of its own, then the fastest of them in turn: between the first and the last some
    minutes pass, in which a machine with other work may have become faster or slower by more than they differ.

    RETURNS (tuple[list[Tried], Language | None]): in the order of the plans; and the pipeline that is fastest,
        None where F1 falls too far in all.
    RAISES (UserError): when none of them can run.
    """
    tried: list[Tried] = []
    finalists: list[Tried] = []
    before: Run | None = None
    for plan in plans:
        nlp, check, calibration = load()
        try:
            report = optimize(
                nlp, plan, check=check, calibration=calibration, before=before, progress=progress
            )
        except Exception as error:  # each engine has its own, and the others can be tried all the same
            kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
            tried.append(Tried(plan, None, f"{kind}{error}"))
            continue
        before = report.before
        tried.append(Tried(plan, report, nlp=nlp, docs=[eg.predicted for eg in check[:N_TIMED]]))
        finalists = accepted(tried)[:N_FINALISTS]
        for one in tried:
            if one not in finalists:
                one.nlp, one.docs = None, ()  # only the fastest stay in memory
    if before is None:
        raise UserError(tried[0].reason)
    if len(finalists) > 1 and any(map(len, finalists[0].docs)):
        race(finalists, progress=progress)
    return tried, accepted(finalists)[0].nlp if finalists else None


def race(finalists: Sequence[Tried], *, progress: bool = False) -> None:
    """Measure them in turn, some rounds; the best one is kept as ``in_turn``."""
    for i in tqdm(range(1 + N_ROUNDS), desc="in turn", disable=not progress):
        for one in finalists:
            assert one.nlp is not None
            speed = sum(map(len, one.docs)) / max(pass_seconds(one.nlp, one.docs), 1e-9)
            if i:  # the first one prepares an engine
                one.in_turn = max(one.in_turn or 0.0, speed)


def accepted(tried: Sequence[Tried]) -> list[Tried]:
    """RETURNS (list[Tried]): those that run and lose little enough, the fastest first, by the last rounds if any."""
    able = (one for one in tried if one.is_acceptable)
    return sorted(able, key=lambda one: (one.in_turn is None, -(one.in_turn or one.speed)))


def speed_before(tried: Sequence[Tried]) -> float:
    """RETURNS (float): words a second of torch in float32, the most that were measured: it is before each of them."""
    return max(one.report.before.words_per_second for one in tried if one.report is not None)

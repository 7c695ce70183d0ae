"""`bertfam optimize` without the command line: make a pipeline fast in place, compare it, write it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..encoder.checkpoint.checkpoint import without_weights
from ..encoder.checkpoint.graph import Graph
from ..encoder.pieces.batch import WindowSize
from ..encoder.runtimes.engines import ENGINES, PRECISIONS, TORCH
from ..errors import UserError
from ..files.saving import replaced_whole, require_new
from ..pipeline.find import Encoder, encoders_of
from .calibrate import calibrate, calls_on, require_nncf
from .export import export_graph, naming_engine
from .parity import (
    N_TIMED,
    Run,
    VectorParity,
    compare_vectors,
    make_up_texts,
    run,
    vectors_of,
    words_per_second,
)
from .quantize import quantize
from .sensitivity import outliers, part_costs
from .widths import require_even

N_COMPARED = 40  # Docs whose vectors are compared


@dataclass(frozen=True)
class Plan:
    """What is asked for. Raises a UserError where a runtime does not have the precision."""

    runtime: str = "onnxruntime"
    precision: str = "fp32"
    threads: Optional[int] = None  # None leaves the setting as it is
    window: Optional[int] = None  # likewise
    overlap: Optional[int] = None  # likewise
    sensitivity: bool = False  # measure what each layer loses in 8 bits, and leave the worst in float32
    max_drop: float = 0.5  # points of F1 that may be lost
    drop_torch: bool = False  # leave the torch weights out

    def __post_init__(self) -> None:
        if self.runtime not in PRECISIONS:
            raise UserError(
                f"Runtime is {self.runtime!r}: expected one of {', '.join(PRECISIONS)}, or fastest on the command line."
            )
        if self.precision not in PRECISIONS[self.runtime]:
            able = [name for name, precisions in PRECISIONS.items() if self.precision in precisions]
            raise UserError(
                f"{self.runtime} does not compute in {self.precision!r} here: expected one of "
                f"{', '.join(PRECISIONS[self.runtime])}"
                + (f", or another runtime ({', '.join(able)})." if able else ".")
            )
        if self.sensitivity and self.precision != "int8":
            raise UserError(
                f"Sensitivity is measured for int8; precision is {self.precision!r}: leave it out."
            )
        if self.sensitivity and self.runtime != "onnxruntime":
            raise UserError(
                f"Sensitivity is measured in onnxruntime; runtime is {self.runtime!r}, which measures the range of "
                "each activation instead: leave it out."
            )
        if self.drop_torch and self.runtime == TORCH:
            raise UserError("The runtime torch needs the torch weights: leave --drop-torch out.")

    @property
    def engine(self) -> str:
        """Runtime and precision, as they are named to users."""
        return f"{self.runtime} {self.precision}"

    @property
    def is_calibrated(self) -> bool:
        """Whether the ranges of activations are measured beforehand, which needs texts."""
        return self.precision == "int8" and self.runtime == "openvino"

    def windows(self) -> Dict[str, int]:
        """RETURNS (Dict[str, int]): the settings of windows that change."""
        asked = {"window": self.window, "overlap": self.overlap}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass
class EncoderReport:
    """What happened to one encoder."""

    component: str
    parity: VectorParity
    n_bytes: int  # of the graph; 0 in torch
    windows: WindowSize
    costs: Dict[str, float] = field(default_factory=dict)  # part -> what it loses in 8 bits
    kept: List[str] = field(default_factory=list)  # parts that stay in float32


@dataclass
class Report:
    """The account of ``optimize``."""

    plan: Plan
    encoders: List[EncoderReport]
    before: Run  # torch in float32
    after: Run

    @property
    def drop(self) -> float:
        """Points of F1 that were lost; 0 without annotated data."""
        return (self.before.f_score or 0.0) - (self.after.f_score or 0.0)

    @property
    def is_acceptable(self) -> bool:
        """Whether no more was lost than the plan allows."""
        return self.drop <= self.plan.max_drop


@dataclass
class _Work:
    """An encoder on its way."""

    encoder: Encoder
    expected: NDArray[np.float32]  # vectors of torch in float32
    graph: Optional[Graph] = None  # in float32; None in torch
    costs: Dict[str, float] = field(default_factory=dict)
    kept: List[str] = field(default_factory=list)


def optimize(
    nlp: Language,
    plan: Plan,
    *,
    check: Optional[Sequence[Example]] = None,
    calibration: Optional[Sequence[Doc]] = None,
    before: Optional[Run] = None,
    progress: bool = False,
) -> Report:
    """Change how the encoders of ``nlp`` predict, and compare with torch in float32.

    check (Optional[Sequence[Example]]): annotated data; without them made-up texts are compared.
    calibration (Optional[Sequence[Doc]]): texts, tokenised, that openvino's int8 is measured on; without them
        those of ``check``.
    before (Optional[Run]): what the same pipeline made of the same data in torch; None finds out. Its speed is
        measured again.
    progress (bool): show on standard error how far it is.
    RETURNS (Report): ask it for ``is_acceptable`` before the pipeline is used or saved.
    Raises a UserError where an encoder cannot be exported or run, or what it needs is not installed.
    """
    encoders = encoders_of(nlp)
    measured = calibration_docs(plan, check, calibration)
    for encoder in encoders:
        encoder.shim.loaded.network  # noqa: B018  raises where the weights were left out
        encoder.shim.use_graph(None)
        encoder.change_settings(precision="fp32")
        if plan.threads is not None:
            encoder.change_settings(threads=plan.threads)
    examples = list(check) if check is not None else _made_up(nlp, encoders[0])
    docs = [eg.predicted for eg in examples[:N_COMPARED]]
    show = {"annotated": check is not None, "progress": progress}
    if before is None:
        before = run(nlp, examples, label="torch", **show)
    else:
        before = replace(before, words_per_second=words_per_second(nlp, docs[:N_TIMED]))
    if check is not None and before.f_score is None:
        raise UserError(
            "The data to check on have no entities: expected annotated Docs, of the kind trained on."
        )
    for encoder in encoders:
        encoder.change_settings(**plan.windows())
    works = [_Work(encoder, vectors_of(encoder.model, docs)) for encoder in encoders]
    for work in works:
        with naming_engine(work.encoder.shim.loaded, plan.engine):
            _change(work, plan, docs, measured, progress)
    while True:
        with naming_engine(encoders[0].shim.loaded, plan.engine):
            report = _report(plan, works, docs, before, run(nlp, examples, label=plan.runtime, **show))
        if report.is_acceptable or not _keep_one_more(works):
            break
    for encoder in encoders if plan.drop_torch else ():
        encoder.shim.take(without_weights(encoder.shim.loaded))
    _require(nlp, plan)
    return report


def write_pipeline(nlp: Language, out: Path) -> None:
    """Write a pipeline beside its place, and move it there when it is whole. ``out`` must not exist yet."""
    require_new(out)
    with replaced_whole(out) as folder:
        nlp.to_disk(folder)


def _made_up(nlp: Language, encoder: Encoder) -> List[Example]:
    docs = [nlp.make_doc(text) for text in make_up_texts(encoder.shim.loaded)]
    return [Example(doc, doc.copy()) for doc in docs]


def calibration_docs(
    plan: Plan, check: Optional[Sequence[Example]], calibration: Optional[Sequence[Doc]]
) -> Sequence[Doc]:
    """RETURNS (Sequence[Doc]): the texts to measure on. Raises a UserError where the plan needs some and has none."""
    if not plan.is_calibrated:
        return []
    require_nncf()
    docs = calibration if calibration is not None else [eg.predicted for eg in check or ()]
    if not any(len(doc) for doc in docs):
        raise UserError(
            "int8 in openvino measures the range of each activation on texts, and there are none; expected some of "
            "the kind that the pipeline is for: --calibrate TEXTS, or --check DEV."
        )
    return docs


def _change(work: _Work, plan: Plan, docs: Sequence[Doc], measured: Sequence[Doc], progress: bool) -> None:
    """Give one encoder the runtime of the plan."""
    shim = work.encoder.shim
    if plan.runtime == TORCH:
        work.encoder.change_settings(precision=plan.precision)
        return
    work.graph = export_graph(shim.loaded, runtime=plan.runtime)
    if plan.is_calibrated:
        shim.use_graph(calibrate(work.graph, calls_on(shim, measured), progress=progress))
    else:
        if plan.sensitivity:
            work.costs = part_costs(work.encoder.model, work.graph, docs, progress=progress)
            work.kept = outliers(work.costs)
        _use(work, plan.precision)
    engine = ENGINES[plan.runtime]
    name = f"{engine.name} {engine.version()} in {plan.precision}"
    require_even(shim.loaded, shim.runtime(), window=shim.window_size().window, engine=name)


def _use(work: _Work, precision: str) -> None:
    assert work.graph is not None
    if precision == "int8":
        work.encoder.shim.use_graph(quantize(work.graph, keep=work.kept))
    else:
        work.encoder.shim.use_graph(replace(work.graph, precision=precision))


def _keep_one_more(works: Sequence[_Work]) -> bool:
    """Leave the next part of the first encoder that has one in float32, up to half of its parts."""
    for work in works:
        left = [part for part in work.costs if part not in work.kept]
        if left and len(work.kept) < len(work.costs) // 2:
            work.kept.append(left[0])
            _use(work, "int8")
            return True
    return False


def _report(plan: Plan, works: Sequence[_Work], docs: Sequence, before: Run, after: Run) -> Report:
    encoders = []
    for work in works:
        parity = compare_vectors(work.expected, vectors_of(work.encoder.model, docs))
        graph = work.encoder.shim.loaded.graph
        n_bytes = len(graph.content) if graph is not None else 0
        encoders.append(
            EncoderReport(
                work.encoder.component,
                parity,
                n_bytes,
                work.encoder.shim.window_size(),
                work.costs,
                list(work.kept),
            )
        )
    return Report(plan, encoders, before, after)


def _require(nlp: Language, plan: Plan) -> None:
    """`spacy package` writes what the pipeline needs into its wheel."""
    packages = {engine.name for engine in ENGINES.values()}
    requirements = [r for r in nlp.meta.get("requirements", []) if r not in packages]
    if plan.runtime in ENGINES:
        requirements.append(ENGINES[plan.runtime].name)
    nlp.meta["requirements"] = requirements

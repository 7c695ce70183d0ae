"""`bertfam optimize` without the command line: make a pipeline fast in place, compare it, write it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..data.pairs import make_pair, mark_like
from ..encoder.checkpoint.checkpoint import without_weights
from ..encoder.checkpoint.graph import Graph
from ..encoder.pieces.batch import WindowSize
from ..encoder.runtimes.engines import ENGINES, PRECISIONS, TORCH
from ..errors import UserError
from ..files.saving import replaced_whole, require_new
from ..pipeline.find import Encoder, answering, encoders_of
from .calibrate import calibrate, calls_on, import_nncf
from .export import export_graph, naming_engine, require_even
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
from .quantize import outliers, part_costs, quantize

N_COMPARED = 40  # Docs whose vectors are compared


@dataclass(frozen=True)
class Plan:
    """What is asked for. RAISES (UserError): when a runtime does not have the precision."""

    runtime: str = "onnxruntime"
    precision: str = "fp32"
    threads: int | None = None  # None leaves the setting as it is
    window: int | None = None  # likewise
    overlap: int | None = None  # likewise
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
            others = f", or another runtime ({', '.join(able)})" if able else ""
            raise UserError(
                f"{self.runtime} does not compute in {self.precision!r} here: expected one of "
                f"{', '.join(PRECISIONS[self.runtime])}{others}."
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

    def windows(self) -> dict[str, int]:
        """RETURNS (dict[str, int]): the settings of windows that change."""
        asked = {"window": self.window, "overlap": self.overlap}
        return {name: value for name, value in asked.items() if value is not None}


@dataclass
class EncoderReport:
    """What happened to one encoder."""

    component: str
    parity: VectorParity
    n_bytes: int  # of the graph; 0 in torch
    windows: WindowSize
    costs: dict[str, float] = field(default_factory=dict)  # part -> what it loses in 8 bits
    kept: list[str] = field(default_factory=list)  # parts that stay in float32


@dataclass
class Report:
    """The account of ``optimize``."""

    plan: Plan
    encoders: list[EncoderReport]
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
    graph: Graph | None = None  # in float32; None in torch
    costs: dict[str, float] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def use_graph(self, precision: str) -> None:
        """Predict by the graph, in 8 bits but for the kept parts, or in another precision."""
        assert self.graph is not None
        graph = replace(self.graph, precision=precision)
        self.encoder.shim.use_graph(quantize(graph, keep=self.kept) if precision == "int8" else graph)

    def report(self, docs: Sequence[Doc]) -> EncoderReport:
        """RETURNS (EncoderReport): how the encoder predicts now."""
        shim = self.encoder.shim
        graph = shim.loaded.graph
        parity = compare_vectors(self.expected, vectors_of(self.encoder.model, docs))
        n_bytes, kept = len(graph.content) if graph is not None else 0, list(self.kept)
        return EncoderReport(self.encoder.component, parity, n_bytes, shim.window_size(), self.costs, kept)


def optimize(
    nlp: Language,
    plan: Plan,
    *,
    check: Sequence[Example] | None = None,
    calibration: Sequence[Doc] | None = None,
    before: Run | None = None,
    progress: bool = False,
) -> Report:
    """Change how the encoders of ``nlp`` predict, and compare with torch in float32.

    check (Sequence[Example] | None): annotated data; without them made-up texts are compared.
    calibration (Sequence[Doc] | None): texts, tokenized, that openvino's int8 is measured on; without them
        those of ``check``.
    before (Run | None): what the same pipeline made of the same data in torch; None finds out. Its speed is
        measured again.
    progress (bool): show on standard error how far it is.
    RETURNS (Report): ask it for ``is_acceptable`` before the pipeline is used or saved.
    RAISES (UserError): when an encoder cannot be exported or run, or what it needs is not installed.
    """
    encoders = encoders_of(nlp)
    measured = calibration_docs(plan, check, calibration)
    for encoder in encoders:
        _return_to_torch(encoder, plan.threads)
    examples = list(check) if check is not None else _make_up_examples(nlp, encoders[0])
    for eg in examples if answering(nlp) else ():
        mark_like(eg.predicted, eg.reference)
    docs = [eg.predicted for eg in examples[:N_COMPARED]]
    if before is None:
        before = run(nlp, examples, label="torch", annotated=check is not None, progress=progress)
    else:
        before = replace(before, words_per_second=words_per_second(nlp, docs[:N_TIMED]))
    if check is not None and before.f_score is None:
        raise UserError(
            f"The data to check on have no {before.noun}: expected annotated Docs, of the kind trained on."
        )
    for encoder in encoders:
        encoder.change_settings(**plan.windows())
    works = [_Work(encoder, vectors_of(encoder.model, docs)) for encoder in encoders]
    for work in works:
        with naming_engine(work.encoder.shim.loaded, plan.engine):
            _change(work, plan, docs, measured, progress)
    while True:
        with naming_engine(encoders[0].shim.loaded, plan.engine):
            after = run(nlp, examples, label=plan.runtime, annotated=check is not None, progress=progress)
            report = Report(plan, [work.report(docs) for work in works], before, after)
        if report.is_acceptable or not _keep_one_more(works):
            break
    for encoder in encoders if plan.drop_torch else ():
        encoder.shim.take(without_weights(encoder.shim.loaded))
    _require(nlp, plan)
    return report


def _make_up_examples(nlp: Language, encoder: Encoder) -> list[Example]:
    docs: Iterable[Doc] = map(nlp.make_doc, make_up_texts(encoder.shim.loaded))
    if answering(nlp):
        docs = (make_pair(nlp.make_doc("?"), doc) for doc in docs)
    return [Example(doc, doc.copy()) for doc in docs]


def require_place(out: Path, *, force: bool = False) -> None:
    """Find out before the work whether a pipeline can be written: nothing is there, or one that ``force`` replaces.

    RAISES (UserError): when there is something else. RAISES (WriteError): when it cannot be written.
    """
    if not (force and (out / "config.cfg").is_file()):
        require_new(out)


def write_pipeline(nlp: Language, out: Path, *, force: bool = False) -> None:
    """Write a pipeline whole or not at all; ``out`` must not exist yet, or be one that ``force`` replaces."""
    require_place(out, force=force)
    with replaced_whole(out) as folder:
        nlp.to_disk(folder)


def calibration_docs(
    plan: Plan, check: Sequence[Example] | None, calibration: Sequence[Doc] | None
) -> Sequence[Doc]:
    """RETURNS (Sequence[Doc]): the texts to measure on. RAISES (UserError): when the plan needs some and has none."""
    if not plan.is_calibrated:
        return []
    import_nncf()
    docs = calibration if calibration is not None else [eg.predicted for eg in check or ()]
    if not any(len(doc) for doc in docs):
        raise UserError(
            "int8 in openvino measures the range of each activation on texts, and there are none; expected some of "
            "the kind that the pipeline is for: --calibrate TEXTS, or --check DEV."
        )
    return docs


def _return_to_torch(encoder: Encoder, threads: int | None) -> None:
    """Predict in float32. RAISES (UserError): when the weights were left out."""
    encoder.shim.loaded.network  # noqa: B018
    encoder.shim.use_graph(None)
    encoder.change_settings(precision="fp32")
    if threads is not None:
        encoder.change_settings(threads=threads)


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
        work.use_graph(plan.precision)
    engine = ENGINES[plan.runtime]
    name = f"{engine.name} {engine.version()} in {plan.precision}"
    require_even(shim.loaded, shim.runtime(), window=shim.window_size().window, engine=name)


def _keep_one_more(works: Sequence[_Work]) -> bool:
    """Leave the next part of the first encoder that has one in float32, up to half of its parts."""
    for work in works:
        left = [part for part in work.costs if part not in work.kept]
        if left and len(work.kept) < len(work.costs) // 2:
            work.kept.append(left[0])
            work.use_graph("int8")
            return True
    return False


def _require(nlp: Language, plan: Plan) -> None:
    """`spacy package` writes what the pipeline needs into its wheel."""
    packages = {engine.name for engine in ENGINES.values()}
    requirements = [r for r in nlp.meta.get("requirements", []) if r not in packages]
    if plan.runtime in ENGINES:
        requirements.append(ENGINES[plan.runtime].name)
    nlp.meta["requirements"] = requirements

"""`bertfam optimize`: a trained pipeline made fast on a CPU."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer import Option

from ..errors import UserError
from .arguments import NEW_PIPELINE, PIPELINE

if TYPE_CHECKING:
    from spacy.language import Language

    from ..optimize.fastest import Material
    from ..optimize.optimize import Plan


def optimize_cli(
    model: str = PIPELINE,
    out: Path = NEW_PIPELINE,
    runtime: str = Option(
        "onnxruntime",
        help="onnxruntime, openvino or torch; or fastest: all that are installed are tried on this machine, in every "
        "precision, and the fastest within --max-drop is taken; needs --check.",
    ),
    precision: str | None = Option(
        None,
        help="fp32; bf16 (openvino, torch); int8 (openvino, onnxruntime). Else fp32, or all for the fastest.",
    ),
    check: Path | None = Option(None, help="Annotated .spacy file or folder, on which F1 is measured."),
    max_drop: float = Option(0.5, min=0, help="Points of F1 that may be lost: else nothing is written."),
    calibrate: Path | None = Option(
        None, help="int8 in openvino: texts to measure it on, .spacy or a text a line; else those of --check."
    ),
    sensitivity: bool = Option(
        False,
        "--sensitivity",
        help="int8 in onnxruntime: measure each layer, and leave the worst in float32.",
    ),
    drop_torch: bool = Option(False, "--drop-torch", help="Leave the torch weights out: prediction only."),
    threads: int | None = Option(None, min=1, help="Threads of the network in prediction."),
    window: int | None = Option(None, min=4, help="Word pieces of a window: fewer are faster, and see less."),
    overlap: int | None = Option(None, min=0, help="Word pieces that windows share in a sentence."),
    force: bool = Option(False, "--force", help="Replace OUT where it is a pipeline already."),
) -> None:
    """Make a trained pipeline predict faster on a CPU.

    Its encoder predicts by another engine, or in fewer bits, and what that changes is printed. The result is a pipeline
    as any other, for spacy.load and spacy package; the engine's files are in the encoder's folder under onnx/.
    """
    from ..optimize.fastest import FASTEST, Material, plans
    from ..optimize.optimize import Plan, require_place, write_pipeline
    from .pipelines import load_pipeline, read_docs, read_examples

    def load() -> Material:
        nlp = load_pipeline(model)
        examples = read_examples(nlp, check) if check is not None else []
        return Material(nlp, examples, read_docs(nlp, calibrate) if calibrate is not None else None)

    options: dict[str, Any] = {
        "threads": threads, "window": window, "overlap": overlap, "sensitivity": sensitivity, "max_drop": max_drop,
        "drop_torch": drop_torch,
    }  # fmt: skip
    require_place(out, force=force)
    if runtime == FASTEST:
        nlp, taken = _take_fastest(load, plans(precision=precision, **options), has_data=check is not None)
    else:
        plan = Plan(runtime, precision or "fp32", **options)
        nlp, taken = _take_one(load(), plan), ""
    write_pipeline(nlp, out, force=force)
    typer.echo(f"{out}: written{taken}")


def _take_one(material: "Material", plan: "Plan") -> "Language":
    """RETURNS (Language): what to write. RAISES (UserError): when too much is lost."""
    from ..optimize.optimize import optimize
    from ..optimize.report import format_report

    nlp, examples, texts = material
    report = optimize(nlp, plan, check=examples or None, calibration=texts, progress=True)
    typer.echo(format_report(report))
    if not report.is_acceptable:
        raise UserError(
            f"F1 fell by {report.drop:.2f} points, more than --max-drop {plan.max_drop:g}: nothing is written. "
            "Try --sensitivity, another --precision, or allow more."
        )
    return nlp


def _take_fastest(
    load: "Callable[[], Material]", plans: "Sequence[Plan]", *, has_data: bool
) -> "tuple[Language, str]":
    """RETURNS (tuple[Language, str]): what to write, and its engine. RAISES (UserError): when none is acceptable."""
    from ..optimize.fastest import FASTEST, accepted, try_all
    from ..optimize.report import format_tried

    if not has_data:
        raise UserError(
            f"--runtime {FASTEST} takes what loses no more than --max-drop, and has nothing to measure that on; "
            "expected annotated data: --check DEV."
        )
    tried, nlp = try_all(load, plans, progress=True)
    typer.echo(format_tried(tried))
    if nlp is None:
        raise UserError(f"F1 fell by more than --max-drop {plans[0].max_drop:g} in all: nothing is written.")
    return nlp, f", {accepted(tried)[0].plan.engine}"

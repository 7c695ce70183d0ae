"""`bertfam optimize`: a trained pipeline made fast on a CPU."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

import typer

from ..errors import UserError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.training import Example

    from ..optimize.optimize import Plan


def optimize_cli(
    model: str = typer.Argument(..., help="Pipeline: a folder, or the name of an installed package."),
    out: Path = typer.Argument(..., help="Folder for the faster one; must not exist yet."),
    runtime: str = typer.Option(
        "onnxruntime",
        help="What predicts: onnxruntime, openvino or torch; or fastest: all that are installed are tried on this "
        "machine, in every precision, and the fastest within --max-drop is taken; needs --check.",
    ),
    precision: Optional[str] = typer.Option(
        None,
        help="fp32; bf16 (openvino, torch); int8 (openvino, onnxruntime). Without it fp32, or all for the fastest.",
    ),
    check: Optional[Path] = typer.Option(
        None, help="Annotated .spacy file or folder: nothing is written if F1 falls by more than --max-drop."
    ),
    max_drop: float = typer.Option(0.5, min=0, help="Points of F1 that may be lost."),
    calibrate: Optional[Path] = typer.Option(
        None,
        help="int8 in openvino: texts to measure it on, some hundred of your kind: a .spacy file, a folder of them, or "
        "a text a line. Without it those of --check.",
    ),
    sensitivity: bool = typer.Option(
        False,
        "--sensitivity",
        help="int8 in onnxruntime: measure what each layer loses, and leave the worst in float32.",
    ),
    drop_torch: bool = typer.Option(
        False, "--drop-torch", help="Leave the torch weights out: smaller, for prediction only."
    ),
    threads: Optional[int] = typer.Option(None, min=1, help="Threads of the network in prediction."),
    window: Optional[int] = typer.Option(
        None, min=4, help="Word pieces of a window: fewer are faster, and see less of the text."
    ),
    overlap: Optional[int] = typer.Option(None, min=0, help="Word pieces that windows share in a sentence."),
) -> None:
    """Have the encoder predict by another engine, or in fewer bits, and say what that changes.

    The result is a pipeline as any other, for spacy.load and spacy package; the engine's files are in the
    encoder's folder under onnx/.
    """
    from ..files.saving import require_new
    from ..optimize.fastest import FASTEST, plans
    from ..optimize.optimize import Plan, write_pipeline

    options: Dict[str, Any] = {
        "threads": threads,
        "window": window,
        "overlap": overlap,
        "sensitivity": sensitivity,
        "max_drop": max_drop,
        "drop_torch": drop_torch,
    }
    require_new(out)
    if runtime == FASTEST:
        nlp, taken = _optimize_fastest(model, plans(precision=precision, **options), check, calibrate)
    else:
        nlp = _optimize_one(model, Plan(runtime, precision or "fp32", **options), check, calibrate)
        taken = ""
    write_pipeline(nlp, out)
    typer.echo(f"{out}: written{taken}")


def _optimize_one(model: str, plan: "Plan", check: Optional[Path], calibrate: Optional[Path]) -> "Language":
    """RETURNS (Language): what to write. Raises a UserError where too much is lost."""
    from ..optimize.optimize import optimize
    from ..optimize.report import format_report
    from .render import load_pipeline

    nlp = load_pipeline(model)
    report = optimize(
        nlp, plan, check=read_examples(nlp, check), calibration=read_docs(nlp, calibrate), progress=True
    )
    typer.echo(format_report(report))
    if not report.is_acceptable:
        raise UserError(
            f"F1 fell by {report.drop:.2f} points, more than --max-drop {plan.max_drop:g}: nothing is written. "
            "Try --sensitivity, another --precision, or allow more."
        )
    return nlp


def _optimize_fastest(
    model: str, plans: "List[Plan]", check: Optional[Path], calibrate: Optional[Path]
) -> "Tuple[Language, str]":
    """RETURNS (Tuple[Language, str]): what to write, and what to say of it. Raises a UserError where none is
    acceptable."""
    from ..optimize.fastest import FASTEST, Material, accepted, try_all
    from ..optimize.report import format_tried
    from .render import load_pipeline

    def load() -> Material:
        nlp = load_pipeline(model)
        return Material(nlp, read_examples(nlp, check) or [], read_docs(nlp, calibrate))

    if check is None:
        raise UserError(
            f"--runtime {FASTEST} takes what loses no more than --max-drop, and has nothing to measure that on; "
            "expected annotated data: --check DEV."
        )
    tried, nlp = try_all(load, plans, progress=True)
    typer.echo(format_tried(tried))
    if nlp is None:
        raise UserError(f"F1 fell by more than --max-drop {plans[0].max_drop:g} in all: nothing is written.")
    best = accepted(tried)[0].plan
    return nlp, f", {best.runtime} {best.precision}"


def read_examples(
    nlp: "Language", path: Optional[Path], *, option: str = "--check"
) -> "Optional[List[Example]]":
    """RETURNS (Optional[List[Example]]): the annotated Docs of a .spacy file, or of all in a folder; None without a
    path. Raises a ValueError where there are none."""
    from spacy.training import Corpus

    from ..data.texts import BROKEN

    if path is None:
        return None
    if not path.is_dir() and (path.suffix != ".spacy" or not path.is_file()):
        raise ValueError(
            f"{option} is {path}; expected a .spacy file with annotated Docs, as `bertfam convert` writes, or a folder "
            "of such files."
        )
    try:
        examples = list(Corpus(path)(nlp)) if has_docs(path) else []
    except BROKEN as error:  # spaCy's reader has sentences for some of them alone
        reason = " ".join(str(error).split())[:120]
        raise ValueError(
            f"{path} cannot be read ({reason}); expected Docs, as `bertfam convert` writes."
        ) from error
    if not examples:
        raise ValueError(f"{path} holds no Docs; expected annotated ones, in .spacy files.")
    return examples


def has_docs(path: Path) -> bool:
    """Whether there is a .spacy file: spaCy warns of a folder without one."""
    return path.is_file() or any(path.rglob("*.spacy"))


def read_docs(nlp: "Language", path: Optional[Path]) -> "Optional[List[Doc]]":
    """RETURNS (Optional[List[Doc]]): the texts of a .spacy file, or of all in a folder, or the lines of a text file,
    tokenised, at least one; None without a path."""
    if path is None:
        return None
    if path.is_dir() or path.suffix == ".spacy":
        return [eg.predicted for eg in read_examples(nlp, path, option="--calibrate") or ()]
    from ..data.texts import read_texts

    return [nlp.make_doc(text) for text in read_texts(path, by_line=True)]

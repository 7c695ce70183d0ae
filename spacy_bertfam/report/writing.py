"""A report as its three files: for programs, for a text that quotes it, and to look at."""

import json
from collections.abc import Iterator
from math import isnan
from typing import Any

from spacy.tokens import Doc
from wasabi.tables import table

from ..visual.wording import Wording
from .bootstrap import Floats, Paired
from .markdown import render_markdown
from .outcomes import Entity
from .page import render_report
from .prediction import Prediction
from .report import MENDED, Report
from .slices import Slice
from .tables import make_tables


def written(report: Report, *, lang: str, n_shown: int) -> dict[str, str]:
    """RETURNS (dict[str, str]): name of a file -> its content; those for readers are in a language, or in English."""
    words = Wording("report", lang, noun=report.noun)
    tables, sentences = list(make_tables(report, words)), list(_sentences(report, words))
    title = words.say("title", name=report.model.name)
    return {
        "report.html": render_report(report, tables, sentences, words, n_shown=n_shown),
        "report.md": render_markdown(title, sentences, tables),
        "report.json": json.dumps(to_dict(report), ensure_ascii=False, indent=1) + "\n",
    }


def format_summary(report: Report) -> str:
    """RETURNS (str): for a terminal, the first tables: scores by label, and beside the other prediction."""
    words = Wording("report", "en", noun=report.noun)
    tables = list(make_tables(report, words))[: 2 if report.comparison else 1]
    shown = (
        table(one.rows, header=one.head, aligns=("l", *"r" * (len(one.head) - 1)), spacing=2).strip("\n")
        for one in tables
    )
    return "\n\n".join([" ".join(_sentences(report, words)), *shown])


def _sentences(report: Report, words: Wording) -> Iterator[str]:
    n_errors = sum(error.state != MENDED for error in report.errors)
    yield words.say(
        "answer_summary" if report.exact else "summary",
        data=report.data,
        texts=words.count("questions" if report.exact else "texts", len(report.docs)),
        entities=words.count("entities", sum(len(doc.ents) for doc in report.docs)),
        errors=words.count("errors", n_errors),
    )
    other = report.comparison.other if report.comparison else None
    counts = [
        ("unannotated_questions" if report.exact else "unannotated", report.n_unannotated),
        ("lost", report.n_lost),
        ("left_out", report.model.n_left_out),
    ]
    counts += [("other_left_out", other.n_left_out), ("other_lost", other.n_lost)] if other else []
    for name, n in counts:
        if n:
            yield words.say(name, n=words.number(n), other=other.name if other else "")


def to_dict(report: Report) -> dict[str, Any]:
    """RETURNS (dict[str, Any]): all figures and all errors, ready for JSON; places are tokens and characters from 0,
    the end is exclusive."""
    scored = report.scored
    kinds: dict[str, dict[str, int]] = {}
    for (label, kind), n in report.kinds.items():
        kinds.setdefault(label, {})[kind] = n
    found: dict[str, Any] = {
        "model": _about(report.model),
        "data": report.data,
        "texts": len(report.docs),
        "texts_without_annotation": report.n_unannotated,
        "gold_lost": report.n_lost,
        "scores": _answer_rows(report) if report.exact else {one.name: _rows(one) for one in report.slices},
        "kinds": kinds,
    }
    if not report.exact:
        found |= {
            "overlap": {way: dict(zip("prf", scores, strict=True)) for way, scores in report.overlap.items()},
            "confusion": [{"gold": g, "predicted": p, "n": n} for (g, p), n in report.confusion.items()],
            "repeated_names": report.gold_repeated._asdict(),
        }
    if len(scored):
        bins = [
            {"n": one.n_entities, "score": one.mean_score, "right": one.share_right} for one in scored.bins()
        ]
        figures = {"log_loss": scored.log_loss(), "brier": scored.brier(), "ece": scored.calibration_error()}
        found["calibration"] = {**figures, "bins": bins}
    if report.comparison:
        rows = report.comparison.scores.items()
        found["comparison"] = {
            "other": _about(report.comparison.other),
            "texts": report.comparison.n_texts,
            "f": {
                row: {"model": mine, "other": theirs, **_defined(paired)}
                for row, (mine, theirs, paired) in rows
            },
        }
    found["errors"] = [
        {
            "text": error.doc,
            "kind": error.outcome.kind,
            **({"state": error.state} if error.state else {}),
            "gold": _entity(error.outcome.gold, report.docs[error.doc]),
            "predicted": _entity(error.outcome.predicted, report.docs[error.doc]),
        }
        for error in report.errors
    ]
    return found


def _about(one: Prediction) -> dict[str, Any]:
    return {
        "name": one.name, "tokens": one.n_tokens, "seconds": one.seconds, "cpu_seconds": one.cpu_seconds,
        "bytes": one.n_bytes, "left_out": one.n_left_out, "lost": one.n_lost, "repeated_names": one.repeated._asdict(),
    }  # fmt: skip


def _rows(one: Slice) -> dict[str, Any]:
    totals, scores = one.counts.sum(axis=0).astype(int).tolist(), one.scores()
    return {
        row: {
            **dict(zip(("right", "predicted", "gold"), totals[i], strict=True)),
            **{name: _figures(scores[i, j], one.ends[:, i, j]) for j, name in enumerate("prf")},
        }
        for i, row in enumerate(one.rows)
    }


def _answer_rows(report: Report) -> dict[str, Any]:
    return {
        f1.name: {
            row: {
                "questions": int(f1.counts[:, i, 2].sum()),
                "exact_match": _figures(exact.scores()[i, 2], exact.ends[:, i, 2]),
                "f1": _figures(f1.scores()[i, 2], f1.ends[:, i, 2]),
            }
            for i, row in enumerate(f1.rows)
        }
        for exact, f1 in zip(report.exact, report.slices, strict=True)
    }


def _figures(score: float, ends: Floats) -> list[float | None]:
    """RETURNS (list[float | None]): a score, and the ends of its interval; None for what is not defined."""
    return [None if isnan(value) else float(value) for value in (score, *ends)]


def _defined(paired: Paired) -> dict[str, float | None]:
    return {name: None if isnan(value) else value for name, value in paired._asdict().items()}


def _entity(ent: Entity | None, doc: Doc) -> dict[str, Any] | None:
    if ent is None:
        return None
    span = doc[ent.start : ent.end]
    return {**ent._asdict(), "start_char": span.start_char, "end_char": span.end_char, "text": span.text}

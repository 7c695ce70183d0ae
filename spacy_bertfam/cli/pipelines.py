"""The pipeline of a command, and the texts and annotated Docs that it is to read."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from .gpu import use_gpu as compute_on

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.training import Example


def load_pipeline(name: str, use_gpu: int | None = None) -> "Language":
    """Load an installed pipeline, or a folder. RAISES (UserError): when it is none.

    use_gpu (int | None): compute on this GPU from here on, below 0 on the CPU; each thread has its own device.
    """
    import spacy

    if use_gpu is not None:
        compute_on(use_gpu, silent=True)
    try:
        return spacy.load(name)
    # AttributeError, TypeError: a package of that name is installed, and is no pipeline
    except (OSError, ValueError, ImportError, AttributeError, TypeError) as error:
        reason = str(error).strip().split("\n")[0].removesuffix(".")
        raise UserError(
            f"The pipeline {name!r} cannot be loaded ({reason}): give the name of an installed pipeline,"
            " or a folder that nlp.to_disk or spacy train has written."
        ) from error


def read_source(nlp: "Language", source: str, *, by_line: bool = False) -> list[str]:
    """Read the texts that a user names, at least one.

    RAISES (UserError): when one is longer than the pipeline takes, or there is none.
    """
    from ..data.texts import read_texts

    texts = read_texts(source, by_line=by_line)
    longest = max(map(len, texts))
    if longest > nlp.max_length:
        raise UserError(
            f"A text has {longest} characters and the pipeline takes {nlp.max_length} at most: give a part of it,"
            " or --lines to take each line by itself."
        )
    return texts


def read_examples(nlp: "Language", path: Path, *, option: str = "--check") -> "list[Example]":
    """Read the annotated Docs of a .spacy file, or of all in a folder. RAISES (UserError): when there are none."""
    from spacy.training import Corpus

    from ..data.folders import chosen_files
    from ..data.texts import BROKEN

    if not path.is_dir() and (path.suffix != ".spacy" or not path.is_file()):
        raise UserError(
            f"{option} is {path}; expected a .spacy file with annotated Docs, as `bertfam convert` writes, or a folder "
            "of such files."
        )
    has_docs = path.is_file() or bool(chosen_files(path, [".spacy"]))  # spaCy warns of a folder without one
    try:
        examples = list(Corpus(path)(nlp)) if has_docs else []
    except BROKEN as error:  # spaCy's reader has sentences for some of them alone
        found = f"{path} cannot be read ({' '.join(str(error).split())[:120]})"
        raise UserError(f"{found}; expected Docs, as `bertfam convert` writes.") from error
    if not examples:
        raise UserError(f"{path} holds no Docs; expected annotated ones, in .spacy files.")
    return examples


def require_entities(nlp: "Language", name: str, *, has_some: bool, do: str) -> None:
    """RAISES (UserError): when nothing in the pipeline sets entities or spans: no component says so, and none has.

    do (str): what to do then.
    """
    says_so = any("doc.ents" in nlp.get_pipe_meta(pipe).assigns for pipe in nlp.pipe_names)
    if not says_so and not has_some:
        has = f"it has {', '.join(nlp.pipe_names)}" if nlp.pipe_names else "it is empty"
        raise UserError(
            f"No component of {name} sets entities ({has}); expected one that does, as bertfam_ner or entity_ruler: "
            f"give another pipeline{do}."
        )


def is_trained_on(nlp: "Language", data: Path) -> bool:
    """RETURNS (bool): whether the pipeline says that these data were its training data, a part of it, or hold it."""
    train = nlp.config.interpolate().get("paths", {}).get("train")
    if not train or not Path(train).exists():
        return False
    one, other = Path(train).resolve(), data.resolve()
    return one.is_relative_to(other) or other.is_relative_to(one)


def read_docs(nlp: "Language", path: Path) -> "Sequence[Doc]":
    """Read the texts of a .spacy file, or of all in a folder, or the lines of a text file, tokenized; at least one."""
    if path.is_dir() or path.suffix == ".spacy":
        return [eg.predicted for eg in read_examples(nlp, path, option="--calibrate")]
    from ..data.texts import read_texts

    return [nlp.make_doc(text) for text in read_texts(path, by_line=True)]

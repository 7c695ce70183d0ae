"""The corpora of a config, read as training would read them: by its readers, with its tokenizer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from catalogue import RegistryError
from spacy.language import Language
from spacy.training import Example
from spacy.util import registry
from thinc.api import ConfigValidationError

from ..errors import UserError
from .finding import FAILS, FINE, REFUSED, Finding
from .reasons import reason_of
from .setup import Block, Setup
from .unread import block_at

STREAM_LIMIT = 5000  # examples that are read of a corpus that may have no end
PARTS = ("train", "dev")
# Shows that something is under way: iterable, and what it is
Progress = Callable[[Iterable[Example], str], Iterable[Example]]


Corpora = Mapping[str, Sequence[Example]]  # of both PARTS; one that could not be read has none


def read_corpora(
    setup: Setup, nlp: Language, findings: list[Finding], progress: Progress | None = None
) -> Corpora:
    """Read the corpora with the config's language and tokenizer.

    nlp (Language): without components.
    RETURNS (Corpora): what can be read. What cannot is added to the findings.
    """
    corpora: dict[str, list[Example]] = {part: [] for part in PARTS}
    _initialize_tokenizer(setup, nlp, findings)
    for part in PARTS:
        place = str(setup.training.get(f"{part}_corpus", f"corpora.{part}"))
        block = block_at(setup.config, place)
        missing = _missing_path(block, place)
        if missing is not None:
            findings.append(missing)
            continue
        is_stream = part == "train" and setup.training.get("max_epochs") == -1
        try:
            # the texts themselves, not what an augmenter makes of them
            plain = {**block, "augmenter": None} if "augmenter" in block else block
            reader = registry.resolve({"reader": plain})["reader"]
            examples = islice(reader(nlp), STREAM_LIMIT if is_stream else None)
            corpora[part] = list(progress(examples, part) if progress else examples)
        except Exception as error:  # a reader is anybody's code, and a damaged file may raise anything
            findings.append(_unreadable(error, place))
            continue
        if corpora[part]:
            findings.append(Finding(FINE, "a corpus", place, len(corpora[part])))
        else:
            do = f"Expected Docs in {block.get('path', 'it')}: see what the conversion said."
            findings.append(Finding(FAILS, "an empty corpus", place, 0, do))
    return corpora


def _initialize_tokenizer(setup: Setup, nlp: Language, findings: list[Finding]) -> None:
    settings = setup.config["initialize"].get("tokenizer")
    if not hasattr(nlp.tokenizer, "initialize") or not settings:
        return
    try:
        nlp.tokenizer.initialize(lambda: [], nlp=nlp, **registry.resolve(settings))
    except Exception as error:  # a tokenizer is anybody's code
        what = "a tokenizer that cannot be made"
        findings.append(Finding(FAILS, what, "initialize.tokenizer", do=reason_of(error)))


def _missing_path(block: Block, place: str) -> Finding | None:
    if not block:
        return Finding(FAILS, "a corpus that the config does not have", place, do="Add its block.")
    path: Any = block.get("path", "")
    setting = f"--paths.{place.rpartition('.')[2]}"
    if path is None:
        return Finding(FAILS, "a corpus without a path", place, do=f"Give one, as with {setting}.")
    if not Path(path).exists():
        do = f"Correct {setting}, or make the file."
        return Finding(FAILS, f"a file that is not there: {path}", place, do=do)
    return None


def _unreadable(error: Exception, place: str) -> Finding:
    reason = reason_of(error, longest=200)
    if isinstance(error, (ConfigValidationError, RegistryError)):  # not the file is at fault
        return Finding(FAILS, REFUSED, place, do=reason)
    do = "Correct the file." if isinstance(error, UserError) else "Convert it anew."
    if "[E088]" in str(error):  # a Doc longer than nlp.max_length
        do = "It has a Doc too long to read: cut it, by `bertfam convert --unit sentence` from its source."
    return Finding(FAILS, f"a corpus that cannot be read: {reason}", place, do=do)

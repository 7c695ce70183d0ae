"""Annotate texts without end, with what a process needs that may be killed at any time."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from ..data.text_stream import Text
from ..data.writers.entry import N_DIGITS, Entry, all_spans, entry_of, failed_entry, vector_of
from ..data.writers.formats import Form, write_entries
from ..data.writers.json_forms import as_line
from ..encoder.checkpoint.graph import digest_of_weights
from ..errors import UserError, in_one_line
from ..pipeline.entity_score import get_score
from .order import least_certain
from .parts import Done, Part, Parts, cut_parts, locked
from .stream import annotate_texts
from .uncertainty import KEY, watched

N_ERRORS = 3  # that are shown
MANY = 100  # texts one after the other that fail: then it is not the texts
Run = Callable[[Iterator[Part], bool, Done], Iterator[tuple[int, Iterable[bytes]]]]


@dataclass
class Annotation:
    """What was written.

    errors (list): name and error of the first texts that failed.
    left_out (Counter): what the format has no place for -> how much of it there was.
    """

    n_texts: int = 0
    n_spans: int = 0
    n_failed: int = 0
    errors: list[tuple[str | int, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Annotator:
    """A pipeline, and what is wanted of it.

    min_score (float): entities and spans with a lower score are left out.
    vectors (bool): each text gets its vector.
    limit (int | None): so many texts are written, the first ones, and no more are read.
    is_ordered (bool): all are read, and those written that a recognizer is least sure of; see `uncertainty`.
    component (str | None): that recognizer, where there are several.
    """

    nlp: Language
    batch_size: int = 256
    n_process: int = 1
    min_score: float = 0.0
    vectors: bool = False
    limit: int | None = None
    is_ordered: bool = False
    component: str | None = None

    def annotate(
        self,
        texts: Iterable[Text],
        output: Path,
        form: Form,
        *,
        done: Done = lambda n: None,
        run: Run | None = None,
    ) -> Annotation:
        """Annotate texts, and write them when all are; a process that is killed goes on where it was.

        output (Path): must not exist; beside it there is a folder of parts meanwhile.
        done (Callable): gets the number of texts that have been read, part by part.
        run (Callable | None): what reads the parts, and gives them back in any order; None is this process.
        RAISES (UserError): when the parts that are there are of something else, another process writes the output, or
            every text of a part fails.
        """
        with locked(output):
            parts = Parts(output, self._settings(form))
            cut = cut_parts(texts if self.is_ordered else islice(texts, self.limit))
            for number, lines in (run or self._run)(parts.missing(cut, done), form.needs_tokens, done):
                parts.write(number, lines)
            found, place = Annotation(), None if parts.is_moved else parts.place()
            entries: Iterator[Entry] = (entry for entry, _ in parts.entries())
            if self.is_ordered and self.limit is not None:
                entries = least_certain(parts, self.limit)
            entries = _counted(entries, found)
            if place is None:
                deque(entries, maxlen=0)
            else:
                write_entries(form, entries, place, found.left_out)
        parts.finish(place)  # without the lock: some systems move no folder with an open file
        return found

    def _settings(self, form: Form) -> dict[str, Any]:
        """What the parts depend on."""
        return {
            "model": digest_of(self.nlp),
            "min_score": self.min_score,
            "vectors": self.vectors,
            "order": self.is_ordered and (self.component or True),
            "tokens": form.needs_tokens,
        }

    def entries(
        self, texts: Sequence[Text], *, tokens: bool, is_first: bool = False, done: Done = lambda n: None
    ) -> Iterator[Entry]:
        """Yield what is found in each text; whatever annotates texts elsewhere than here calls this.

        tokens (bool): see `entry_of`.
        is_first (bool): whether there are none before them.
        RAISES (UserError): when all of them fail, and they are the first ones or many.
        """
        n_failed = 0
        sizes = {"batch_size": self.batch_size, "n_process": self.n_process}
        with self.nlp.memory_zone(), watched(self.nlp, self.component) if self.is_ordered else nullcontext():
            for text, doc in annotate_texts(self.nlp, texts, **sizes):
                if isinstance(doc, Doc):
                    yield self._entry(text, doc, tokens=tokens)
                else:
                    n_failed += 1
                    if n_failed == len(texts) and (is_first or n_failed >= MANY):
                        last = f"the last one says {in_one_line(doc)}"
                        raise UserError(f"No text can be annotated; {last}") from doc
                    yield failed_entry(text.id, text.text, in_one_line(doc))
                done(1)

    def _run(self, parts: Iterator[Part], tokens: bool, done: Done) -> Iterator[tuple[int, Iterable[bytes]]]:
        for number, texts in parts:
            entries = self.entries(texts, tokens=tokens, is_first=number == 0, done=done)
            yield number, map(as_line, entries)

    def _entry(self, text: Text, doc: Doc, *, tokens: bool) -> Entry:
        entry = entry_of(doc, text.id, score=get_score, min_score=self.min_score, tokens=tokens)
        if self.vectors:
            entry["vector"] = vector_of(doc)
        if KEY in doc.user_data:
            entry["uncertainty"] = round(doc.user_data[KEY], N_DIGITS)
        return entry


def digest_of(nlp: Language) -> str | None:
    """RETURNS (str | None): of the files of a pipeline; None of one that was not loaded."""
    files = nlp.path.rglob("*") if nlp.path is not None else ()
    return digest_of_weights(path for path in files if path.is_file())


def _counted(entries: Iterable[Entry], found: Annotation) -> Iterator[Entry]:
    for entry in entries:
        found.n_texts += 1
        found.n_spans += len(all_spans(entry))
        if "error" in entry:
            found.n_failed += 1
            if len(found.errors) < N_ERRORS:
                found.errors.append((entry["id"], entry["error"]))
        yield entry

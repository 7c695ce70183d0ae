"""A pipeline in a process that an engine for many machines starts: Ray, or Spark."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spacy
import torch
from spacy.util import import_file

from ..data.text_stream import Text
from ..data.writers.entry import failed_entry
from ..data.writers.json_forms import as_line
from ..data.writers.parquet import as_table
from ..encoder.runtimes.threads import VARIABLE
from ..errors import UserError
from .annotate import Annotator, digest_of

if TYPE_CHECKING:
    import pyarrow as pa

ADDED = ("entities", "spans", "cats", "vector", "error")  # columns of a table


class Worker:
    """Annotates parts of texts, or tables, by a pipeline that is loaded when the first ones come.

    It has one thread: there are as many workers as cores. A Worker that has loaded nothing can be pickled.

    model (str): a folder that this machine has too, or the name of a package that it has.
    digest (str | None): of the pipeline where the work is given out; None does not compare.
    code (Path | None): Python file with registered functions, imported before.
    is_on_gpu (bool): on the first GPU that the process sees.
    column (str): of the text, in tables.
    settings (Any): those of `Annotator`.
    """

    def __init__(
        self,
        model: str,
        *,
        digest: str | None = None,
        code: Path | None = None,
        is_on_gpu: bool = False,
        column: str = "text",
        batch_size: int = 256,
        **settings: Any,
    ) -> None:
        self.model, self.digest, self.code, self.is_on_gpu = model, digest, code, is_on_gpu
        self.column, self.settings = column, {"batch_size": batch_size, **settings}

    @cached_property
    def annotator(self) -> Annotator:
        """RETURNS (Annotator): with the pipeline. RAISES (UserError): when this machine has another one."""
        os.environ.setdefault(VARIABLE, "1")
        torch.set_num_threads(1)
        if self.code is not None:
            import_file("python_code", self.code)
        if self.is_on_gpu:
            spacy.require_gpu()
        nlp = spacy.load(self.model)
        if self.digest not in (None, digest_of(nlp)):
            raise UserError(
                f"The pipeline {self.model!r} of the machine {os.uname().nodename} is another one than here; "
                "expected the same files: install them there, or give a folder that all machines share."
            )
        return Annotator(nlp, **self.settings)

    def ready(self) -> None:
        """Load the pipeline."""
        assert self.annotator

    def lines(self, number: int, texts: Sequence[Text], *, tokens: bool) -> list[bytes]:
        """RETURNS (list[bytes]): the entries of a part, a line each."""
        return [*map(as_line, self.annotator.entries(texts, tokens=tokens, is_first=number == 0))]

    def __call__(self, table: "pa.Table") -> "pa.Table":
        """RETURNS (Table): with the columns of ADDED; the entities are null where a text failed, or was null.

        RAISES (UserError): when there is no column of texts, or one of ADDED already.
        """
        names = table.column_names
        if self.column not in names or set(ADDED) & set(names):
            raise UserError(
                f"The table has the columns {', '.join(names)}; expected {self.column!r}, which holds the texts, and "
                f"none of {', '.join(ADDED)}, which are added."
            )
        values = table.column(self.column).to_pylist()
        texts = [Text(i, value) for i, value in enumerate(values) if value is not None]
        found = {entry["id"]: entry for entry in self.annotator.entries(texts, tokens=False)}
        added = as_table(found.get(i) or failed_entry(i, "", "no text") for i in range(len(values)))
        for name in ADDED:
            table = table.append_column(name, added.column(name))
        return table

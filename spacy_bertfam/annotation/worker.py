"""A pipeline in a process that an engine for many machines starts: Ray, or Spark."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import spacy
import torch
from spacy.util import import_file
from thinc.api import require_gpu

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


@dataclass(eq=False)
class Worker:
    """Annotates parts of texts, or tables, by a pipeline that is loaded when the first ones come, after pickling.

    It has one thread: there are as many workers as cores.

    model (str): a folder that all machines have, or the name of a package that they have.
    digest (str | None): of the pipeline where the work is given out; None does not compare.
    code (Path | None): Python file with registered functions, imported before.
    is_on_gpu (bool): on the first GPU that the process sees.
    column (str): of the text, in tables.
    settings (dict): those of `Annotator`.
    """

    model: str
    digest: str | None = None
    code: Path | None = None
    is_on_gpu: bool = False
    column: str = "text"
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if Path(self.model).exists():  # another process has another working folder
            self.model = str(Path(self.model).absolute())
        self.code = self.code and self.code.absolute()

    @cached_property
    def annotator(self) -> Annotator:
        """RETURNS (Annotator): with the pipeline. RAISES (UserError): when this machine has another one."""
        os.environ.setdefault(VARIABLE, "1")
        torch.set_num_threads(1)
        if self.code is not None:
            import_file("python_code", self.code)
        if self.is_on_gpu:
            require_gpu()
        nlp = spacy.load(self.model)
        if self.digest not in (None, digest_of(nlp)):
            raise UserError(
                f"A worker has another pipeline {self.model} than this process; expected the same files everywhere."
            )
        return Annotator(nlp, **self.settings)

    def lines(self, number: int, texts: Sequence[Text], tokens: bool) -> list[bytes]:
        """RETURNS (list[bytes]): the entries of a part; without texts the pipeline is loaded."""
        return [*map(as_line, self.annotator.entries(texts, tokens=tokens, is_first=number == 0))]

    def __call__(self, table: "pa.Table") -> "pa.Table":
        """RETURNS (Table): with the columns of ADDED; the entities are null where a text failed, or was null.

        RAISES (UserError): when there is no column of texts, or one of ADDED already.
        """
        names = table.column_names
        if self.column not in names or set(ADDED) & set(names):
            raise UserError(
                f"The table has the columns {', '.join(names)}; expected {self.column!r}, none of {', '.join(ADDED)}."
            )
        texts = [Text(i, text) for i, text in enumerate(table.column(self.column).to_pylist())]
        known = [text for text in texts if text.text is not None]
        found = {entry["id"]: entry for entry in self.annotator.entries(known, tokens=False)}
        added = as_table(found.get(text.id) or failed_entry(text.id, "", "no text") for text in texts)
        for name in ADDED:
            table = table.append_column(name, added.column(name))
        return table

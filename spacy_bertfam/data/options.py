"""What every reader is told: a file, what the user says of it that it does not say itself, and where to count."""

from dataclasses import dataclass
from pathlib import Path

from .report import ConversionReport
from .text_file import read_text, split_lines

SCHEMES = ("auto", "plain")


@dataclass(frozen=True)
class ReadOptions:
    """What a user may say of annotated files that the files do not say themselves.

    lang (str): for the spaces between the words of column files.
    tag_names (tuple[str, ...]): the names of tags that are numbers, from 0.
    tag_columns (tuple[str, ...]): columns or keys of tags, by name or by number from 1; in WebAnno's TSV and UIMA's
        XMI a layer or a feature. Empty where they are to be found.
    scheme (str): one of SCHEMES; "plain" says that tags are labels without B- and I-.
    field (str): a key of JSON or a column of Parquet that says something about a text, as its author, and is to be kept
        in ``doc.user_data``; "file" is the name of the file, in any format.
    """

    lang: str = "xx"
    tag_names: tuple[str, ...] = ()
    tag_columns: tuple[str, ...] = ()
    scheme: str = "auto"
    field: str = ""


@dataclass(frozen=True)
class Source:
    """A file of annotated texts. Its reader names the line of an error; the file is named by who calls the reader.

    name (str): the file's name below the input folder.
    """

    path: Path
    name: str
    report: ConversionReport
    options: ReadOptions = ReadOptions()

    def note(self, sentence: str) -> None:
        """Say something about the file."""
        self.report.note(sentence, self.name)

    def text(self) -> str:
        """RETURNS (str): see ``read_text``."""
        return read_text(self.path, self.name, self.report.note)

    def lines(self) -> list[tuple[int, str]]:
        """RETURNS (list[tuple[int, str]]): as ``split_lines`` cuts them, each with its number from 1."""
        return list(enumerate(split_lines(self.text()), start=1))


def make_options(*, tag_names: str = "", tag_column: str = "", scheme: str = "auto") -> ReadOptions:
    """RETURNS (ReadOptions): as given on a command line; names and columns stand between commas."""
    names, columns = (
        tuple(part for part in map(str.strip, text.split(",")) if part) for text in (tag_names, tag_column)
    )
    return ReadOptions(tag_names=names, tag_columns=columns, scheme=scheme)

"""What a user may say of annotated files that the files do not say themselves."""

from dataclasses import dataclass

SCHEMES = ("auto", "plain")


@dataclass(frozen=True)
class ReadOptions:
    """What every reader is told.

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


DEFAULT = ReadOptions()


def make_options(*, tag_names: str = "", tag_column: str = "", scheme: str = "auto") -> ReadOptions:
    """RETURNS (ReadOptions): as given on a command line; names and columns stand between commas."""
    names, columns = (
        tuple(part for part in map(str.strip, text.split(",")) if part) for text in (tag_names, tag_column)
    )
    return ReadOptions(tag_names=names, tag_columns=columns, scheme=scheme)

"""What an engine for many machines calls: a table in, the same table with columns out."""

import pickle
from pathlib import Path

import pytest
import ruled_names
from ruled_names import TEXTS

from spacy_bertfam.annotation.worker import ADDED, Worker
from spacy_bertfam.errors import UserError

pa = pytest.importorskip("pyarrow")


@pytest.fixture
def worker(nlp):
    """One that has crossed to another process."""
    return pickle.loads(pickle.dumps(Worker(str(nlp.path), code=Path(ruled_names.__file__))))


def test_columns_are_added_and_rows_stay(worker):
    texts = [TEXTS[0], None, "Ça échoue.", ""]
    table = worker(pa.table({"key": [1, 2, 3, 4], "text": texts}))
    assert table.column_names == ["key", "text", *ADDED]
    assert table.column("text").to_pylist() == texts
    entities = table.column("entities").to_pylist()
    assert [e["label"] for e in entities[0]] == ["PER", "LOC"] and entities[1:] == [None, None, []]
    assert table.column("error").to_pylist() == [
        None,
        "no text",
        "ZeroDivisionError: un texte qui échoue",
        None,
    ]


def test_a_table_without_texts_has_the_same_columns(worker):
    empty = worker(pa.table({"text": pa.array([], pa.string())}))
    assert empty.schema == worker(pa.table({"text": TEXTS})).schema


@pytest.mark.parametrize("columns", [{"body": TEXTS}, {"text": TEXTS, "entities": TEXTS}])
def test_columns_that_are_missing_or_would_be_lost_are_refused(worker, columns):
    with pytest.raises(UserError, match=f"The table has the columns {', '.join(columns)}; expected 'text'"):
        worker(pa.table(columns))

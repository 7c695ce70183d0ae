"""The vectors that encoder components leave on a Doc, and whose they are.

The only encoder of a pipeline leaves those of tokens in ``doc.tensor`` and that of the Doc, where one is asked for, in
``doc._.bertfam_document``. Where there are several, each also leaves its name, and beside it the vectors that a head
asks for after the next encoder has put its own in their place.
"""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc
from thinc.types import Floats1d, Floats2d
from thinc.util import get_array_module

from ..errors import UserError
from ..types import Ints1d

EXTENSION = "bertfam_document"
# Where spaCy keeps the value of an extension of the Doc
USER_DATA_KEY: Any = ("._.", EXTENSION, None, None)
# The encoders that have run, in their order: name -> what was kept of it. As if it were the first token's:
# ``Doc.from_docs`` warns of anything that is the Doc's
ENCODERS_KEY: Any = ("._.", "bertfam_encoders", 0, None)
ANY = "*"  # as an upstream: whichever encoder there is


def leave_vectors(
    doc: Doc, name: str, rows: Floats2d, document: Floats1d | None, *, named: bool, kept: bool
) -> None:
    """Leave what an encoder has made of a Doc.

    rows (Floats2d): Shape: (n_tokens, width).
    document (Floats1d | None): the Doc's own vector, where a head reads one. Shape: (width,)
    named (bool): whether there are other encoders; the only one forgets those of another pipeline.
    kept (bool): whether a head reads the rows after another encoder.
    """
    doc.tensor = rows  # type: ignore[assignment]
    if document is not None:
        if not Doc.has_extension(EXTENSION):
            # another thread may have been here meanwhile
            Doc.set_extension(EXTENSION, default=None, force=True)
        doc.user_data[USER_DATA_KEY] = document
    if not named:
        doc.user_data.pop(ENCODERS_KEY, None)
        return
    encoders: dict[str, dict[str, Any]] = doc.user_data.setdefault(ENCODERS_KEY, {})
    encoders.pop(name, None)  # what has run last stands last
    encoders[name] = {"rows": rows, "places": _places(doc)} if kept else {}
    if document is not None:
        encoders[name]["document"] = document


def find_rows(doc: Doc, upstream: str, *, named: bool = False) -> Floats2d | None:
    """The token vectors of an encoder on a Doc.

    upstream (str): its name, or "*" for the only one that has run.
    named (bool): whether it is known to leave its name.
    RETURNS (Floats2d | None): Shape: (n_tokens, width); None where it has not run, or others have put theirs in
        their place. Without any name what is there is taken for that of the encoder.
    RAISES (UserError): when several have run and none is named.
    """
    encoders: Any = doc.user_data.get(ENCODERS_KEY)
    if encoders is None:
        return None if named and upstream != ANY else _tensor(doc)
    if upstream == ANY:
        require_one(list(encoders))
        return _tensor(doc)
    kept = encoders.get(upstream)
    if kept is not None and "rows" in kept:
        return _realigned(doc, kept["rows"], kept["places"])
    return _tensor(doc) if kept is not None and next(reversed(encoders)) == upstream else None


def find_document_vector(doc: Doc, upstream: str = ANY, *, named: bool = False) -> Floats1d | None:
    """The Doc's own vector by an encoder. Arguments and errors as of ``find_rows``.

    RETURNS (Floats1d | None): Shape: (width,)
    """
    encoders: Any = doc.user_data.get(ENCODERS_KEY)
    if upstream != ANY and (named or encoders is not None):
        return cast(Floats1d | None, (encoders or {}).get(upstream, {}).get("document"))
    require_one(encoders_on(doc))
    return cast(Floats1d | None, doc.user_data.get(USER_DATA_KEY))


def encoders_on(doc: Doc) -> list[str]:
    """RETURNS (list[str]): the encoders that have left their names, in the order in which they ran."""
    return list(doc.user_data.get(ENCODERS_KEY, ()))


def drop_vectors(doc: Doc) -> None:
    """Take all of them off the Doc; ``doc.tensor`` is empty then."""
    doc.tensor = np.zeros((0,), dtype="float32")
    for key in (USER_DATA_KEY, ENCODERS_KEY):
        doc.user_data.pop(key, None)


def require_one(encoders: Sequence[str], component: str = "") -> None:
    """RAISES (UserError): when there are several encoders for a head that names none."""
    if len(encoders) > 1:
        head = f"Component {component!r}" if component else "This component"
        raise UserError(
            f"{head} listens to any encoder, and there are "
            f"several before it ({', '.join(encoders)}). Expected the name of one: set `upstream` in its "
            "[model.tok2vec], or when the pipeline is loaded: "
            f'spacy.load(PATH, config={{"components.{component or "NAME"}.model.tok2vec.upstream": "{encoders[-1]}"}}).'
        )


def _tensor(doc: Doc) -> Floats2d | None:
    rows: Any = doc.tensor
    if rows is None or not rows.size:
        return None
    # ``Retokenizer.split`` leaves rows of zeros after the last token
    own: Floats2d = rows[: len(doc)] if len(rows) > len(doc) and not rows[len(doc) :].any() else rows
    return own


def _places(doc: Doc) -> Ints1d:
    """First character and length of each token. Shape: (n_tokens, 2)"""
    return doc.to_array([IDX, LENGTH]).astype(np.int64).reshape(-1, 2)


def _realigned(doc: Doc, rows: Floats2d, places: Ints1d) -> Floats2d | None:
    """The rows of the tokens that there are now; None where the text is another one, as after ``Doc.from_docs``."""
    # as in ``doc.tensor``, a token that was merged has the row of its last part, and the parts of one that was split
    # have zeros
    now = _places(doc)
    if np.array_equal(now, places):
        return rows
    if not len(now) or not len(places) or now[-1].sum() != places[-1].sum():
        return None
    xp: Any = get_array_module(rows)
    ends = places.sum(axis=1)
    found = np.searchsorted(ends, now.sum(axis=1))
    found[found == len(ends)] = 0
    is_known = (ends[found] == now.sum(axis=1)) & (places[found, 0] >= now[:, 0])
    kept: Floats2d = xp.where(xp.asarray(is_known)[:, None], rows[xp.asarray(found)], xp.float32(0))
    return kept

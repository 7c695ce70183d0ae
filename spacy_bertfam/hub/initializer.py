"""`spacy-bertfam.from_hf.v1`: a training config that starts from a fine-tuned head."""

from collections.abc import Callable

from ..encoder.checkpoint.source import find_checkpoint
from .head import PretrainedHead, read_head


def from_hf(
    name: str, *, revision: str | None = None, map: dict[str, str] | None = None, scheme: str | None = None
) -> Callable[[], PretrainedHead]:
    """The head of a token classifier, read when the component is initialized.

    For ``[initialize.components.ner.head]``; the encoder's ``name`` should be the same checkpoint. Labels of the
    checkpoint keep their rows, labels that only the data have get new ones.

    name (str): a Hugging Face folder, or the name of a repository on the hub.
    revision (str | None): branch, tag or commit of that repository.
    map (dict[str, str] | None): new names of the checkpoint's classes or labels.
    scheme (str | None): the tag scheme, instead of the one recognized from the classes.
    """

    def read() -> PretrainedHead:
        return read_head(find_checkpoint(name, revision), mapping=map, scheme=scheme)

    return read

"""A recognizer on disk: written whole or not at all, and looked at when it is read, so that no text fails later."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spacy.pipeline.trainable_pipe import TrainablePipe

from ..decoding.tags import TagSet, validate_scheme
from ..errors import UNFIT, UserError, in_one_line
from ..files.saving import written_beside
from ..gate import check_component
from ..heads.finite import is_finite, require_finite
from ..heads.score_vectors import is_on_vectors, score_vectors
from ..types import TaggerModel

# The scheme that the config sets; that of a head which was taken over from a checkpoint is another one
SETTING = "scheme_setting"


class SavedHead(TrainablePipe):  # type: ignore[misc]  # Cython: no types
    """For ``BertfamNER``: its ``cfg`` has labels and scheme, its model a row of weights for each tag. Another component
    says in ``check_read`` what it has."""

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write settings and weights into the folder ``path``, each file whole or not at all."""
        with written_beside(Path(path)) as temporary:
            super().to_disk(temporary, exclude=exclude)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "SavedHead":
        """Read what ``to_disk`` wrote. RAISES (UserError): when it fits neither the config nor itself."""
        check_component(Path(path))
        with self._reading(f"{path}", exclude):
            super().from_disk(path, exclude=exclude)
        return self

    def from_bytes(self, bytes_data: bytes, *, exclude: Iterable[str] = ()) -> "SavedHead":
        """Read what ``to_bytes`` returned; otherwise as ``from_disk``."""
        with self._reading("its bytes", exclude):
            super().from_bytes(bytes_data, exclude=exclude)
        return self

    @contextmanager
    def _reading(self, source: str, exclude: Iterable[str]) -> Iterator[None]:
        asked = self.cfg.pop(SETTING, "")
        try:
            yield
            if not {"cfg", "model"} & set(exclude):
                self.check_read(asked)
        except UserError as error:
            said = f"{error}".removeprefix(f"Component {self.name!r}: ")
            raise UserError(f"Component {self.name!r} in {source}: {said}") from error
        except UNFIT as error:
            raise UserError(
                f"Component {self.name!r} in {source}: no {self.model.name!r}, the kind of head that the config asks "
                f"for, can be made of it ({in_one_line(error)}). Expected config and files of one "
                "pipeline: leave the architecture of a trained head as it is, or get the pipeline again."
            ) from error
        finally:
            self.cfg[SETTING] = asked

    def check_read(self, asked: str) -> None:
        """Look at what was read.

        asked (str): what the config sets for ``SETTING``.
        RAISES (UserError): when it fits neither the config nor itself.
        """
        labels, scheme = check_labels(self.cfg["labels"]), self.cfg["scheme"]
        validate_scheme(scheme if isinstance(scheme, str) else repr(scheme))
        # earlier versions did not write it
        written = self.cfg.get(SETTING, asked if "checkpoint_classes" in self.cfg else scheme)
        if asked != written:
            raise UserError(
                f"it was trained with the scheme {scheme!r}, and {asked!r} is asked for. Expected the same one, as its "
                "weights are those of the tags: leave `scheme` out, or train anew."
            )
        check_weights(self.model, TagSet(scheme, tuple(labels)))


def check_labels(labels: Any, component: str = "") -> list[str]:
    """RETURNS (list[str]): the same. RAISES (UserError): when it is no list of different names."""
    where = f"Component {component!r}: " if component else ""
    is_list = isinstance(labels, (list, tuple))
    names = list(labels) if is_list else []
    if not is_list or not all(isinstance(name, str) and name for name in names):
        raise UserError(f'{where}labels is {labels!r:.100}; expected a list of names, as ["PER", "LOC"].')
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()
    if twice:
        raise UserError(
            f"{where}labels has {', '.join(sorted(twice))} more than once; expected different names."
        )
    return names


def check_weights(model: TaggerModel, tag_set: TagSet) -> None:
    """RAISES (UserError): when weights are no numbers, or not those of the tags: what would fail at every text."""
    output = model.get_ref("output_layer")
    if not output.has_param("W"):
        return
    W: Any = output.get_param("W")
    require_finite(model, "It")
    if len(W) != len(tag_set):
        raise UserError(
            f"its weights have {len(W)} rows, and its labels ({', '.join(tag_set.labels[:9])}) in the scheme "
            f"{tag_set.scheme} have {len(tag_set)} tags. Expected a row for each: get the pipeline again."
        )
    if is_on_vectors(model):
        _try(model, W, len(tag_set))


def _try(model: TaggerModel, W: Any, n_tags: int) -> None:
    """Score two made-up vectors."""
    width = model.get_ref("tok2vec").maybe_get_dim("nO") or W.shape[1]
    [scores] = score_vectors(model, [model.ops.alloc2f(2, int(width))])
    learned = model.attrs["head_transitions"](model)
    shapes = [array.shape for array in learned or ()]
    expected = [(n_tags, n_tags), (n_tags,), (n_tags,)]  # of ``Transitions``
    if scores.shape != (2, n_tags) or not is_finite(scores) or shapes not in ([], expected):
        raise UserError(
            "its layers give no score for each tag (one of them has the wrong size, or a setting that makes NaN). "
            "Expected a trained head: get the pipeline again."
        )

"""The labels of a recognizer: which it knows, the tags that its network has outputs for, and how new ones are added."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from spacy.pipeline.trainable_pipe import TrainablePipe

from ..decoding.tags import HeadLabels, TagSet
from ..errors import UserError
from ..types import TaggerModel


class TrainedHead(Protocol):
    """A head that was trained elsewhere: what a component takes over from it."""

    @property
    def labels(self) -> HeadLabels: ...

    def copy_into(self, model: TaggerModel, tags: Sequence[str]) -> None:
        """Copy the weights of the tags that the head knows; ``tags`` are those of the model's rows."""


def require_labels(pipe: Any) -> None:
    """RAISES (UserError): when a component has no labels."""
    if not pipe.labels:
        raise UserError(
            f"Component {pipe.name!r} has no labels: call nlp.initialize() with training data, or load a trained "
            "pipeline."
        )


class LabeledHead(TrainablePipe):  # type: ignore[misc]  # Cython: no types
    """For ``BertfamNER``: its ``cfg`` has labels and scheme, its model an output for each of their tags."""

    cfg: dict[str, Any]
    model: TaggerModel
    _tag_set: TagSet | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that the component knows."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> list[str]:
        """What ``spacy init labels`` writes and ``initialize`` takes."""
        return list(self.labels)

    @property
    def tag_set(self) -> TagSet:
        """The tags of the labels under the component's scheme."""
        key = (self.cfg["scheme"], self.labels)
        if self._tag_set is None or (self._tag_set.scheme, self._tag_set.labels) != key:
            self._tag_set = TagSet(*key)
        return self._tag_set

    def add_label(self, label: str) -> int:
        """Add a label; a trained network keeps the weights of the others.

        RETURNS (int): 1 if the label is new, else 0.
        """
        return self._add_labels([label])

    def take_head(self, head: TrainedHead) -> None:
        """Take scheme and labels of a trained head, and make room for its weights."""
        tag_set = head.labels.tag_set
        self.cfg.update(scheme=tag_set.scheme, labels=[])
        self._add_labels(tag_set.labels)
        # The checkpoint's own names and order, for the way back; without a tag of what is no label
        row_to_tag = {row: tag_set.tags[i] for i, row in enumerate(head.labels.rows)}
        names = enumerate(head.labels.names)
        self.cfg["checkpoint_classes"] = [[name, row_to_tag.get(row, "")] for row, name in names]
        self._resize(self._trained_tags())

    def _add_labels(self, labels: Iterable[str]) -> int:
        """Add those that are new, all at once. RETURNS (int): how many."""
        known, trained = dict.fromkeys(self.labels), self._trained_tags()
        for label in labels:
            if not isinstance(label, str) or not label:
                raise UserError(f"Component {self.name!r}: label is {label!r}; expected a name.")
            known[label] = None
        new = list(known)[len(self.labels) :]
        if new:
            self.cfg["labels"] = list(known)
            for label in new:
                self.vocab.strings.add(label)
            if trained:
                self._resize(trained)
        return len(new)

    def _resize(self, trained: Mapping[str, int]) -> None:
        """Give the network one output for each tag, keeping those of the ``trained`` tags, by their rows."""
        rows = [trained.get(tag, -1) for tag in self.tag_set.tags]
        self.model.attrs["resize_output"](self.model, rows)

    def _trained_tags(self) -> Mapping[str, int]:
        """The tags that the network has weights for, which are all of them or none; each with its row."""
        has_weights = self.model.get_ref("output_layer").has_param("W")
        return self.tag_set.tag_to_id if has_weights else {}

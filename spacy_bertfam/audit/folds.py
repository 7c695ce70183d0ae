"""Tag scores of annotated texts by recognizers that have not learned from them: cross-validation, a file a fold."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from thinc.api import Config

from ..checks.settings import require_sound
from ..checks.setup import read_config
from ..checks.unread import with_defaults
from ..data.bare import bare_copy
from ..decoding.tags import TagSet
from ..errors import UserError
from ..evaluation.recording import BATCH_SIZE, score_docs
from ..files.saving import write_file
from ..pipeline.find import find_ner
from ..training.resumable.loop import KEEP_NEVER, Training
from ..training.stopping import Stop
from ..types import Ints1d, Transitions

CONFIG = Path(__file__).with_name("fold.cfg")
# Runs of texts that a fold is made of: neighbors are often of one article, and would tell each other's names
N_RUNS = 10
EPOCHS, MIN_STEPS = 3, 200
LENGTH = ("training.max_steps", "training.eval_frequency", "training.optimizer.learn_rate.total_steps")


class Unseen(NamedTuple):
    """Texts, and what a recognizer that has not learned from them makes of their tokens."""

    texts: Ints1d  # Shape: (n_texts,), index in the data
    rows: NDArray[np.float32]  # Shape: (n_tokens, n_tags), scores of the tags, the texts end to end
    tag_set: TagSet
    learned: Transitions | None  # the head's own weights between tags
    temperature: float

    @property
    def known(self) -> dict[str, Any]:
        """What decoding takes besides."""
        return {"learned": self.learned, "temperature": self.temperature}

    def to_bytes(self, digest: str) -> bytes:
        """RETURNS (bytes): a .npz file, without pickle."""
        arrays: dict[str, Any] = {"digest": np.array(digest), "texts": self.texts, "rows": self.rows}
        arrays |= {"labels": np.array(self.tag_set.labels), "scheme": np.array(self.tag_set.scheme)}
        arrays |= {"temperature": np.array(self.temperature)}
        arrays |= self.learned._asdict() if self.learned else {}
        file = io.BytesIO()
        np.savez(file, **arrays)
        return file.getvalue()


def read_unseen(path: Path, digest: str) -> Unseen:
    """RETURNS (Unseen): of a fold that is done. RAISES (UserError): when it is one of other data or settings."""
    with np.load(path, allow_pickle=False) as found:
        if str(found["digest"]) != digest:
            raise UserError(
                f"{path} is a fold of other data or of other settings; expected the command that was begun there: "
                "give it again, or another folder with -o."
            )
        tag_set = TagSet(str(found["scheme"]), tuple(map(str, found["labels"])))
        learned = Transitions(*(found[name] for name in Transitions._fields)) if "start" in found else None
        return Unseen(found["texts"], found["rows"], tag_set, learned, float(found["temperature"]))


def read_unseen_by(
    nlp: Language, docs: Sequence[Doc], texts: Ints1d, *, component: str | None = None
) -> Unseen:
    """RETURNS (Unseen): some of the texts as a pipeline reads their own words."""
    ner = find_ner(nlp, component)
    names = nlp.pipe_names
    with nlp.select_pipes(disable=names[names.index(ner.name) :]):
        bare = (bare_copy(docs[i], nlp.vocab) for i in texts)
        rows = [scores for _, scores in score_docs(ner, nlp.pipe(bare, batch_size=BATCH_SIZE))]
    learned = ner.model.attrs["head_transitions"](ner.model)
    return Unseen(texts, np.concatenate(rows), ner.tag_set, learned, ner.temperature)


def fold_config(
    encoder: str, lang: str, n_words: float, *, steps: int | None, overrides: Mapping[str, Any]
) -> Config:
    """The training of a fold.

    n_words (float): of its training data. steps (int | None): None goes through the data of a fold some three times.
    overrides (Mapping[str, Any]): settings by their dotted names.
    RAISES (UserError): when one is of no block, or nothing reads it.
    """
    if taken := [name for name in overrides if name in LENGTH]:
        raise UserError(
            f"--{taken[0]} is set by the length of a fold's training; expected --steps in its place."
        )
    given = {"paths.encoder": encoder, "nlp.lang": lang, **overrides}
    config = with_defaults(read_config(CONFIG, given))
    require_sound(config, overrides)
    batch = config["training"]["batcher"].get("size") or 1
    n_steps = steps or max(MIN_STEPS, int(EPOCHS * n_words / batch))
    config["training"].update(max_steps=n_steps, eval_frequency=n_steps)
    config["training"]["optimizer"]["learn_rate"]["total_steps"] = n_steps
    return config


def fold_of(n_texts: int, n_folds: int) -> Ints1d:
    """RETURNS (Ints1d): the fold of each text, in runs of neighbors; Shape: (n_texts,)."""
    return np.arange(n_texts) // max(1, n_texts // (n_folds * N_RUNS)) % n_folds


def cross_validate(
    docs: Sequence[Doc], config: Config, folder: Path, *, n_folds: int, stop: Stop, use_gpu: int = -1
) -> Iterator[Unseen]:
    """Train a recognizer on all folds but one, and let it read that one; each fold that is done stays as a file.

    folder (Path): for the files; those of a run that was stopped are not made again.
    YIELDS (Unseen): fold after fold; fewer where a stop was asked for.
    RAISES (UserError): when a file there is one of other data or settings.
    """
    folds = fold_of(len(docs), n_folds)
    digest = _digest(docs, config, n_folds)
    for fold in range(n_folds):
        place = folder / f"fold-{fold + 1}-of-{n_folds}.npz"
        if not place.is_file():
            others = [doc for doc, own in zip(docs, folds.tolist(), strict=True) if own != fold]
            nlp = _train(others, config, folder, stop, use_gpu)
            if nlp is None:
                return
            found = read_unseen_by(nlp, docs, np.flatnonzero(folds == fold))
            write_file(place, found.to_bytes(digest))
        yield read_unseen(place, digest)


def _train(docs: Sequence[Doc], config: Config, folder: Path, stop: Stop, use_gpu: int) -> Language | None:
    """RETURNS (Language | None): None where a stop was asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".fold-", dir=folder) as temporary:
        data = Path(temporary) / "training.spacy"
        write_file(data, DocBin(docs=docs).to_bytes())
        filled = config.merge({"paths": {"train": str(data), "dev": str(data)}})
        with stop.at_once():
            nlp = init_nlp(filled, use_gpu=use_gpu)
        training = Training(nlp, None, stop=stop, keep=KEEP_NEVER, use_gpu=use_gpu)
        return nlp if training.run(stdout=io.StringIO()) else None


def _digest(docs: Iterable[Doc], config: Config, n_folds: int) -> str:
    found = blake2b(f"{n_folds}\n{config.to_str(interpolate=False)}".encode(), digest_size=16)
    for doc in docs:
        tokens = [(token.text, token.ent_iob_, token.ent_type_) for token in doc]
        found.update(repr((doc.text, tokens)).encode())
    encoder = Path(str(config["paths"]["encoder"]))
    for file in sorted(encoder.glob("*")) if encoder.is_dir() else ():
        found.update(repr((file.name, file.stat().st_size, file.stat().st_mtime_ns)).encode())
    return found.hexdigest()

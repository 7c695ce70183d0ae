"""`id2label` of a checkpoint -> our tag scheme, labels, and where each of our tags has its row."""

import logging
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..data.schemes import marked_tags
from ..decoding.tags import OUTSIDE, PREFIXES, HeadLabels, TagSet, validate_scheme
from ..gate import CheckpointError

OUTSIDE_NAMES = {"O", "OUTSIDE", "OUT", "NONE", "NO_ENTITY", "NOT_ENTITY", "NULL", "OTHER", "_", "-"}
PREFIXED = re.compile(r"^([BIESLU])[-_](.+)$", re.DOTALL)
UNNAMED = re.compile(r"^LABEL_\d+$")
# Classes of special pieces, which no word has
SPECIAL = re.compile(r"\[(?:PAD|CLS|SEP|UNK|MASK)\]|<(?:pad|/?s|unk|mask|start|stop)>", re.IGNORECASE)

logger = logging.getLogger("spacy")


def class_names(config: Mapping[str, Any]) -> list[str]:
    """The names of a checkpoint's classes in the order of their ids.

    config (Mapping[str, Any]): the content of ``config.json``.
    RAISES (CheckpointError): when they are missing or their ids have gaps.
    """
    id2label = config.get("id2label")
    if not isinstance(id2label, Mapping) or not id2label:
        raise CheckpointError("config.json has no id2label; expected the names of the token classes.")
    try:
        by_id = {int(key): str(name) for key, name in id2label.items()}
    except ValueError as error:
        raise CheckpointError(f"id2label has an id that is no number: {error!s:.200}.") from error
    if len(by_id) < len(id2label):
        raise CheckpointError(
            f"id2label has the same id twice: {', '.join(id2label):.200}; expected each once."
        )
    missing = sorted(set(range(len(by_id))) - set(by_id))
    if missing:
        raise CheckpointError(
            f"The ids of id2label have a gap: {len(by_id)} classes, but no id {missing[0]} among "
            f"{sorted(by_id)!s:.200}. "
            "Expected the ids 0 to n - 1, one for each row of the head."
        )
    n_labels = config.get("num_labels")
    if n_labels not in (None, len(by_id)):
        raise CheckpointError(
            f"config.json says num_labels = {n_labels}, but id2label names {len(by_id)} classes."
        )
    return [by_id[i] for i in range(len(by_id))]


def read_labels(
    names: Sequence[str], *, mapping: Mapping[str, str] | None = None, scheme: str | None = None
) -> HeadLabels:
    """Recognize the tag scheme and the labels; classes of special pieces are none, and a warning names them.

    names (Sequence[str]): the classes in the order of the rows.
    mapping (Mapping[str, str] | None): new names: of a whole class ("LABEL_1": "B-PER") or of a label
        ("PERSON": "PER").
    scheme (str | None): instead of the recognized one.
    RAISES (CheckpointError): when a class has no name, there is no O, two classes become one tag, or labels seem to be
        tags in a spelling that is not read.
    """
    renamed = _rename(names, mapping or {})
    kept = [i for i, name in enumerate(renamed) if not _is_special(name, renamed)]
    if len(kept) < len(renamed):
        special = ", ".join(name for i, name in enumerate(renamed) if i not in kept)
        logger.warning(
            "The classes %s are no labels: never predicted here, and left out of an export.", special
        )
    names = [names[i] for i in kept]
    parts = _split(_with_outside([renamed[i] for i in kept]))
    if marked := marked_tags([label for prefix, label in parts if not prefix]):
        renaming = ",".join(f"{name}={tag}" for name, tag in marked.items())
        raise CheckpointError(
            f"The classes {', '.join(marked)} seem to be tags; expected B-PER, I-PER and the like. Name them with "
            f"--map {renaming} (and those that are plain labels as --map NAME=I-NAME)."
        )
    prefixes = {prefix for prefix, _ in parts if prefix not in ("", OUTSIDE)}
    found = validate_scheme(scheme) if scheme else _recognize(prefixes, names)
    tags = [_as_tag(prefix, label, found) for prefix, label in parts]
    labels = tuple(dict.fromkeys(label for prefix, label in parts if prefix != OUTSIDE))
    if not labels:
        raise CheckpointError(f"The only class is {names[0]!r}, outside of every entity; expected labels.")
    tag_set = TagSet(found, labels)
    _refuse_unfit(tags, tag_set, names)
    place = dict(zip(tags, kept, strict=True))
    return HeadLabels(tuple(renamed), tag_set, tuple(place.get(tag, -1) for tag in tag_set.tags))


def _is_special(name: str, names: Sequence[str]) -> bool:
    """Whether a class stands for special pieces, as PAD beside tags; BERT-NER's X is that of the further pieces of a
    word."""
    if name == "X":
        return "[SEP]" in names
    if name == "PAD":
        return any(other.startswith(("B-", "B_")) for other in names)
    return SPECIAL.fullmatch(name) is not None


def rename_classes(names: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """The classes of a classifier of texts under the names that they are to have.

    RAISES (CheckpointError): when ``mapping`` names none of them, or two have one name.
    """
    _require_used(set(mapping) - set(names), names)
    renamed = [mapping.get(name, name) for name in names]
    twice = next((name for i, name in enumerate(renamed) if name in renamed[:i]), None)
    if twice is not None:
        raise CheckpointError(f"Two classes are named {twice!r}; expected a name of its own for each.")
    return renamed


def _rename(names: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """Give classes, or the labels in them, their new names; a class keeps its prefix if the new name has none."""
    used, result = set(), []
    for name in names:
        match = PREFIXED.match(name)
        old = name if name in mapping or match is None else match[2]
        if old not in mapping:
            result.append(name)
            continue
        used.add(old)
        new = mapping[old]
        keeps = match and new != OUTSIDE and not (old == name and PREFIXED.match(new))
        result.append(f"{match[1]}-{new}" if match and keeps else new)
    _require_used(set(mapping) - used, names)
    unnamed = [name for name in result if UNNAMED.match(name)]
    if unnamed:
        raise CheckpointError(
            f"The checkpoint does not say what its classes mean ({', '.join(unnamed[:5])}). Give their tags with "
            f"--map, as --map {unnamed[0]}=O,{unnamed[-1]}=B-PER; the model's card tells them."
        )
    return result


def _require_used(unused: Collection[str], names: Sequence[str]) -> None:
    if unused:
        raise CheckpointError(
            f"--map names {min(unused)!r}, which is no class of the checkpoint: {', '.join(names)}."
        )


def _with_outside(names: Sequence[str]) -> list[str]:
    """The class that stands for "no entity", under whatever name, becomes O."""
    if OUTSIDE in names:
        return [OUTSIDE if name == "o" else name for name in names]
    candidates = [name for name in names if name.upper() in OUTSIDE_NAMES]
    if len(candidates) != 1:
        raise CheckpointError(
            f"No class of the checkpoint is O (outside of every entity): {', '.join(names)}. "
            "Say which one it is with --map NAME=O."
        )
    return [OUTSIDE if name == candidates[0] else name for name in names]


def _split(names: Sequence[str]) -> list[tuple[str, str]]:
    """Prefix and label of each class; the prefix is O outside, and empty where a name has none."""
    # "E-mail" and "S-Bahn" are labels, not tags, unless the end of some label that has B- or I- is marked too
    matches = {name: PREFIXED.match(name) for name in names}
    prefixes: dict[str, set[str]] = {}
    for match in filter(None, matches.values()):
        prefixes.setdefault(match[2], set()).add(match[1])
    has_ends = any(found & set("BI") and found & set("ESLU") for found in prefixes.values())
    known = "BIESLU" if has_ends else "BI"
    parts = []
    for name in names:
        found = matches[name]
        bare = (OUTSIDE, "") if name == OUTSIDE else ("", name)
        parts.append((found[1], found[2]) if found and found[1] in known else bare)
    return parts


def _as_tag(prefix: str, label: str, scheme: str) -> str:
    """The tag under the scheme's own prefixes. A class without a prefix means I-, where I- may begin an entity."""
    if prefix == OUTSIDE:
        return OUTSIDE
    if not prefix and scheme not in ("IO", "IOB"):
        raise CheckpointError(
            f"The class {label!r} has no prefix, the others have those of {scheme}: nothing could begin with it. "
            f"Say what it means with --map, as --map {label}={PREFIXES[scheme][0]}-{label}."
        )
    own = {"E": "L", "S": "U"} if scheme == "BILUO" else {"L": "E", "U": "S"}
    return f"{own.get(prefix, prefix) or 'I'}-{label}"


def _recognize(prefixes: Collection[str], names: Sequence[str]) -> str:
    for scheme in ("IO", "IOB", "BIOES", "BILUO"):
        if set(prefixes) <= set(PREFIXES[scheme]):
            return scheme
    raise CheckpointError(
        f"The classes mix tag schemes (prefixes {', '.join(sorted(prefixes))}): {', '.join(names)}. "
        "Expected IO, IOB, BIOES or BILOU."
    )


def _refuse_unfit(tags: Sequence[str], tag_set: TagSet, names: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for tag, name in zip(tags, names, strict=True):
        if tag in seen:
            raise CheckpointError(
                f"The classes {seen[tag]!r} and {name!r} both become the tag {tag}; expected one each (--map)."
            )
        if tag not in tag_set.tag_to_id:
            raise CheckpointError(f"The class {name!r} has no place in the scheme {tag_set.scheme}.")
        seen[tag] = name

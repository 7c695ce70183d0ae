"""Ways to spoil a file: bytes, lines, encodings, and values within JSON."""

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

# what breaks readers: marks, halves, numbers without end, nesting, other line ends, other formats
PIECES = [
    b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\xe2\x80\x8b", b"\xc2\xa0", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x81\xa0",
    b"\x00", b"\xff\xfe", b"\xfe\xff", b"\xe9", b"\x81", b"\xed\xa0\x80", b"\r", b"\r\n", b"\n\n", b"\t", b"\t\t", b" ",
    b"\\ud83d", b'"\\udc00"', b"\\u0000", b"9" * 5000, b"-" + b"9" * 4301, b"1e999", b"NaN", b"-Infinity", b"null",
    b"[" * 3000, b"]" * 50, b'{"a":' * 2000, b"{", b"}", b"[", b",", b'"', b"\\", b"#", b"# a = b\n", b"|", b"-",
    b"O", b"B-PER", b"I-", b"B- ", b"<a>", b"<?xml?>", b"PK\x03\x04", b"x\x9c", b"-DOCSTART- O\n", b"T9\tPER 0 99\tx\n",
    b"<PER>", b"</PER>", b"&#0;", b"<!DOCTYPE x [", b"[1]", b"(PER*", b"*)", b"Entity=(e1-", b"name=B-", b"#Text=",
    b"1-1\t0-9\tx\t", b'sofaString="', b"Sentence: 9", b"# newdoc", "𝒜".encode(), "é".encode(), "中文".encode(),
]  # fmt: skip
DEEP: list[Any] = []
for _ in range(900):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 10**30, 1.5, "", " ", "\ufeff", "PER\u00a0", "accept", "reject", "Discarded", "draft",
    "a" * 3000, [], {}, [[]], [None], [0, 1], [0, 1, "X"], [0, 1, ["X"]], {"a": {}}, {"start": 0},
    {"begin": 0, "end": 2}, ["O", "B-PER"], ["a", ""], [1, -100], {"0": "O"}, DEEP, "\u2028",
]  # fmt: skip
KEYS = [
    "text", "data", "content", "entities", "spans", "label", "labels", "annotations", "annotation", "answer", "status",
    "responses", "fields", "examples", "classes", "completions", "result", "value", "start", "end", "q.responses",
    "q.responses.status", "features", "rows", "row", "id2label", "names", "denotations", "span", "tracks", "sentences",
    "orth", "ner", "raw", "words", "entity", "index", "indices", "document", "token_annotation", "doc_annotation",
    "tokens", "ner_tags", "tags", "paragraphs", "is_confirmed", "annotation_approver", "reviews",
]  # fmt: skip
ENCODINGS = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "utf-8-sig", "cp1251", "cp850", "utf-7"]

Mutation = Callable[[bytes, Random, list[bytes]], bytes]


def _flip(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 10])):
        if found:
            found[rng.randrange(len(found))] = rng.randrange(256)
    return bytes(found)


def _cut(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return rng.choice([data[:a], data[a:], data[:a] + data[b:], data[:b] + data[a:]])


def _insert(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    for _ in range(rng.choice([1, 1, 1, 3])):
        place = rng.randrange(len(data) + 1)
        data = data[:place] + rng.choice(PIECES) + data[place:]
    return data


def _lines(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    lines = data.split(b"\n")
    kind = rng.randrange(6)
    if kind == 0:
        rng.shuffle(lines)
    elif kind == 1:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(PIECES))
    elif kind == 2:
        lines = lines * rng.choice([2, 40])
    elif kind == 3:
        lines = rng.choice(others).split(b"\n") + lines
    elif kind == 4:
        i = rng.randrange(len(lines))
        lines[i] = rng.choice(PIECES) + lines[i] + rng.choice(PIECES)
    else:
        del lines[rng.randrange(len(lines))]
    return rng.choice([b"\n", b"\n", b"\r\n", b"\r"]).join(lines)


def _cells(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    """Change a cell of some lines, or the columns of all."""
    separator = b"\t" if b"\t" in data else b" "
    rows = [line.split(separator) for line in data.split(b"\n")]
    kind = rng.randrange(4)
    for row in rows if kind else rng.sample(rows, 1):
        if kind == 1:
            row.insert(0, b"1")
        elif kind == 2:
            row.append(rng.choice([b"O", b"_", b"-"]))
        elif kind == 3:
            row.reverse()
        else:
            row[rng.randrange(len(row))] = rng.choice(PIECES)
    return b"\n".join(separator.join(row) for row in rows)


def _encode(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    return data.decode("utf-8", errors="replace").encode(rng.choice(ENCODINGS), errors="replace")


def _pack(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    packed = gzip.compress(data)
    return rng.choice([packed, packed[: rng.randrange(len(packed))]])


def _value(data: bytes, rng: Random, _: list[bytes]) -> bytes:
    """Change a value, or a key, anywhere in a JSON file or in one of its lines."""
    lines = data.split(b"\n")
    try:
        value, rest = json.loads(data), None
    except (ValueError, RecursionError):
        rest = rng.randrange(len(lines))
        try:
            value = json.loads(lines[rest])
        except (ValueError, RecursionError):
            return data
    for _ in range(rng.choice([1, 1, 2, 4])):
        value = _spoilt(value, rng)
    text = json.dumps(value, ensure_ascii=rng.random() < 0.3, indent=rng.choice([None, None, 1])).encode()
    return text if rest is None else b"\n".join([*lines[:rest], text, *lines[rest + 1 :]])


def _spoilt(value: Any, rng: Random) -> Any:
    if isinstance(value, list) and value and rng.random() < 0.8:
        i = rng.randrange(len(value))
        return [*value[:i], _spoilt(value[i], rng), *value[i + 1 :]]
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        kind = rng.random()
        if kind < 0.15:
            return {k: v for k, v in value.items() if k != key}
        if kind < 0.35:
            return {**value, rng.choice(KEYS): rng.choice(VALUES)}
        return {**value, key: _spoilt(value[key], rng)}
    return rng.choice(VALUES)


MUTATIONS: list[Mutation] = [
    _flip,
    _cut,
    _insert,
    _insert,
    _lines,
    _cells,
    _encode,
    _pack,
    _value,
    _value,
    _value,
]


def mutated(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """RETURNS (bytes): the content with one to four mutations; at most some hundred thousand bytes."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        data = rng.choice(MUTATIONS)(data, rng, others)[:300_000]
    return data

"""Writes small files in the E5S1 layout, so that the reader meets bytes it did not make itself."""

import struct

import numpy as np


def quantize(X: np.ndarray) -> tuple[bytes, np.ndarray]:
    """RETURNS (tuple): Q4_0 blocks of X, and the float32 values that they stand for, in X's shape."""
    raw, values = b"", []
    for block in X.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1)
        steps = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        raw += scale.tobytes()
        raw += bytes(int(low) | int(high) << 4 for low, high in zip(steps[:16], steps[16:], strict=True))
        values.append((steps.astype(np.float32) - 8) * np.float32(scale))
    return raw, np.concatenate(values).reshape(X.shape)


def e5s1_bytes(
    sizes: tuple, pieces: list[str], tensors: dict[str, np.ndarray]
) -> tuple[bytes, dict[str, np.ndarray]]:
    """A whole file; matrices named `*.w` or `emb.word` become Q4_0, all else float32.

    sizes (tuple): hidden, layers, heads, feed-forward, vocabulary, positions, token types.
    RETURNS (tuple): the bytes, and name -> the values that a reader must find.
    """
    blobs = [piece.encode("utf8") for piece in pieces]
    offsets = np.cumsum([0, *map(len, blobs)])
    head = struct.pack("<4sI7ifi", b"E5S1", 1, *sizes, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, offsets[-1])
    head += struct.pack(f"<{len(pieces) + 1}I", *offsets) + bytes(4 * len(pieces)) + b"".join(blobs)
    head += struct.pack("<iI", 1, 3) + b"map"
    at = len(head) + 4 + sum(2 + len(name.encode()) + 21 for name in tensors)
    table, body, expected = struct.pack("<i", len(tensors)), b"", {}
    for name, X in tensors.items():
        is_q4 = name == "emb.word" or (name.endswith(".w") and X.ndim == 2)
        raw, expected[name] = quantize(X) if is_q4 else (X.astype("<f4").tobytes(), X.astype(np.float32))
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", int(is_q4), X.size, at + len(body), len(raw))
        body += raw
    return head + table + body, expected


def tiny_encoder(pieces: list[str], *, n_layers: int = 2) -> tuple[bytes, dict[str, np.ndarray]]:
    """A random encoder of width 32 with two spare rows in its vocabulary."""
    rng = np.random.default_rng(0)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(pieces) + 2, 32), "emb.pos": (16, 32), "emb.type": (2, 32),
        "emb.ln.w": (32,), "emb.ln.b": (32,),
    }  # fmt: skip
    for i in range(n_layers):
        for part in ("q", "k", "v", "ao"):
            shapes |= {f"l{i}.{part}.w": (32, 32), f"l{i}.{part}.b": (32,)}
        shapes |= {f"l{i}.fi.w": (64, 32), f"l{i}.fi.b": (64,), f"l{i}.fo.w": (32, 64), f"l{i}.fo.b": (32,)}
        shapes |= {f"l{i}.{norm}.{part}": (32,) for norm in ("aln", "oln") for part in "wb"}
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return e5s1_bytes((32, n_layers, 4, 64, len(pieces) + 2, 16, 2), pieces, tensors)

"""Q4_0: 32 weights in 18 bytes, a half-precision scale and 32 four-bit steps."""

import numpy as np

BLOCK_WEIGHTS = 32
BLOCK_BYTES = 18
ZERO_POINT = 8


def dequantize(raw: np.ndarray) -> np.ndarray:
    """Weights of whole blocks: byte j of a block holds weight j (low half) and weight j + 16 (high half).

    raw (uint8): shape (..., n_blocks * 18).
    RETURNS (float32): shape (..., n_blocks * 32).
    """
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)  # (n_blocks, 1)
    halves = blocks[:, 2:]
    steps = np.concatenate([halves & 0x0F, halves >> 4], axis=1).astype(np.float32)  # (n_blocks, 32)
    weights = (steps - ZERO_POINT) * scale
    return weights.reshape(*raw.shape[:-1], raw.shape[-1] // BLOCK_BYTES * BLOCK_WEIGHTS)

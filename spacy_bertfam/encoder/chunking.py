"""Which windows share one call of the network: as few padded cells as the cost of a call allows."""

from typing import List

import numpy as np

from ..types import Ints1d

# What one call costs beside its cells, in cells: measured on a CPU (benchmarks/README.md); a GPU needs
# thousands of cells before another one costs anything.
CALL_COST_CPU = 32
CALL_COST_GPU = 4096


def chunk_ends(lengths: Ints1d, *, max_cells: int, call_cost: int) -> List[int]:
    """Cut a row of windows into chunks, each padded to its longest window.

    lengths (Ints1d): of the windows, special pieces counted, longest first.
    max_cells (int): the most cells in a chunk; a single window may have more.
    call_cost (int): cells that are worth one call less. 0 pads nothing, a large number makes few chunks.
    RETURNS (List[int]): index after the last window of each chunk.
    """
    n = len(lengths)
    cost = np.zeros(n + 1, dtype=np.int64)  # of the best cut of the first windows
    last_start = np.zeros(n + 1, dtype=np.int64)  # where its last chunk begins
    low = 0
    for end in range(1, n + 1):
        while low < end - 1 and (end - low) * lengths[low] > max_cells:
            low += 1
        starts = np.arange(low, end)
        costs = cost[low:end] + (end - starts) * lengths[low:end]
        best = int(costs.argmin())
        cost[end], last_start[end] = costs[best] + call_cost, low + best
    ends = []
    while n:
        ends.append(n)
        n = int(last_start[n])
    return ends[::-1]

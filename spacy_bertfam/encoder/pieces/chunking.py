"""Which windows share one call of the network: as few padded cells as the cost of a call allows."""

from typing import NamedTuple

import numpy as np

from ...types import Ints1d

# What one call costs beside its cells, in cells: measured on CPUs (benchmarks/figures/windows.md), where cells in
# bfloat16 are cheaper and calls are not; a GPU needs thousands of cells before another one costs anything.
CALL_COST_CPU = 32
CALL_COST_BF16 = 64
CALL_COST_GPU = 4096
# Cells of one call: on a CPU more than so many for each thread take memory and are no faster
# (benchmarks/figures/windows.md)
CELLS_PER_THREAD = 1024
MAX_CELLS = 4096


class Calls(NamedTuple):
    """What calls of the network cost in an engine, and which ones it is best asked for: some engines prepare
    themselves for each number of cells that they have not yet seen."""

    cost: int  # beside its cells, in cells: 0 pads nothing, a large number makes few calls
    n_windows: int = 1  # above so many windows, only multiples of that
    width: int = 1  # only multiples of so many pieces
    max_cells: int = MAX_CELLS  # that a call is best made with, unless a single window has more
    padded: bool = True  # whether windows of different lengths may share one

    @classmethod
    def on_cpu(cls, cost: int, threads: int, *, n_windows: int = 1, width: int = 1) -> "Calls":
        """Those of an engine with so many threads."""
        return cls(cost, n_windows, width, max_cells=min(CELLS_PER_THREAD * threads, MAX_CELLS))

    def widths(self, lengths: Ints1d) -> Ints1d:
        """The widths that windows are padded to, at most the longest one's.

        lengths (Ints1d): of the windows, special pieces counted, longest first.
        """
        if self.width == 1 or not self.padded or not len(lengths):
            return lengths
        widths: Ints1d = np.minimum(-(-lengths // self.width) * self.width, lengths[0])
        return widths


def chunk_ends(lengths: Ints1d, *, max_cells: int, calls: Calls) -> list[int]:
    """Cut a row of windows into chunks, each padded to its longest window, if it may be.

    lengths (Ints1d): of the windows, special pieces counted, longest first.
    max_cells (int): the most cells in a chunk; a single window may have more.
    RETURNS (list[int]): index after the last window of each chunk.
    """
    n = len(lengths)
    cost = np.zeros(n + 1, dtype=np.int64)  # of the best cut of the first windows
    last_start = np.zeros(n + 1, dtype=np.int64)  # where its last chunk begins
    low = 0
    for end in range(1, n + 1):
        while low < end - 1 and (end - low) * lengths[low] > max_cells:
            low += 1
        if not calls.padded and lengths[low] != lengths[end - 1]:
            low = end - 1
        starts = np.arange(low, end)
        sizes = end - starts
        if calls.n_windows > 1:
            starts = starts[(sizes <= calls.n_windows) | (sizes % calls.n_windows == 0)]
            sizes = end - starts
        costs = cost[starts] + sizes * lengths[starts]
        best = int(costs.argmin())
        cost[end], last_start[end] = costs[best] + calls.cost, starts[best]
    ends = []
    while n:
        ends.append(n)
        n = int(last_start[n])
    return ends[::-1]

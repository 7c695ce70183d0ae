"""Tag scores -> spans with exact probabilities: tags, lattice, packing, blockwise, decode."""

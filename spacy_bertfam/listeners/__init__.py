"""How a head receives the vectors of a shared encoder: ours, and those of the two other packages."""

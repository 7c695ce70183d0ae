"""Gold that is probably wrong: each entity against what recognizers find that have not seen it."""

"""Step 7: what `spacy train` takes from us: the optimiser and its schedules."""

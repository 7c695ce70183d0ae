"""What `spacy train` takes from us: the optimizer, its schedules and batches; trainings that stop and go on."""

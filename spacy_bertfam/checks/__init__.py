"""What goes wrong later in a training, told before: one file a family of checks, `run.py` runs them all."""

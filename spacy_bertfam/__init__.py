"""The BERT family in spaCy: encoders, named entities with scores, training and packaging.

Nothing is imported here beyond the version: spaCy finds the components, architectures and
commands through the entry points in ``setup.cfg``, and imports each one when it is asked for.
"""

from .about import __version__

__all__ = ["__version__"]

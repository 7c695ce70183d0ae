"""Files: written whole or not at all, mapped rows, texts as they are read."""

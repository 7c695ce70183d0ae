"""Answering requests: the pipelines in threads of their own, and the web server before them."""

"""Small stand-ins of `fr_dep_news_trf` and `en_core_web_trf`, with either kind of encoder component."""

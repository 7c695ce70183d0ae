"""Small stand-ins of `fr_dep_news_trf` and `en_core_web_trf`, of both generations: `transformer` and `curated_transformer`."""

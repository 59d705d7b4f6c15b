"""One room per outside thing; adapters never import each other."""

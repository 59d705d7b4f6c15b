"""Sound files and codecs."""

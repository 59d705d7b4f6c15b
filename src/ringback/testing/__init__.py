"""Public fakes."""

"""Use cases: async; they see only ports."""

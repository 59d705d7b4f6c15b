"""ringback: a self-hosted voice server for the Callflows API."""

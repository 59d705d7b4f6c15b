"""Outbound HTTP: webhooks and downloads, guarded against private addresses."""

"""HTTP to the program's side: posts to webhooks, fetches sound files; public addresses only by default."""

from ringback.adapters.webhooks.client import WebhookClient
from ringback.adapters.webhooks.downloads import FileDownloads

__all__ = ["FileDownloads", "WebhookClient"]

"""HTTP to the program's side: posts to webhooks, fetches sound files; public addresses only by default."""

from ringback.adapters.webhooks.client import WebhookClient
from ringback.adapters.webhooks.downloads import FileDownloads
from ringback.adapters.webhooks.probe import AddressForbidden, WebhookAnswer, WebhookProbe

__all__ = ["AddressForbidden", "FileDownloads", "WebhookAnswer", "WebhookClient", "WebhookProbe"]

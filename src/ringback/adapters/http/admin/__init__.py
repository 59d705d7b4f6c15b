"""The admin API: what `ringback admin` does, over HTTP below `/admin/v1`."""

from ringback.adapters.http.admin.api import OPERATIONS, admin_routes, rooms

__all__ = ["OPERATIONS", "admin_routes", "rooms"]

"""The tables. Their history is in `migrations`; a test holds the two together.

Times are seconds since the epoch, UTC. What is asked in every pass over the queue and the outbox is asked of a partial
index over the rows at stake, so it costs the same whatever else is stored.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)

HEAD: Final = "0016"
"""The newest revision in `migrations`."""

QUEUED: Final = "QUEUED"
DIALLING: Final = "DIALLING"
ENDED: Final = "ENDED"

HEADMOST: Final = "HEADMOST"
"""State of the oldest undone delivery of its session and type: the one that may be claimed."""
BEHIND: Final = "BEHIND"
"""State of a delivery that waits for an older one of its session and type."""
DONE: Final = "DONE"
DEAD: Final = "DEAD"

metadata = MetaData()

sessions = Table(
    "sessions",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("session_id", String, nullable=False),
    Column("sub_account_id", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("trunk", String, nullable=False),
    Column("state", String, nullable=False),
    Column("valid_until", Float),
    Column("owner", String),
    Column("claimed", Float),
    Column("ended", Float),
    Column("callflow", LargeBinary, nullable=False),
    Column("summary", LargeBinary),
    Column("status", String),
    Column("due", Float),
    Column("retry_of", String),
    Column("attempt", Integer),
)
Index("sessions_by_subaccount", sessions.c.sub_account_id, sessions.c.created)
Index("sessions_by_id", sessions.c.session_id, unique=True)
Index(
    "sessions_queued",
    sessions.c.trunk,
    sessions.c.sub_account_id,
    sessions.c.due,
    sqlite_where=text("state = 'QUEUED'"),
)
Index(
    "sessions_expiring",
    sessions.c.valid_until,
    sqlite_where=text("state = 'QUEUED' AND valid_until IS NOT NULL"),
)
Index(
    "sessions_retries",
    sessions.c.retry_of,
    sessions.c.attempt,
    unique=True,
    sqlite_where=text("retry_of IS NOT NULL"),
)
Index("sessions_dialling", sessions.c.created, sqlite_where=text("state = 'DIALLING'"))

receipts = Table(
    "receipts",
    metadata,
    Column("sub_account_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("created", Float, nullable=False),
    Column("http", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("sub_account_id", "key"),
)
Index("receipts_by_age", receipts.c.created)

timeline = Table(
    "timeline",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("session_seq", Integer, ForeignKey("sessions.seq", ondelete="CASCADE"), nullable=False),
    Column("entries", LargeBinary, nullable=False),
    Column("first_delivery", Integer),
    Column("last_delivery", Integer),
)
Index("timeline_by_session", timeline.c.session_seq)

traces = Table(
    "traces",
    metadata,
    Column("session_seq", Integer, ForeignKey("sessions.seq", ondelete="CASCADE"), nullable=False),
    Column("ended", Float, nullable=False),
    Column("messages", LargeBinary, nullable=False),
    PrimaryKeyConstraint("session_seq"),
)

blanked = Table(
    "blanked",
    metadata,
    Column("sub_account_id", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("sub_account_id"),
)

unblanked = Table(
    "unblanked",
    metadata,
    Column("session_seq", Integer, ForeignKey("sessions.seq", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("session_seq"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("delivery_id", String, nullable=False),
    Column("session_id", String, nullable=False),
    Column("sub_account_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("url", String),
    Column("created", Float, nullable=False),
    Column("state", String, nullable=False),
    Column("due", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("finished", Float),
    Column("reason", String),
    Column("body", LargeBinary, nullable=False),
    Column("seconds", Float),
)
Index("deliveries_dead", deliveries.c.sub_account_id, deliveries.c.seq, sqlite_where=text("state = 'DEAD'"))
Index("deliveries_by_id", deliveries.c.delivery_id, unique=True)
Index("deliveries_due", deliveries.c.due, sqlite_where=text("state = 'HEADMOST'"))
Index(
    "deliveries_headmost",
    deliveries.c.session_id,
    deliveries.c.type,
    unique=True,
    sqlite_where=text("state = 'HEADMOST'"),
)
Index("deliveries_behind", deliveries.c.session_id, deliveries.c.type, sqlite_where=text("state = 'BEHIND'"))

recordings = Table(
    "recordings",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("recording_id", String, nullable=False),
    Column("session_id", String, nullable=False),
    Column("sub_account_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("path", String, nullable=False),
    Column("seconds", Float),
    Column("url", String),
    Column("vru", String),
    Column("clear", Boolean),
)
Index("recordings_by_id", recordings.c.recording_id, unique=True)
Index("recordings_by_session", recordings.c.session_id)
Index("recordings_by_subaccount", recordings.c.sub_account_id, recordings.c.started)
Index("recordings_unfinished", recordings.c.seq, sqlite_where=text("status = 'PROCESSING'"))
Index("recordings_to_clear", recordings.c.seq, sqlite_where=text("clear"))

pushes = Table(
    "pushes",
    metadata,
    Column("recording_seq", Integer, ForeignKey("recordings.seq", ondelete="CASCADE"), nullable=False),
    Column("sub_account_id", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("due", Float, nullable=False),
    Column("held", Float),
    Column("attempts", Integer, nullable=False),
    Column("failed", Float),
    Column("reason", String, nullable=False),
    PrimaryKeyConstraint("recording_seq"),
)
Index("pushes_due", pushes.c.sub_account_id, pushes.c.due, pushes.c.recording_seq)

subaccounts = Table(
    "subaccounts",
    metadata,
    Column("sub_account_id", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("account_id", String, nullable=False, server_default="default"),
    PrimaryKeyConstraint("sub_account_id"),
)
Index("subaccounts_by_account", subaccounts.c.account_id)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String, nullable=False),
    Column("created", Float, nullable=False),
    PrimaryKeyConstraint("account_id"),
)

admin_keys = Table(
    "admin_keys",
    metadata,
    Column("key_hash", String, nullable=False),
    Column("key_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float),
    Column("last_used", Float),
    Column("revoked", Float),
    PrimaryKeyConstraint("key_hash"),
)
Index("admin_keys_by_id", admin_keys.c.key_id, unique=True)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor_id", String, nullable=False),
    Column("actor_name", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("action", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("sub_account_id", String),
    Column("outcome", String, nullable=False),
    Column("fields", String, nullable=False),
)
Index("audit_by_age", audit.c.at)
Index("audit_by_subaccount", audit.c.sub_account_id)
Index("audit_by_action", audit.c.action)


def _subaccount() -> Column[str]:
    return Column(
        "sub_account_id", String, ForeignKey("subaccounts.sub_account_id", ondelete="CASCADE"), nullable=False
    )


api_keys = Table(
    "api_keys",
    metadata,
    Column("key_hash", String, nullable=False),
    Column("key_id", String, nullable=False),
    _subaccount(),
    Column("name", String, nullable=False),
    Column("scopes", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float),
    Column("last_used", Float),
    Column("revoked", Float),
    Column("old_hash", String),
    Column("old_until", Float),
    PrimaryKeyConstraint("key_hash"),
)
Index("api_keys_by_subaccount", api_keys.c.sub_account_id)
Index("api_keys_by_id", api_keys.c.key_id, unique=True)
Index("api_keys_by_old_hash", api_keys.c.old_hash, unique=True, sqlite_where=text("old_hash IS NOT NULL"))

caller_ids = Table(
    "caller_ids",
    metadata,
    _subaccount(),
    Column("digits", String, nullable=False),
    PrimaryKeyConstraint("sub_account_id", "digits"),
)

virtual_numbers = Table(
    "virtual_numbers",
    metadata,
    Column("msisdn", String, nullable=False),
    _subaccount(),
    Column("reference_id", String, nullable=False),
    Column("created", Float),
    Column("updated", Float),
    Column("details", LargeBinary),
    Column("health_check", Boolean),
    PrimaryKeyConstraint("msisdn"),
)
Index("virtual_numbers_by_subaccount", virtual_numbers.c.sub_account_id)
Index("virtual_numbers_checked", virtual_numbers.c.sub_account_id, sqlite_where=text("health_check"))

trunk_health = Table(
    "trunk_health",
    metadata,
    Column("trunk", String, nullable=False),
    Column("is_healthy", Boolean, nullable=False),
    Column("checked", Float, nullable=False),
    Column("changed", Float, nullable=False),
    PrimaryKeyConstraint("trunk"),
)

webhooks = Table(
    "webhooks",
    metadata,
    _subaccount(),
    Column("type", String, nullable=False),
    Column("url", String, nullable=False),
    Column("authorization", String),
    Column("enabled", Boolean, nullable=False),
    Column("secrets", String),
    PrimaryKeyConstraint("sub_account_id", "type"),
)

scenarios = Table(
    "scenarios",
    metadata,
    Column("name", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("template", LargeBinary, nullable=False),
    PrimaryKeyConstraint("name", "version"),
)

scenario_grants = Table(
    "scenario_grants",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("sub_account_id", String, ForeignKey("subaccounts.sub_account_id", ondelete="CASCADE")),
)
Index("scenario_grants_by_subaccount", scenario_grants.c.sub_account_id)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("seq", Integer, primary_key=True),
    _subaccount(),
    Column("digits", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("session_id", String),
)
Index("opt_outs_by_number", opt_outs.c.sub_account_id, opt_outs.c.digits, unique=True)
Index("opt_outs_by_subaccount", opt_outs.c.sub_account_id)

push_targets = Table(
    "push_targets",
    metadata,
    _subaccount(),
    Column("protocol", String, nullable=False),
    Column("host", String, nullable=False),
    Column("port", Integer, nullable=False),
    Column("username", String, nullable=False),
    Column("password", String, nullable=False),
    Column("path", String, nullable=False),
    Column("region", String, nullable=False),
    Column("host_key", String, nullable=False),
    PrimaryKeyConstraint("sub_account_id"),
)

voice_aliases = Table(
    "voice_aliases",
    metadata,
    Column("alias", String(collation="NOCASE"), nullable=False),
    Column("voice", String, nullable=False),
    PrimaryKeyConstraint("alias"),
)

exports = Table(
    "exports",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("job_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("token", String, nullable=False),
    Column("sub_account_id", String, nullable=False),
    Column("created", Float, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False),
    Column("most", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("reached", Float, nullable=False),
    Column("reached_seq", Integer, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("expires", Float),
)
Index("exports_by_id", exports.c.job_id, unique=True)
Index("exports_by_name", exports.c.name, unique=True)
Index("exports_by_subaccount", exports.c.sub_account_id)

numbering = Table(
    "numbering",
    metadata,
    Column("prefix", String, nullable=False),
    Column("operator", String, nullable=False),
    Column("mcc", String, nullable=False),
    Column("mnc", String, nullable=False),
    PrimaryKeyConstraint("prefix"),
)

rates = Table(
    "rates",
    metadata,
    Column("direction", String, nullable=False),
    Column("prefix", String, nullable=False),
    Column("price", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("first", Integer, nullable=False),
    Column("further", Integer, nullable=False),
    PrimaryKeyConstraint("direction", "prefix"),
)

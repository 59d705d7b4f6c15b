"""What the server replies; fields that are not known here are left aside, and what is not said is None."""

from datetime import datetime
from typing import Any

import msgspec

from ringback.client.summary import SessionSummary


class _Reply(msgspec.Struct, frozen=True, rename="camel"):
    """A part of a reply."""


class Notice(_Reply, frozen=True):
    """Something in a callflow that is allowed and hardly meant."""

    path: str
    message: str


class _Judged(_Reply, frozen=True, kw_only=True):
    """A callflow was found without fault."""

    session_status: str
    call_flow_request_id: str | None = None
    valid_until: datetime | None = None
    start_at: datetime | None = None
    status_code: int | None = None
    status_message: str | None = None
    warnings: tuple[Notice, ...] = ()


class Receipt(_Judged, frozen=True, kw_only=True):
    """A callflow was accepted: its session is on the server's disk."""

    session_id: str


class Rehearsal(_Judged, frozen=True, kw_only=True):
    """A callflow would be accepted."""

    voices: tuple[str, ...] = ()
    trunk: str | None = None
    """That would carry the call; None: none would."""


class SpeechProfile(_Reply, frozen=True):
    """A voice."""

    speech_profile_code: str
    """For `voice_profile`."""
    locale_code: str | None = None
    locale_description: str | None = None
    gender: str | None = None


class Webhook(_Reply, frozen=True):
    """Where the server posts what happens."""

    type: str
    """VCA, VCS, VSS, VRU or VNU."""
    url: str
    enabled: bool = True
    http_auth_header_available: bool = False


class PushConfig(_Reply, frozen=True):
    """Where recordings are pushed to."""

    protocol: str
    """S3 or SFTP."""
    host: str
    """A region or the URL of an endpoint with S3."""
    port: int | None = None
    username: str | None = None
    password_set: bool = False
    path: str | None = None
    region: str | None = None
    """Of S3 with the URL of an endpoint."""
    host_key: str | None = None
    """Of SFTP: what the host is known by, given or learned at the first upload."""
    sub_account_id: str | None = None


class Recording(_Reply, frozen=True):
    """A recording of a session."""

    recording_id: str
    status: str
    session_id: str | None = None
    sub_account_id: str | None = None
    external_file_url: str | None = None
    """Where it can be fetched without a key, for some time; None: nowhere."""
    duration: float | None = None
    """Seconds."""
    start_recording_time: datetime | None = None


class NumberHealth(_Reply, frozen=True):
    """Whether calls to a number can arrive."""

    is_healthy: bool | None = None
    """None: not known."""
    status: str | None = None
    last_checked_time: datetime | None = None


class Number(_Reply, frozen=True):
    """A virtual number of the subaccount."""

    msisdn: str
    country_code: str | None = None
    reference_id: str | None = None
    operational_status: str | None = None
    """Active, Unhealthy, Expiring or Inactive."""
    date_created: datetime | None = None
    date_updated: datetime | None = None
    rental_price: float | None = None
    incoming_rate: float | None = None
    billing_unit: int | None = None
    """Seconds."""
    billing_currency: str | None = None
    number_type: str | None = None
    uri: str | None = None
    number_health_check_enabled: bool | None = None
    number_health: NumberHealth | None = None


class ScenarioParameter(_Reply, frozen=True):
    """A field of `scenario_params`."""

    name: str
    type: str
    """string, integer, msisdn, boolean, enum, voice, language or url."""
    required: bool
    description: str = ""
    default: str | int | bool | None = None
    """What counts where it is absent."""
    max_length: int | None = None
    """Characters of a string."""
    minimum: int | None = None
    """Of an integer."""
    maximum: int | None = None
    values: tuple[str, ...] | None = None
    """Those that an enum takes."""


class Scenario(_Reply, frozen=True):
    """What `ExecuteScenario` may name."""

    scenario_name: str
    version: int
    """The one that a callflow gets now."""
    description: str = ""
    opt_out: bool = False
    """Whether callees can opt out: then numbers on the opt-out list are not called."""
    parameters: tuple[ScenarioParameter, ...] = ()


class SessionScenario(_Reply, frozen=True):
    """Which scenario a session executes."""

    name: str
    version: int


class OptOut(_Reply, frozen=True):
    """A number that wants no more calls."""

    msisdn: str
    created_at: datetime
    session_id: str | None = None
    """In whose call the key was pressed; None: an operator or a program added it."""


class Export(_Reply, frozen=True):
    """Where an export of calls stands."""

    status: str
    """queued, running, succeeded, failed, cancelled, empty or error."""
    data: tuple[str, ...] = ()
    """Links to the files, once it has succeeded."""
    expires: datetime | None = None
    """When the links end."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status not in {"queued", "running"}


class ListedSession(_Reply, frozen=True):
    """A session, as it is listed."""

    session_id: str
    session_status: str
    """QUEUED, IN_PROGRESS, or how it ended."""
    created_at: datetime
    due_at: datetime | None = None
    """When it may first call, while it is queued."""
    ended_at: datetime | None = None
    client_request_id: str | None = None
    source: str | None = None
    destination: str | None = None
    scenario: SessionScenario | None = None
    call_count: int | None = None
    error_code: int | None = None


class Leg(_Reply, frozen=True):
    """A call of a session."""

    name: str
    """`callA`, `callB`, …"""
    call_id: str
    source: str
    destination: str
    call_direction: str | None = None
    initiated_at: datetime | None = None
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    call_status: str | None = None
    """None: it goes on."""
    sip_code: int | None = None
    mos: float | None = None


class TimelineEntry(_Reply, frozen=True):
    """Something that happened in a session."""

    timestamp: datetime
    event: str
    """Such as `callee-answered` or `dtmf-received`."""
    details: dict[str, Any] = {}


class Event(_Reply, frozen=True):
    """Something that happens in a session at this moment."""

    session_id: str
    timestamp: datetime
    event: str
    details: dict[str, Any] = {}


class Delivery(_Reply, frozen=True):
    """A webhook post, and what became of it."""

    delivery_id: str
    type: str
    state: str
    """waiting, done or dead."""
    session_id: str | None = None
    tries: int | None = None
    created_at: datetime | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    last_try_seconds: float | None = None
    reason: str | None = None
    """Why the last try failed."""


class Session(_Reply, frozen=True):
    """All that is known of a session."""

    session_id: str
    session_status: str
    """QUEUED, IN_PROGRESS, or how it ended."""
    created_at: datetime
    sub_account_id: str | None = None
    due_at: datetime | None = None
    """When it may first call, while it is queued."""
    waits_for: str | None = None
    """`start`, `quietHours` or `channel`, while it is queued."""
    retry_of: str | None = None
    """The first of the sessions that try the same."""
    attempt: int | None = None
    """Which retry it is."""
    retried_by: str | None = None
    """The session that tries again."""
    ended_at: datetime | None = None
    scenario: SessionScenario | None = None
    legs: tuple[Leg, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    recordings: tuple[Recording, ...] = ()
    """Without links: ask `recordings` for them."""
    summary: SessionSummary | None = None
    """What the VSS says, once it has ended."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.summary is not None

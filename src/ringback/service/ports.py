"""What the use cases need of the outside, named for the need.

Adapters implement these Protocols; `ringback.testing` has fakes for tests.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ringback.domain.callflow import Callflow
from ringback.domain.inventory import InventoryNumber
from ringback.domain.number import Number
from ringback.domain.recording import Recording
from ringback.domain.scenario import Scenario
from ringback.domain.session import Session
from ringback.domain.settings import Settings
from ringback.domain.voice import Voice
from ringback.engine.events import Event
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.key_store import KeyStore
from ringback.service.opt_out_store import OptOutStore

# ---------------------------------------------------------------- time


class Clock(Protocol):
    """The two clocks of the machine."""

    def now(self) -> float:
        """Give seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Give seconds that never go back."""


# ---------------------------------------------------------------- telephone


class TrunkRoute(msgspec.Struct, frozen=True):
    """A trunk as the queue sees it."""

    name: str
    prefixes: tuple[str, ...] = ("",)
    """Of the destination's digits; the longest match of all trunks wins."""
    channels: int = 100
    calls_per_second: float = 10.0
    ring_timeout: float = 60.0


class Prompt(Protocol):
    """A sound ready to be played; only Audio and Telephone look inside."""

    @property
    def key(self) -> str:
        """What makes it the same as another."""

    @property
    def duration(self) -> float:
        """Length in seconds."""


class SipMessage(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A SIP message of a leg as it was sent or received, but for what opens a door: passwords' digests, media keys."""

    call_id: str
    at: float
    """Seconds since the epoch."""
    sent: bool
    local: str
    """`host:port` of ours."""
    peer: str
    """`host:port` of the far end."""
    message: bytes


class SipTrace(msgspec.Struct, frozen=True, array_like=True):
    """The SIP messages of a session, in the order in which they went and came."""

    messages: Sequence[SipMessage] = ()
    left_out: int = 0
    """Later ones, beyond what is kept."""


class IncomingCall(msgspec.Struct, frozen=True):
    """A caller waits: settle with `Telephone.ring`, `answer` or `reject`."""

    call_id: str
    source: tuple[str, int]
    """Address and port that the INVITE came from."""
    called: str
    """User part of the Request-URI, as it came."""
    caller: str
    """User part of the caller's identity, as it came; empty or a word where it is withheld."""
    trunk: str = ""
    """The trunk whose networks it came from; empty where there are no trunks."""


class PacketsKept(msgspec.Struct, frozen=True):
    """The file of a leg's packets is complete, or as far as it came."""

    packets: int
    """In the file."""
    dropped: int
    """Not in it."""
    fault: str
    """Why it is not complete; empty where it is."""


class Telephone(Protocol):
    """Places calls and plays to them. Commands never block; what happens is told to the leg's `tell`.

    A command for a leg that is over is ignored. Leg events are those of `ringback.engine.events` with a `call_id`.
    """

    def dial(
        self,
        call_id: str,
        trunk: str,
        source: Number,
        destination: Number,
        tell: Callable[[Event], None],
        *,
        beside: str | None = None,
    ) -> None:
        """Send an INVITE through a trunk; told LegRinging, LegAnswered, LegRefused or LegUnreachable.

        `beside`: the call that it may be bridged with; only codecs are offered that can be relayed to that.
        """

    def hang_up(self, call_id: str) -> None:
        """CANCEL or BYE; told LegRefused or LegHungUp, also if it is up at the far end only."""

    def attend(self, call_id: str, tell: Callable[[Event], None]) -> None:
        """Let `tell` know what happens to a caller's leg: LegAnswered, LegRefused, LegHungUp, ….

        LegHungUp before the answer: the caller left.
        """

    def ring(self, call_id: str) -> None:
        """Tell a caller that it rings (180)."""

    def answer(self, call_id: str) -> None:
        """Take a caller's call; told LegAnswered when it is confirmed, LegRefused where nothing can be agreed on."""

    def reject(self, call_id: str, status: int) -> None:
        """Refuse a caller with a final response of 300..699; nothing is told."""

    def play(self, call_id: str, play_id: int, prompt: Prompt, repetition: int) -> None:
        """Play a prompt; told PlayFinished."""

    def stop_play(self, call_id: str) -> None:
        """Stop what plays, the ringback tone included."""

    def start_ringback(self, call_id: str) -> None:
        """Play the ringback tone until stop_play."""

    def record(self, call_id: str, path: str, done: Callable[[PacketsKept], None]) -> None:
        """Keep every packet of a leg, both ways, in a new file; `done` is called once, when the leg is over."""

    def bridge(self, call_id: str, other: str) -> None:
        """Connect two legs."""

    def unbridge(self, call_id: str, other: str) -> None:
        """Part two legs."""


# ---------------------------------------------------------------- voices and sound


class Pcm(msgspec.Struct, frozen=True):
    """Sound: mono samples, signed 16 bits, host byte order."""

    samples: bytes
    rate: int
    """Hz."""
    from_disk: bool = False
    """Whether all of it was spoken before and kept."""


class SynthesisFailed(Exception):
    """The text could not be spoken (-2005)."""


class FetchFailed(Exception):
    """The file could not be fetched or decoded (-2006)."""


class Speech(Protocol):
    """Voices."""

    def voices(self) -> Sequence[Voice]:
        """List what is installed; the order within a locale is that of preference."""

    async def synthesize(self, text: str, voice: str, speed: float) -> Pcm:
        """Speak a text. Raises SynthesisFailed."""


class Audio(Protocol):
    """Sound files and telephone codecs."""

    async def decode(self, content: bytes) -> Pcm:
        """Decode a wav or mp3 file. Raises FetchFailed."""

    async def encode(self, key: str, sound: Pcm) -> Prompt:
        """Make a prompt of a sound."""


class Files(Protocol):
    """Fetches sound files."""

    async def fetch(self, url: str) -> bytes:
        """GET an http or https URL within bounds of size, time and redirects. Raises FetchFailed."""


class Mixed(msgspec.Struct, frozen=True):
    """A sound file that was made of a leg's packets."""

    started: int
    """Of its first sample, nanoseconds since the epoch."""
    seconds: float
    rate: int
    """Hz."""
    channels: int
    packets: int
    """Whose sound is in it."""
    dropped: int
    """Of sound, that came twice, too late, or cannot be read."""
    truncated: bool
    """The packets end before the call did, or it was longer than one file may be."""


class MixdownFailed(Exception):
    """No sound file could be made of a leg's packets, which are left as they are."""


class Mixdown(Protocol):
    """Makes sound files of the packets that `Telephone.record` kept."""

    async def mix(self, tap: Path, sound: Path, channels: int) -> Mixed:
        """Make a file, wav or mp3 by its suffix; 2 channels: left what the far end said, right what it heard.

        1: both together. Raises MixdownFailed.
        """


# ---------------------------------------------------------------- the program's webhooks


class Answer(msgspec.Struct, frozen=True):
    """What a webhook answered."""

    status: int
    body: bytes


class NotReached(Exception):
    """A webhook could not be reached: refused, timed out, name unknown, or its address is not allowed."""


class Callbacks(Protocol):
    """Posts JSON to the program's webhooks."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Answer:  # noqa: ASYNC109
        """POST a JSON body; at most 256 KiB of the answer are read. Raises NotReached."""


# ---------------------------------------------------------------- the store


class WebhookType(msgspec.Struct, frozen=True):
    """A webhook as configured by a subaccount."""

    type: str
    """`VCA`, `VCS`, `VSS`, `VRU` or `VNU`."""
    url: str
    authorization: str | None = None
    """Sent verbatim as `Authorization`."""
    enabled: bool = True
    secrets: tuple[str, ...] = ()
    """That sign posts, the newest first; see `ringback.service.signing`."""


class VirtualNumber(msgspec.Struct, frozen=True):
    """A number of a subaccount's inventory."""

    msisdn: str
    """Digits without the plus."""
    reference_id: str


class Subaccount(msgspec.Struct, frozen=True):
    """A tenant with everything that a request of it needs."""

    sub_account_id: str
    caller_ids: frozenset[str] = frozenset()
    """Digits of allowed caller IDs, and patterns such as `1555*`."""
    numbers: Mapping[str, VirtualNumber] = {}
    """Virtual numbers by their digits."""
    webhooks: Mapping[str, WebhookType] = {}
    """By type, disabled ones included."""
    scenarios: Mapping[str, Scenario] = {}
    """Those that it may execute, by name."""
    settings: Settings = Settings()
    account_id: str = DEFAULT_ACCOUNT


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it enters the queue."""

    session_id: str
    sub_account_id: str
    request_id: str
    created: float
    trunk: str
    """Empty where no trunk serves the destination: claimed at once, it ends with -2004."""
    callflow: Callflow
    due: float = 0.0
    """When it may first be claimed, seconds since the epoch; what is past, such as 0: as soon as it is there."""
    retry_of: str | None = None
    """As `Session.retry_of`."""
    attempt: int = 0
    """As `Session.attempt`."""


class KeptReceipt(msgspec.Struct, frozen=True):
    """The answer to a request that carried an Idempotency-Key."""

    sub_account_id: str
    key: str
    digest: bytes
    """SHA-256 of the request's body."""
    created: float
    http: int
    body: bytes


class QueuedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session claimed from the queue; its dialling is on disk."""

    session_id: str
    sub_account_id: str
    request_id: str
    created: float
    trunk: str
    callflow: Callflow
    retry_of: str | None = None
    """As `Session.retry_of`."""
    attempt: int = 0
    """As `Session.attempt`."""


class TimelineEntry(msgspec.Struct, frozen=True):
    """Something that happened in a session."""

    at: float
    name: str
    """Such as `leg-answered`, `digit-pressed`, `prompt-rendered`."""
    details: Mapping[str, Any] = {}


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook post that must reach the program."""

    delivery_id: str
    session_id: str | None
    """None: of the subaccount, such as a VNU."""
    sub_account_id: str
    type: str
    """`VCS`, `VSS`, `VNU`, … or `DTMF` for the old digits callback."""
    body: bytes
    created: float
    url: str | None = None
    """None: the subaccount's webhook of that type as configured when it is sent."""


class DueDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery claimed for sending: the oldest one of its session and type that is not done."""

    delivery_id: str
    session_id: str | None
    sub_account_id: str
    type: str
    body: bytes
    created: float
    attempts: int
    """Tries so far."""
    url: str | None
    """None: the webhook was removed or disabled since."""
    authorization: str | None
    secrets: tuple[str, ...] = ()


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery as stored."""

    place: int
    """In the order in which they were put into the outbox."""
    delivery_id: str
    session_id: str | None
    type: str
    url: str | None
    """None: the subaccount's webhook of that type."""
    created: float
    state: str
    """`WAITING`, `DONE` or `DEAD`."""
    tries: int
    due: float
    """The next try of one that waits."""
    finished: float | None
    seconds: float | None
    """How long the last try took; None before there was one."""
    reason: str | None
    """Why the last try that failed did."""
    body: bytes


class SessionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A session as stored."""

    session_id: str
    sub_account_id: str
    state: str
    """`QUEUED`, `DIALLING` or `ENDED`."""
    created: float
    due: float | None
    """When it may first be claimed; None: it left the queue before that was noted."""
    callflow: Callflow
    """The first one."""
    retry_of: str | None = None
    """As `Session.retry_of`."""
    attempt: int = 0
    """As `Session.attempt`."""
    summary: Session | None = None
    timeline: Sequence[TimelineEntry] = ()


class SessionFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions are listed."""

    sub_account_id: str
    status: str | None = None
    """`QUEUED`, `DIALLING`, or how it ended, such as `BUSY`; None: whatever."""
    since: float = 0.0
    """Created then or later; seconds since the epoch."""
    until: float = float("inf")
    """Created earlier."""
    before: tuple[float, int] | None = None
    """The `place` of the last one of the page before."""
    limit: int = 50


class ListedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session in a list."""

    place: tuple[float, int]
    """In the order of the list: when it was created, and a number that makes it unique."""
    session_id: str
    state: str
    """`QUEUED`, `DIALLING` or `ENDED`."""
    callflow: Callflow
    due: float | None
    """As that of a SessionRecord."""
    summary: Session | None


class Overloaded(Exception):
    """Too much is waiting to be written; the request was not taken and may be sent again."""


class Store(KeyStore, OptOutStore, Protocol):
    """Everything durable. Every method that writes returns after its COMMIT."""

    # -- tenants
    async def subaccount(self, sub_account_id: str) -> Subaccount | None:
        """Read a tenant; may be as old as one second."""

    async def number_owner(self, digits: str) -> str | None:
        """Give the subaccount whose virtual number this is."""

    async def list_numbers(self, sub_account_id: str) -> Sequence[InventoryNumber]:
        """List the virtual numbers with all that is known of them, in the order of their digits."""

    async def any_number_checked(self) -> bool:
        """Tell whether the health of any virtual number is to be checked."""

    async def note_trunk_health(self, healthy: Mapping[str, bool], now: float) -> None:
        """Note which trunks answer, all that there are, and tell the programs whose numbers that changes."""

    async def set_webhook(self, sub_account_id: str, webhook: WebhookType) -> None:
        """Add or replace the webhook of a type; the secrets of one that was there stay.

        One for VNU is told all numbers at once.
        """

    async def rotate_secret(self, sub_account_id: str, type_: str, secret: str | None) -> bool:
        """Let a webhook's posts be signed with a secret, and with the one before it; None: signed no longer.

        False if there is no such webhook.
        """

    async def delete_webhook(self, sub_account_id: str, type_: str) -> WebhookType | None:
        """Remove a webhook and give what it was."""

    # -- sessions
    async def create_session(self, session: NewSession) -> None:
        """Put a session on disk, queued."""

    async def create_once(self, receipt: KeptReceipt, session: NewSession | None) -> KeptReceipt | None:
        """Keep a receipt and put its session on disk, queued; or give the receipt that its key got within a day.

        Then nothing is written.
        """

    async def forget_receipts(self, now: float, limit: int) -> int:
        """Remove receipts that are not given again any more, `limit` at most; give how many there were."""

    async def begin_session(self, session: NewSession, owner: str, now: float) -> None:
        """Put the session of a caller on disk, in DIALLING: it never was in the queue."""

    async def append_timeline(
        self, session_id: str, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery] = ()
    ) -> None:
        """Add to a session's timeline and to the outbox in one transaction."""

    async def end_session(
        self,
        summary: Session,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        trace: SipTrace | None = None,
        retry: NewSession | None = None,
    ) -> bool:
        """Store summary, last timeline, deliveries and trace in one transaction; False if it had ended before.

        `retry`: is queued in that transaction, too.
        """

    async def unfinished_sessions(self, limit: int) -> Sequence[QueuedSession]:
        """List sessions in DIALLING: at start, those that a crash left."""

    async def session(self, session_id: str) -> SessionRecord | None:
        """Read a session with its timeline."""

    async def list_sessions(self, wanted: SessionFilter) -> Sequence[ListedSession]:
        """List sessions of a subaccount, the newest first."""

    async def take_session(self, sub_account_id: str, session_id: str, owner: str, now: float) -> QueuedSession | None:
        """Take a queued session out of the queue, into DIALLING, and give it; None: not queued, or not theirs."""

    async def latest_sessions(self, limit: int) -> Sequence[SessionRecord]:
        """List the sessions created last, the newest first, without their timelines."""

    async def trace(self, session_id: str) -> SipTrace | None:
        """Read the SIP messages of a session that ended; None where they were not kept, or are forgotten."""

    async def forget_traces(self, before: float, limit: int) -> int:
        """Remove the traces of sessions that ended before a time, `limit` at most; give how many there were."""

    # -- recordings
    async def begin_recording(self, recording: Recording) -> None:
        """Put a recording on disk, in PROCESSING; one that is there stays as it is."""

    async def finish_recording(
        self, recording: Recording, entries: Sequence[TimelineEntry], deliveries: Sequence[NewDelivery]
    ) -> bool:
        """Store what came of a recording, with timeline and deliveries in one transaction.

        One that is not there is put there. False, and nothing is written, where it had this status before, or one
        that is final.
        """

    async def recordings(self, session_id: str) -> Sequence[Recording]:
        """List the recordings of a session in the order of their beginnings."""

    async def unfinished_recordings(self) -> Sequence[Recording]:
        """List what is in PROCESSING: at start, what an earlier run left."""

    async def old_recordings(self, before: Mapping[str, float], limit: int) -> Sequence[Recording]:
        """List what began before a time, by subaccount, and is not in PROCESSING; the oldest of each first."""

    async def remove_recordings(self, recording_ids: Sequence[str]) -> None:
        """Remove the rows of recordings."""

    # -- the outbox
    async def claim_deliveries(self, limit: int, now: float, lease: float) -> Sequence[DueDelivery]:
        """Take due deliveries, in order per session and type; untouched they are due again after `lease` seconds."""

    async def next_delivery_due(self) -> float | None:
        """Give the time at which the next delivery is due."""

    async def waiting_deliveries(self) -> Mapping[str, int]:
        """Count the deliveries that are not done, by state: WAITING or DEAD."""

    async def delivery_done(self, delivery_id: str, now: float, seconds: float | None = None) -> bool:
        """Mark as taken by the program; tell whether the next of its session and type became due.

        `seconds`: how long the try took; None where nobody was asked.
        """

    async def delivery_failed(
        self, delivery_id: str, now: float, next_attempt: float | None, reason: str, seconds: float | None = None
    ) -> bool:
        """Count a failed try: due again at `next_attempt`, or dead with None; tell whether the next became due."""

    async def dead_deliveries(self, sub_account_id: str, before: int | None, limit: int) -> Sequence[DeliveryRecord]:
        """List what a subaccount's program never took, the newest first; `before`: the `place` of the last one seen."""

    async def redeliver(self, sub_account_id: str, delivery_id: str, now: float) -> DeliveryRecord | None:
        """Send a delivery that is done or dead once more, in its turn; None where there is no such one of theirs."""

    async def deliveries_of(self, session_id: str) -> Sequence[DeliveryRecord]:
        """List what a session put into the outbox, in that order."""

"""What pushes of recordings need of the store."""

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from ringback.domain.push import PushTarget
from ringback.domain.recording import Recording
from ringback.service.ports import NewDelivery, TimelineEntry


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that is to be pushed, claimed for a try."""

    recording: Recording
    created: float
    """When it was to be pushed, or when the target was last set: seconds since the epoch."""
    attempts: int
    """Tries that failed since."""
    reason: str
    """Why the last of them did; empty where there was none."""
    target: PushTarget | None
    """None: the subaccount lets nothing be pushed any more."""


class WaitingPushes(msgspec.Struct, frozen=True):
    """What a subaccount has to push."""

    count: int
    reason: str
    """Why the latest try that failed did; empty where none failed."""


class PushStore(Protocol):
    """The pushes of the store. Every method that writes returns after its COMMIT."""

    async def push_target(self, sub_account_id: str) -> PushTarget | None:
        """Read where a subaccount lets its recordings be pushed to."""

    async def set_push_target(self, sub_account_id: str, target: PushTarget, now: float) -> PushTarget:
        """Add or replace a target and give it; what waits is due at once, and its tries are counted anew.

        A host key that was learned stays where protocol, host and port do and the new target has none.
        """

    async def remove_push_target(self, sub_account_id: str, now: float) -> PushTarget | None:
        """Remove a target and give what it was; what waits is due at once."""

    async def learn_host_key(self, sub_account_id: str, target: PushTarget, key: str) -> PushTarget | None:
        """Keep the key of a target that has none, and give the target as it is then; None: it is another one now."""

    async def waiting_pushes(self, sub_account_id: str) -> WaitingPushes:
        """Count what a subaccount has to push."""

    async def add_push(self, recording: Recording, entries: Sequence[TimelineEntry], now: float) -> bool:
        """Let a recording whose sound file was made wait to be pushed, with the timeline in one transaction.

        It is in PROCESSING until then. False, and nothing is written, where it waits or is done already. Raises
        UnknownSession.
        """

    async def claim_push(self, busy: Collection[str], now: float, lease: float) -> Push | None:
        """Take the push that is due for the longest, of no subaccount that is busy; None where there is none.

        Untouched it is due again after `lease` seconds.
        """

    async def hold_push(self, recording_id: str, until: float) -> None:
        """Let nobody else take a push before a time."""

    async def release_push(self, recording_id: str, due: float) -> None:
        """Let a push that was no try be due at a time."""

    async def push_failed(
        self, recording: Recording, reason: str, now: float, due: float, entries: Sequence[TimelineEntry]
    ) -> None:
        """Count a try that failed; the push is due again at `due`. With the timeline in one transaction."""

    async def end_push(
        self,
        recording: Recording,
        entries: Sequence[TimelineEntry],
        deliveries: Sequence[NewDelivery],
        *,
        clear: bool = False,
    ) -> bool:
        """Store what came of a push with timeline and deliveries in one transaction; False: it waits no longer.

        What comes of the VRU among the deliveries is the recording's last status, where it was pushed. `clear`: the
        local file is not needed any more.
        """

    async def retry_pushes(self, sub_account_id: str, now: float) -> int:
        """Let what a subaccount has in UPLOAD_FAILED wait again, in PROCESSING, and give how many there are."""

    async def recordings_to_clear(self, limit: int) -> Sequence[Recording]:
        """List recordings whose local files are not needed any more."""

    async def recording_cleared(self, recording_id: str) -> None:
        """Note that a local file is removed."""

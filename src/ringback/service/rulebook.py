"""What the callflows of each subaccount are held to."""

from collections.abc import Callable, Mapping, Sequence

from ringback.domain.caller_ids import allowed
from ringback.domain.validation import Rules
from ringback.domain.voice import DEFAULT_ALIASES, Catalogue, SpeechProfile, Voice
from ringback.service.ports import Subaccount

MAX_KEPT = 10_000
"""Subaccounts whose rules are kept."""


class Rulebook:
    """Makes the rules of a subaccount once and keeps them until it changes."""

    def __init__(
        self,
        voices: Callable[[], Sequence[Voice]],
        *,
        fallback_to_locale: bool,
        max_actions: int,
        body_bytes: int,
        records: bool = False,
    ) -> None:
        """`voices`: lists what is installed now; `records`: calls can be recorded."""
        self._voices = voices
        self._fallback_to_locale = fallback_to_locale
        self._max_actions = max_actions
        self._body_bytes = body_bytes
        self._records = records
        self._kept: dict[str, tuple[Subaccount, Rules]] = {}
        self._catalogue = Catalogue(())
        self.refresh({})

    @property
    def body_bytes(self) -> int:
        """Longest request body."""
        return self._body_bytes

    def refresh(self, aliases: Mapping[str, str]) -> None:
        """Take the configured voice aliases (they win over the built-in ones) and what is installed now."""
        self._catalogue = Catalogue(
            self._voices(), {**DEFAULT_ALIASES, **aliases}, fallback_to_locale=self._fallback_to_locale
        )
        self._kept.clear()

    def profiles(self) -> Sequence[SpeechProfile]:
        """List the voices for `GET /speech-profiles`."""
        return self._catalogue.profiles()

    def rules(self, subaccount: Subaccount) -> Rules:
        """Give the rules for a subaccount as it is now."""
        kept = self._kept.get(subaccount.sub_account_id)
        if kept is not None and kept[0] is subaccount:
            return kept[1]
        vca = subaccount.webhooks.get("VCA")
        rules = Rules(
            allowed_sources=allowed(subaccount.caller_ids, subaccount.numbers),
            catalogue=self._catalogue,
            vca_enabled=vca is not None and vca.enabled,
            settings=subaccount.settings,
            scenarios=subaccount.scenarios,
            records=self._records,
            max_actions=self._max_actions,
            body_bytes=self._body_bytes,
        )
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[subaccount.sub_account_id] = (subaccount, rules)
        return rules

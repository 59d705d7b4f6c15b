"""Keys of SRTP in session descriptions (SDES, RFC 4568), also offered beside plain RTP (RFC 8643).

```
  required   m=audio 20000 RTP/SAVP 0 8 101        optional   m=audio 20000 RTP/AVP 0 8 101
             a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:<30 bytes in base64>
             a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:<30 others>
```

Every end says with which key it sends. A line that cannot be used is passed over for the next one: another cipher, a
key with an MKI, a parameter that must be heeded and is not known here.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SUITES: Final = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32")
"""The ciphers that we have, in our order of preference (RFC 4568, section 6.2)."""
KEY_BYTES: Final = 30
"""Master key (16) and master salt (14) of either suite."""
MAX_LINES: Final = 16
"""`a=crypto` lines of a medium that are looked at."""

_LINE: Final = re.compile(r"(?P<tag>[0-9]{1,9})\s+(?P<suite>\S+)\s+inline:(?P<key>[^\s;]+)(?P<parameters>(?:\s+\S+)*)")
_LIFETIME: Final = re.compile(r"(?:2\^)?[0-9]{1,20}")
_PASSED_OVER: Final = re.compile(r"WSH=[0-9]{2,}|-.*")
"""Session parameters that may be passed over: the size of a replay window, and those marked as optional."""


class Policy(StrEnum):
    """Whether a leg's media is encrypted."""

    OFF = "off"
    OPTIONAL = "optional"
    """Where the far end can, too."""
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Crypto:
    """An `a=crypto` line: a suite of ours, and the key that who says it sends with."""

    tag: int
    suite: str
    key: bytes

    @classmethod
    def parse(cls, value: str) -> "Crypto | None":
        """Read what follows `a=crypto:`; None where we cannot use it.

        `inline:KEY[|LIFETIME][|MKI:LENGTH]`: how long the far end uses its key is its own affair; an MKI would stand in
        every packet.
        """
        found = _LINE.fullmatch(value.strip())
        if found is None or found["suite"] not in SUITES:
            return None
        encoded, *limits = found["key"].split("|")
        if len(limits) > 1 or not all(_LIFETIME.fullmatch(limit) for limit in limits):
            return None
        if not all(_PASSED_OVER.fullmatch(parameter) for parameter in found["parameters"].split()):
            return None
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return None
        return cls(int(found["tag"]), found["suite"], key) if len(key) == KEY_BYTES else None

    def __str__(self) -> str:
        """Write the attribute's value."""
        return f"{self.tag} {self.suite} inline:{base64.b64encode(self.key).decode()}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What an offer and its answer agreed on."""

    suite: str
    send: bytes
    receive: bytes


@dataclass(frozen=True, slots=True)
class Securing:
    """How a leg's media is to be encrypted."""

    policy: Policy
    new_key: Callable[[], bytes]
    """Gives 30 random bytes; a key is never used for two things."""
    agreed: Keys | None = None
    """By the offer and answer before this one."""

    def lines(self) -> tuple[Crypto, ...]:
        """Give the lines of an offer of ours, with new keys: it may lead to another far end than the last one."""
        if self.policy is Policy.OFF:
            return ()
        return tuple(Crypto(tag, suite, self.new_key()) for tag, suite in enumerate(SUITES, 1))

    def answer(self, offered: Sequence[Crypto]) -> tuple[Crypto, Keys] | None:
        """Take the first of the lines of an offer; None where nothing is to be encrypted, or there is none.

        While the far end keeps its key, ours stays, too: the packet counters on both sides go on.
        """
        if self.policy is Policy.OFF or not offered:
            return None
        theirs = offered[0]
        agreed = self.agreed
        kept = agreed is not None and (agreed.suite, agreed.receive) == (theirs.suite, theirs.key)
        ours = agreed.send if agreed is not None and kept else self.new_key()
        return Crypto(theirs.tag, theirs.suite, ours), Keys(theirs.suite, ours, theirs.key)


PLAIN: Final = Securing(Policy.OFF, bytes)
"""No encryption; its keys are never asked for."""


def settle(offered: Sequence[Crypto], answered: Sequence[Crypto]) -> Keys | None:
    """Find the line of our offer that an answer took; None where there is none of its tag and suite."""
    for theirs in answered:
        for ours in offered:
            if (ours.tag, ours.suite) == (theirs.tag, theirs.suite):
                return Keys(ours.suite, ours.key, theirs.key)
    return None

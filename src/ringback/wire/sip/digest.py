"""Digest authentication (RFC 7616, RFC 8760; without qop RFC 2069)."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ringback.wire.sip.text import quote, unquote

_PARAM = re.compile(r"""\s*([A-Za-z0-9_.-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*(?:,|$)""", re.DOTALL)


def _sha_512_256(data: bytes) -> str:
    return hashlib.new("sha512_256", data).hexdigest()


_HASHES: dict[str, Callable[[bytes], str]] = {
    "SHA-512-256": _sha_512_256,
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data).hexdigest(),  # noqa: S324 - what the far end asks for
}
"""Strongest first (RFC 8760, section 2.4)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to a trunk."""

    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """A WWW-Authenticate or Proxy-Authenticate of the scheme Digest."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """As written, a `-sess` suffix included."""
    opaque: str | None = None
    qop: tuple[str, ...] = ()
    stale: bool = False

    @classmethod
    def parse(cls, value: str) -> "Challenge":
        """Read a challenge. Raises ValueError where it is no Digest or lacks realm or nonce."""
        scheme, _, rest = value.strip().partition(" ")
        params: dict[str, str] = {}
        for match in _PARAM.finditer(rest):
            params.setdefault(match[1].lower(), unquote(match[2]))
        if scheme.lower() != "digest" or "realm" not in params or "nonce" not in params:
            message = "not a Digest challenge"
            raise ValueError(message)
        return cls(
            realm=params["realm"],
            nonce=params["nonce"],
            algorithm=params.get("algorithm", "MD5"),
            opaque=params.get("opaque"),
            qop=tuple(option.strip().lower() for option in params.get("qop", "").split(",") if option.strip()),
            stale=params.get("stale", "").lower() == "true",
        )

    @property
    def strength(self) -> int | None:
        """The place of its algorithm among those we know, 0 the strongest; None: unknown, or a qop we cannot do."""
        name = self.algorithm.upper().removesuffix("-SESS")
        if name not in _HASHES or (self.qop and "auth" not in self.qop):
            return None
        return list(_HASHES).index(name)


def strongest(challenges: Sequence[Challenge]) -> list[Challenge]:
    """Give the strongest challenge that can be answered, one for each realm."""
    chosen: dict[str, Challenge] = {}
    for challenge in challenges:
        strength = challenge.strength
        if strength is None:
            continue
        other = chosen.get(challenge.realm)
        if other is None or other.strength is None or strength < other.strength:
            chosen[challenge.realm] = challenge
    return list(chosen.values())


def authorize(
    challenges: Sequence[Challenge],
    credentials: Credentials,
    method: str,
    uri: str,
    body: bytes,
    cnonce: str,
    nonce_count: int,
) -> str | None:
    """Give the value of the Authorization or Proxy-Authorization that answers the strongest of several challenges.

    None where none of them can be answered. `nonce_count`: how often this nonce was used, this time included.
    See RFC 7616, section 3.4.
    """
    choice = min((c for c in challenges if c.strength is not None), key=lambda c: c.strength or 0, default=None)
    return None if choice is None else _answer(choice, credentials, method, uri, cnonce, nonce_count)


def _answer(
    challenge: Challenge, credentials: Credentials, method: str, uri: str, cnonce: str, nonce_count: int
) -> str:
    hashed = _HASHES[challenge.algorithm.upper().removesuffix("-SESS")]
    secret = hashed(f"{credentials.username}:{challenge.realm}:{credentials.password}".encode())
    if challenge.algorithm.upper().endswith("-SESS"):
        secret = hashed(f"{secret}:{challenge.nonce}:{cnonce}".encode())
    request = hashed(f"{method}:{uri}".encode())
    parts = [
        f"username={quote(credentials.username)}",
        f"realm={quote(challenge.realm)}",
        f"nonce={quote(challenge.nonce)}",
        f"uri={quote(uri)}",
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.qop:
        count = f"{nonce_count:08x}"
        response = hashed(f"{secret}:{challenge.nonce}:{count}:{cnonce}:auth:{request}".encode())
        parts += ["qop=auth", f"nc={count}", f"cnonce={quote(cnonce)}"]
    else:
        response = hashed(f"{secret}:{challenge.nonce}:{request}".encode())
    parts.append(f"response={quote(response)}")
    if challenge.opaque is not None:
        parts.append(f"opaque={quote(challenge.opaque)}")
    return "Digest " + ", ".join(parts)

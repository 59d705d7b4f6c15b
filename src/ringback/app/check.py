"""`ringback check`: judges a callflow offline."""

import sys
import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from ringback.adapters.speech import open_voices
from ringback.app.config import Config
from ringback.domain.caller_ids import allowed
from ringback.domain.execution import strict
from ringback.domain.shipped import SHIPPED
from ringback.domain.validation import Verdict, validate
from ringback.domain.verdict import Rules
from ringback.service.ports import Subaccount
from ringback.service.rulebook import Rulebook


class AnySource(frozenset[str]):
    """The set of all numbers: offline nobody knows which ones a subaccount may call from."""

    __slots__ = ()

    def __contains__(self, _number: object) -> bool:
        """Hold every number."""
        return True


def check(config: Config, file: str, sources: tuple[str, ...], *, vca: bool) -> bool:
    """Judge a file (`-`: standard input), print the verdict, and tell whether it is accepted and can run.

    Raises OSError.

    `sources`: digits of the allowed caller IDs, all where there are none; `vca`: whether a VCA webhook is enabled.
    """
    body = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    verdict = validate(body, rules(config, sources, vca=vca), time.time())
    show(verdict, Console(highlight=False, soft_wrap=True))
    return strict(verdict).callflow is not None


def rulebook(config: Config) -> Rulebook:
    """Give what callflows are held to as a server would that starts now, but for voice aliases."""
    voices = open_voices(cache=Path(config.voices.cache), cache_bytes=0, workers=1)
    return Rulebook(
        voices.voices,
        fallback_to_locale=config.voices.fallback_to_locale,
        max_actions=config.limits.max_actions,
        body_bytes=config.limits.body_bytes,
        records=bool(config.recordings.folder),
    )


def rules(config: Config, sources: tuple[str, ...] = (), *, vca: bool) -> Rules:
    """Give what a callflow is held to offline; see `check`."""
    book = rulebook(config)
    allowed_sources = allowed((each.removeprefix("+") for each in sources), ()) if sources else AnySource()
    usual = book.rules(Subaccount("check"))
    return Rules(
        allowed_sources=allowed_sources,
        catalogue=usual.catalogue,
        scenarios=SHIPPED,
        vca_enabled=vca,
        records=usual.records,
        max_actions=usual.max_actions,
        body_bytes=usual.body_bytes,
    )


def show(verdict: Verdict, console: Console) -> None:
    """Print a verdict: the code that the API would answer, then every violation or warning with its path."""
    console.print(escape(f"{verdict.code} {verdict.message}"))
    for violation in verdict.violations:
        console.print(escape(f"  {violation.code} {violation.path}: {violation.message}"))
    for warning in verdict.warnings:
        console.print(escape(f"  warning {warning.path}: {warning.message}"))

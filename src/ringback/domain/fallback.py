"""The callflow for a program that fails: what it is held to when it is set, and once more when it is to run.

In between a caller ID may have been taken away, or a voice.
"""

import msgspec

from ringback.domain.callflow import Callflow
from ringback.domain.execution import strict
from ringback.domain.settings import FALLBACK, BadSetting, Settings
from ringback.domain.validation import validate_answer
from ringback.domain.verdict import Rules


def fallback_of(settings: Settings, rules: Rules, now: float) -> Callflow | str | None:
    """Give the fallback of a subaccount, judged as the answer to a VCA; text: why it cannot run; None: it has none.

    No VCA takes the digits of its sayAndCapture (-1004): the program is not asked what comes after it.
    """
    if settings.fallback_callflow is None:
        return None
    body = msgspec.json.encode(settings.fallback_callflow)
    verdict = strict(validate_answer(body, msgspec.structs.replace(rules, vca_enabled=False), now))
    if verdict.callflow is None:
        first = verdict.violations[0]
        return f"{first.code} {first.path}: {first.message.removeprefix(f'{first.path}: ')}"
    return verdict.callflow


def check_fallback(settings: Settings, rules: Rules, now: float) -> None:
    """Raise BadSetting where the fallback of a subaccount could not be run now."""
    if isinstance(reason := fallback_of(settings, rules, now), str):
        message = f"{FALLBACK}: {reason}"
        raise BadSetting(message)

"""The callflow for a program that fails: what it is held to when it is set, and once more when it is to run.

In between a caller ID may have been taken away, or a voice.
"""

import msgspec

from ringback.domain.execution import strict
from ringback.domain.settings import FALLBACK, BadSetting, Settings
from ringback.domain.validation import validate_answer
from ringback.domain.verdict import Rules, Verdict


def judge_fallback(settings: Settings, rules: Rules, now: float) -> Verdict | None:
    """Judge the fallback of a subaccount as the answer to a VCA; None where it has none.

    No VCA takes the digits of its sayAndCapture (-1004): the program is not asked what comes after it.
    """
    if settings.fallback_callflow is None:
        return None
    body = msgspec.json.encode(settings.fallback_callflow)
    return strict(validate_answer(body, msgspec.structs.replace(rules, vca_enabled=False), now))


def check_fallback(settings: Settings, rules: Rules, now: float) -> None:
    """Raise BadSetting where the fallback of a subaccount could not be run now."""
    verdict = judge_fallback(settings, rules, now)
    if verdict is not None and verdict.violations:
        first = verdict.violations[0]
        message = f"{FALLBACK}: {first.code} {first.path}: {first.message.removeprefix(f'{first.path}: ')}"
        raise BadSetting(message)

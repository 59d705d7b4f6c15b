"""`ringback admin`: subaccounts, keys, caller IDs, numbers, webhooks, rates and voices, also while a server runs."""

import json
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from ringback.app.accounts import account
from ringback.app.admin_keys import admin_key
from ringback.app.admin_store import (
    Account,
    AccountArgument,
    AdminFailed,
    CallerIdArgument,
    Group,
    Settings,
    changes_of,
    show,
    with_operator,
)
from ringback.app.audit import audit
from ringback.app.erase import compact, erase
from ringback.app.keys import key
from ringback.app.lists import export, numbering, rate
from ringback.app.numbers import number
from ringback.app.recording_push import recording_push
from ringback.app.scenarios import optout, scenario
from ringback.domain.settings import FALLBACK
from ringback.service import webhooks
from ringback.service.account_store import DEFAULT_ACCOUNT
from ringback.service.ports import WebhookType

admin = App(name="admin", help="Accounts, keys, caller IDs, numbers, webhooks, rates and voices; also while it runs.")
_subaccount = App(name="subaccount", help="Tenants.")
_caller_id = App(name="caller-id", help="Numbers that a subaccount may call from.")
_webhook = App(name="webhook", help="Webhooks of a subaccount.")
_alias = App(name="voice-alias", help="Other names for voices.")
_voice = App(name="voice", help="Installed voices.")
for _group in (
    *(account, _subaccount, key, _caller_id, number, _webhook, scenario, optout),
    *(recording_push, rate, numbering, export, _alias, _voice, admin_key),
):
    admin.command(_group)
admin.command(audit, name="audit")
admin.command(erase, name="erase")
admin.command(compact, name="compact")


@admin.command
def bootstrap(
    subaccount: Account,
    caller_id: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    number: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    webhook: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    account: Group = DEFAULT_ACCOUNT,
    *,
    config: Settings = None,
) -> None:
    """Make a subaccount ready and print {"subAccountId", "apiKey"}; works before the first serve.

    What is there already stays; each time there is a new key.

    Parameters
    ----------
    caller_id:
        Numbers that it may call from, or how they begin and one *.
    number:
        Its virtual numbers.
    webhook:
        TYPE=URL, such as VSS=https://example.com/vss
    """
    hooks = [parse_webhook(text) for text in webhook or ()]
    secret = with_operator(
        config, lambda operator: operator.bootstrap(subaccount, caller_id or (), number or (), hooks, account)
    )
    print(json.dumps({"subAccountId": subaccount, "apiKey": secret}))  # noqa: T201 - what the command answers


def parse_webhook(text: str, *, authorization: str | None = None) -> WebhookType:
    """Read TYPE=URL. Raises AdminFailed."""
    type_, _, url = text.partition("=")
    try:
        return webhooks.checked(type_, url, authorization=authorization)
    except webhooks.ParameterInvalid as fault:
        message = f"{text!r}: {fault}"
        raise AdminFailed(message) from None


@_subaccount.command(name="list")
def list_subaccounts(
    account: Annotated[str | None, Parameter(help="This one's only; else all.")] = None, *, config: Settings = None
) -> None:
    """List the subaccounts."""
    found = with_operator(config, lambda operator: operator.subaccounts(account))
    show(each.sub_account_id for each in found)


@_subaccount.command(name="add")
def add_subaccount(
    subaccount: AccountArgument, /, account: Group = DEFAULT_ACCOUNT, *, config: Settings = None
) -> None:
    """Add a subaccount."""
    if not with_operator(config, lambda operator: operator.add_subaccount(subaccount, account)):
        message = f"the subaccount {subaccount} is there already"
        raise AdminFailed(message)


@_subaccount.command(name="remove")
def remove_subaccount(subaccount: AccountArgument, /, *, config: Settings = None) -> None:
    """Remove a subaccount with everything that is stored of it: sessions, texts, recordings, exports, keys, numbers."""
    with_operator(config, lambda operator: operator.remove_subaccount(subaccount))


@_subaccount.command(name="move")
def move_subaccount(subaccount: AccountArgument, /, account: Group, *, config: Settings = None) -> None:
    """Put a subaccount into another account."""
    with_operator(config, lambda operator: operator.move_subaccount(subaccount, account))


@_subaccount.command(name="show")
def show_subaccount(subaccount: AccountArgument, /, *, config: Settings = None) -> None:
    """Print the settings of a subaccount as JSON; what is not there has its default."""
    found = with_operator(config, lambda operator: operator.subaccount(subaccount))
    show([msgspec.json.encode(found.settings).decode()])


@_subaccount.command(name="set")
def set_subaccount(subaccount: AccountArgument, /, *settings: str, config: Settings = None) -> None:
    """Change settings of a subaccount, and print all that differ from the default.

    Parameters
    ----------
    settings:
        NAME=VALUE, such as legKeys=CallA; NAME= takes the default again. Names: overallTimeout (ms), noOfTries,
        maxDigits (of a sayAndCapture that gives none), legKeys (callA, CallA), eventDataForm (object, string),
        allowedDestinations and blockedDestinations (prefixes and countries, such as 65,DE), maxConcurrentCalls and
        callsPerSecond (0: no limit), quietHours (such as "SG 21:00-08:00, * 22:00-07:00"), keepTextsDays,
        keepSessionsDays and keepRecordingsDays (0 keeps for ever), retry (JSON: of a callflow that says nothing of
        it), fallbackCallflow (JSON, or @FILE: what runs where the VCA webhook fails).
    """
    changes = changes_of(settings)
    if str(changes.get(FALLBACK)).startswith("@"):
        changes[FALLBACK] = Path(str(changes[FALLBACK])[1:]).read_text(encoding="utf-8")
    changed = with_operator(config, lambda operator: operator.change_settings(subaccount, changes))
    show([msgspec.json.encode(changed).decode()])


@_caller_id.command(name="list")
def list_caller_ids(subaccount: Account, *, config: Settings = None) -> None:
    """List the caller IDs of a subaccount."""
    show(f"+{digits}" for digits in with_operator(config, lambda operator: operator.caller_ids(subaccount)))


@_caller_id.command(name="add")
def add_caller_id(number: CallerIdArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Let a subaccount call from a number, or from every number of a pattern."""
    with_operator(config, lambda operator: operator.add_caller_id(subaccount, number))


@_caller_id.command(name="remove")
def remove_caller_id(number: CallerIdArgument, /, subaccount: Account, *, config: Settings = None) -> None:
    """Let a subaccount call from a number no longer."""
    with_operator(config, lambda operator: operator.remove_caller_id(subaccount, number))


@_webhook.command(name="list")
def list_webhooks(subaccount: Account, *, config: Settings = None) -> None:
    """List the webhooks of a subaccount."""
    hooks = with_operator(config, lambda operator: operator.webhooks(subaccount))
    show(f"{hook.type} {hook.url} {'enabled' if hook.enabled else 'disabled'}" for hook in hooks)


@_webhook.command(name="add")
def add_webhook(
    webhook: str,
    /,
    subaccount: Account,
    auth: str | None = None,
    *,
    config: Settings = None,
) -> None:
    """Add or replace a webhook.

    Parameters
    ----------
    webhook:
        TYPE=URL, such as VSS=https://example.com/vss
    auth:
        Sent verbatim as Authorization.
    """
    hook = parse_webhook(webhook, authorization=auth)
    with_operator(config, lambda operator: operator.set_webhook(subaccount, hook))


@_webhook.command(name="secret")
def rotate_secret(type_: str, /, subaccount: Account, *, remove: bool = False, config: Settings = None) -> None:
    """Sign a webhook's posts (Standard Webhooks) with a new secret, and print it: it is shown only now.

    The secret before it signs too, until the next one is made: so a program may change over in its own time.

    Parameters
    ----------
    type_:
        VCA, VCS, VSS, VRU or VNU.
    remove:
        Sign no longer.
    """
    if remove:
        with_operator(config, lambda operator: operator.remove_secrets(subaccount, type_))
    else:
        show([with_operator(config, lambda operator: operator.renew_secret(subaccount, type_))])


@_webhook.command(name="remove")
def remove_webhook(type_: str, /, subaccount: Account, *, config: Settings = None) -> None:
    """Remove the webhook of a type.

    Parameters
    ----------
    type_:
        VCA, VCS, VSS, VRU or VNU.
    """
    with_operator(config, lambda operator: operator.remove_webhook(subaccount, type_))


@_alias.command(name="list")
def list_aliases(*, config: Settings = None) -> None:
    """List the configured voice aliases; they win over the built-in ones."""
    aliases = with_operator(config, lambda operator: operator.voice_aliases())
    show(f"{alias}={voice}" for alias, voice in aliases.items())


@_alias.command(name="add")
def add_alias(alias: str, /, *, config: Settings = None) -> None:
    """Add or replace a voice alias.

    Parameters
    ----------
    alias:
        ALIAS=VOICE, such as en-US-BenjaminRUS=en-US-Fenrir
    """
    name, equals, voice = alias.partition("=")
    if not name or not equals or not voice:
        message = f"{alias!r}: give it as ALIAS=VOICE, such as en-US-BenjaminRUS=en-US-Fenrir"
        raise AdminFailed(message)
    with_operator(config, lambda operator: operator.set_voice_alias(name, voice))


@_alias.command(name="remove")
def remove_alias(alias: str, /, *, config: Settings = None) -> None:
    """Remove a configured voice alias.

    Parameters
    ----------
    alias:
        Its name: what stands before the =.
    """
    with_operator(config, lambda operator: operator.remove_voice_alias(alias))


@_voice.command(name="list")
def list_voices() -> None:
    """List the installed voices."""
    from ringback.adapters.speech import installed_voices

    voices = [each.voice for each in installed_voices().values()]
    show(f"{voice.code} {voice.locale} {voice.gender} {voice.description}" for voice in voices)


@_voice.command(name="fetch")
def fetch(name: str, /) -> None:
    """Download a neural voice (8 MB); a server that runs finds it at its next start.

    Parameters
    ----------
    name:
        Its code, such as en-US-Fenrir.
    """
    from ringback.adapters.speech import fetch_voice

    show([fetch_voice(name).code])


@_voice.command(name="preview")
def preview(
    file: Path,
    /,
    text: str | None = None,
    voice: str | None = None,
    language: str | None = None,
    speed: float = 1.0,
) -> None:
    """Write a WAV file of what a called phone hears: 8 kHz, by way of G.711; no server is needed and nobody is called.

    Parameters
    ----------
    file:
        The WAV file, 16 bits, one channel.
    text:
        1..3000 characters, plain or a whole SSML document; without one a sample is spoken.
    voice:
        As voiceProfile: a code, or one of the built-in names of the hosted API; en-US-Heart where no language is given.
    language:
        Instead of a voice: takes the first voice of that locale, else of that language, such as de.
    speed:
        0.5..2.0
    """
    if voice is None and language is None:
        voice = "en-US-Heart"
    from ringback.app import voice_preview

    code = voice_preview.preview(file, text, voice, language, speed)
    show([f"{code} speaks in {file}"])

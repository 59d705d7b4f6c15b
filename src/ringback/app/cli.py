"""The command line. A command imports what it alone needs when it runs, so that the others need not wait for it."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console
from rich.markup import escape

from ringback import __version__
from ringback.app.admin import admin
from ringback.app.config import ConfigInvalid, load, parse_listen
from ringback.app.log import log_to_stderr
from ringback.domain.errors import RingbackError
from ringback.domain.number import Number, digits_of

app = App(name="ringback", version=__version__, help="A self-hosted voice server for the Callflows API.")
app.command(admin)

Settings = Annotated[Path | None, Parameter(name="--config")]


@app.command
def serve(*, config: Settings = None, sandbox: bool = False) -> None:
    """Run the server until SIGTERM or SIGINT, then drain it.

    Parameters
    ----------
    config:
        The configuration file; else the one in RINGBACK_CONFIG, else ringback.toml here, else the defaults.
    sandbox:
        Let every destination ring a built-in handset; no trunk is needed.
    """
    from ringback.app import serving

    serving.serve(load(config), sandbox=sandbox)


@app.command
def demo(*, out: Path = Path("demo-out")) -> None:
    """Place one IVR call over real SIP and RTP on loopback, and leave its evidence in a folder.

    Parameters
    ----------
    out:
        Gets what the handsets heard (wav), the SIP ladder (text, SVG), the timeline and the webhook bodies.
    """
    from ringback.app import demo as demos

    if not demos.demonstrate(out, Console(highlight=False)):
        sys.exit(1)


@app.command
def openapi(*, config: Settings = None) -> None:
    """Print the OpenAPI 3.1 document of the API, as GET /openapi.json gives it.

    Parameters
    ----------
    config:
        The configuration file, for the URL of the server.
    """
    import msgspec

    from ringback.adapters.http import OPERATIONS, document

    http = load(config).http
    written = document(OPERATIONS, http.url(http.port))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(written)).decode() + "\n")


@app.command
def check(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    source: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    *,
    vca: bool = True,
    config: Settings = None,
) -> None:
    """Judge a callflow offline: status code, message, every violation with its path. Exits 0 or 1.

    Parameters
    ----------
    file:
        A JSON file; - is standard input.
    source:
        Allowed caller IDs; without any, every number is taken for allowed.
    vca:
        Whether the subaccount has a VCA webhook.
    config:
        The configuration file, for its limits and voices.
    """
    from ringback.app import check as checks

    if not checks.check(load(config), file, tuple(source or ()), vca=vca):
        sys.exit(1)


@app.command
def call(
    destination: str,
    /,
    source: Annotated[str, Parameter(name="--from")],
    say: str | None = None,
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    voice: str = "en-US-Heart",
    subaccount: str | None = None,
    listen: Path | None = None,
    *,
    config: Settings = None,
) -> None:
    """Place one call through the running server and show what happens. Exits 0 where it was COMPLETED, else 1.

    Parameters
    ----------
    destination:
        The number to call.
    source:
        A caller ID of the subaccount.
    say:
        A text to speak.
    file:
        A JSON callflow instead; its makeCall takes the numbers given here.
    voice:
        The voice of --say.
    subaccount:
        Needed where there are several.
    listen:
        Copy what a sandbox handset heard to this WAV file.
    config:
        The configuration file of the server.
    """
    from ringback.app import call as calls

    done = calls.call(
        load(config),
        destination,
        source=source,
        say=say,
        file=file,
        voice=voice,
        subaccount=subaccount,
        listen=listen,
    )
    if not done:
        sys.exit(1)


@app.command
def handset(  # noqa: PLR0913 - its parameters are its flags
    listen: str | None = None,
    *,
    call: str | None = None,
    to: str = "udp:127.0.0.1:5060",
    source: Annotated[str, Parameter(name="--from")] = "+4915112345678",
    answer_after: float = 0.0,
    busy: bool = False,
    reject: int | None = None,
    no_answer: bool = False,
    press: str = "",
    hangup_after: float | None = None,
    record: Path | None = None,
) -> None:
    """Be a phone: take calls until interrupted, or place one, and print what happens.

    A call that is placed is seen through; exits 0 where it was answered, else 1.

    Parameters
    ----------
    listen:
        udp:ADDRESS:PORT; udp:127.0.0.1:5070 without it, and any free port of 127.0.0.1 with --call.
    call:
        A number to call: a virtual number of the server.
    to:
        Where the server listens to SIP, as udp:ADDRESS:PORT.
    source:
        Who calls, with --call.
    answer_after:
        Seconds of ringing.
    busy:
        Refuse every call with 486.
    reject:
        Refuse every call with this SIP response, 300..699.
    no_answer:
        Ring for ever.
    press:
        Keys and the seconds after the answer at which they are pressed, such as 1@2.0,23#@5
    hangup_after:
        Seconds after the answer.
    record:
        Keep what is heard in this WAV file.
    """
    from ringback.app import handset as handsets
    from ringback.app import handset_command

    if reject is not None and not handsets.FIRST_FINAL <= reject <= handsets.LAST_FINAL:
        message = f"--reject {reject}: a final SIP response is 300..699"
        raise ValueError(message)
    behaviour = handsets.Behaviour(
        answer_after=None if no_answer else answer_after,
        refuse=handsets.BUSY if busy else reject,
        press=handsets.parse_presses(press),
        hangup_after=hangup_after,
        record=record,
    )
    errand = None if call is None else handset_command.Errand(_number(call), _number(source), parse_listen(to))
    here = listen or ("udp:127.0.0.1:5070" if errand is None else "udp:127.0.0.1:0")
    if not handset_command.handset(parse_listen(here), behaviour, errand):
        sys.exit(1)


def _number(text: str) -> Number:
    if (digits := digits_of(text)) is None:
        message = f"{text!r} is no number: a plus and up to 15 digits, as in +15550100199"
        raise ValueError(message)
    return Number(digits)


@app.command
def sessions(
    session: str | None = None,
    /,
    *,
    limit: int = 20,
    json: bool = False,
    pcap: Path | None = None,
    svg: Path | None = None,
    config: Settings = None,
) -> None:
    """Show what happened in a session: timeline, SIP ladder, RTP, prompts, webhooks; without one, list the latest.

    A server may run meanwhile; SIP messages are there once the session is over.

    Parameters
    ----------
    session:
        Its id, as in the receipt.
    limit:
        Sessions of the list, 1..10000.
    json:
        Print everything as JSON.
    pcap:
        Write its SIP messages, and the headers of its RTP where they are kept, for tshark and Wireshark.
    svg:
        Draw its SIP ladder in this file.
    config:
        The configuration file; `[store] url` and `[recorder] folder` are used.
    """
    from ringback.app.sessions import sessions as look_up

    for line in look_up(load(config), session, limit=limit, json=json, pcap=pcap, svg=svg):
        print(line)  # noqa: T201 - what the command answers


@app.command
def doctor(*, config: Settings = None, json: bool = False) -> None:
    """Look at everything that a call needs and name each fault, its cause and its fix. Exits 1 where there is an error.

    Trunks are asked with OPTIONS, webhooks with HEAD; nobody is called but this machine by itself.

    Parameters
    ----------
    config:
        The configuration file; a server may run with it meanwhile.
    json:
        Print the findings as JSON.
    """
    from ringback.app.doctor import command as doctors

    if not doctors.doctor(config, Console(highlight=False, soft_wrap=True), json=json):
        sys.exit(1)


_EXPECTED = (RingbackError, ConfigInvalid, OSError, ValueError)
"""What a user can cause; anything else is a fault of ours and is shown whole."""


def main(tokens: list[str] | None = None) -> Any:  # noqa: ANN401 - what the command gives
    """Run the command line; an expected error is one line and exit code 1."""
    log_to_stderr()
    try:
        return app(tokens)
    except BrokenPipeError:  # whoever read what we print has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except _EXPECTED as fault:
        Console(stderr=True, highlight=False, soft_wrap=True).print(escape(f"ringback: {_text(fault)}"))
        sys.exit(1)


def _text(fault: BaseException) -> str:
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror if fault.filename is None else f"{fault.filename}: {fault.strerror}"
    return str(fault) or (fault.__doc__ or type(fault).__name__).splitlines()[0]

"""`ringback admin` on a store of its own."""

import asyncio
import json
import os
import pwd
import re

import pytest
from tests.unit.app.commands import Terminal

from ringback.adapters.store import open_store
from ringback.service.key_store import Grant, hash_key
from ringback.service.ports import Subaccount, WebhookType

ACME = ("--subaccount", "acme")
URL = "https://acme.example/vss"


def stored(terminal: Terminal, key: str) -> tuple[Grant | None, Subaccount | None]:
    """Give what the key opens and what the subaccount acme is, as a server would read it."""

    async def read() -> tuple[Grant | None, Subaccount | None]:
        async with open_store(f"sqlite:///{terminal.folder}/ringback.db", exclusive=True) as store:
            return await store.authenticate(hash_key(key)), await store.subaccount("acme")

    return asyncio.run(read())


def bootstrap(terminal: Terminal, *more: str) -> str:
    (line,) = terminal.lines("admin", "bootstrap", *ACME, *more)
    made = json.loads(line)
    assert made.keys() == {"subAccountId", "apiKey"}
    assert made["subAccountId"] == "acme"
    key: str = made["apiKey"]
    return key


def test_bootstrap_prints_json_and_works_before_the_first_serve(terminal: Terminal) -> None:
    key = bootstrap(
        terminal, "--caller-id", "+6512341234", "6512341235", "--number", "6531589338", "--webhook", f"vss={URL}"
    )
    opens, acme = stored(terminal, key)
    assert opens is not None
    assert opens.sub_account_id == "acme"
    assert acme is not None
    assert acme.caller_ids == {"6512341234", "6512341235"}
    assert acme.numbers.keys() == {"6531589338"}
    assert acme.webhooks == {"VSS": WebhookType("VSS", URL)}


def test_a_second_bootstrap_keeps_what_is_there_and_gives_another_key(terminal: Terminal) -> None:
    first = bootstrap(terminal, "--caller-id", "6512341234")
    second = bootstrap(terminal, "--caller-id", "6512341235")
    assert first != second
    for key in (first, second):
        opens, acme = stored(terminal, key)
        assert opens is not None
        assert opens.sub_account_id == "acme"
        assert acme is not None
        assert acme.caller_ids == {"6512341234", "6512341235"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--subaccount", "a"), "3..50"),
        ((*ACME, "--caller-id", "12"), "umber"),
        ((*ACME, "--number", "hello"), "umber"),
        ((*ACME, "--webhook", "VSS"), "url: should be"),
        ((*ACME, "--webhook", f"XYZ={URL}"), "type: should be one of"),
        ((*ACME, "--webhook", "VSS=ftp://x"), "url: should be"),
    ],
)
def test_a_bootstrap_with_a_mistake_makes_nothing(terminal: Terminal, words: tuple[str, ...], says: str) -> None:
    assert says in terminal.refusal("admin", "bootstrap", *words)
    assert terminal.lines("admin", "subaccount", "list") == []


def test_subaccounts_come_and_go(terminal: Terminal) -> None:
    assert terminal.lines("admin", "subaccount", "add", "acme") == []
    assert terminal.lines("admin", "subaccount", "add", "other") == []
    assert terminal.refusal("admin", "subaccount", "add", "acme") == "the subaccount acme is there already"
    assert terminal.lines("admin", "subaccount", "list") == ["acme", "other"]
    assert terminal.lines("admin", "subaccount", "remove", "acme") == []
    assert terminal.lines("admin", "subaccount", "list") == ["other"]
    assert terminal.refusal("admin", "subaccount", "remove", "acme") == "there is no subaccount acme"


def test_accounts_group_subaccounts(terminal: Terminal) -> None:
    assert terminal.lines("admin", "account", "add", "sales") == []
    assert terminal.refusal("admin", "account", "add", "sales") == "the account sales is there already"
    assert "3..50" in terminal.refusal("admin", "account", "add", "no")
    bootstrap(terminal, "--account", "sales")
    terminal.lines("admin", "subaccount", "add", "beta", "--account", "sales")
    terminal.lines("admin", "subaccount", "add", "gamma")
    assert terminal.lines("admin", "account", "list") == ["default 1", "sales 2"]
    assert terminal.lines("admin", "subaccount", "list", "--account", "sales") == ["acme", "beta"]
    assert terminal.refusal("admin", "account", "remove", "sales") == "the account sales has subaccounts"
    for name in ("acme", "beta"):
        assert terminal.lines("admin", "subaccount", "move", name, "--account", "default") == []
    assert terminal.lines("admin", "account", "remove", "sales") == []
    assert terminal.refusal("admin", "account", "remove", "sales") == "there is no account sales"
    said = terminal.refusal("admin", "subaccount", "move", "acme", "--account", "sales")
    assert said == "there is no account sales"
    assert terminal.refusal("admin", "subaccount", "move", "nobody", "--account", "default")


def test_an_admin_key_is_shown_once_listed_and_revoked(terminal: Terminal) -> None:
    (secret,) = terminal.lines("admin", "admin-key", "add", "--name", "ops", "--scope", "read", "--expires", "90d")
    (other,) = terminal.lines("admin", "admin-key", "add", "--name", "deploy")
    assert secret.startswith("rba_")
    rows = [row.split() for row in terminal.lines("admin", "admin-key", "list")]
    assert [[*row[1:3], *row[5:]] for row in rows] == [
        ["valid", "read", "never", "ops"],
        ["valid", "write", "never", "deploy"],
    ]
    assert rows[1][4] == "never"
    assert secret not in str(rows)
    assert other not in str(rows)
    assert terminal.lines("admin", "admin-key", "revoke", rows[0][0]) == []
    assert terminal.lines("admin", "admin-key", "list")[0].split()[1] == "revoked"
    assert "there is no admin key" in terminal.refusal("admin", "admin-key", "revoke", rows[0][0])
    assert "name: should be" in terminal.refusal("admin", "admin-key", "add", "--name", "")
    assert "future" in terminal.refusal("admin", "admin-key", "add", "--name", "x", "--expires", "2020-01-01")
    log = "".join(terminal.lines("admin", "audit"))
    assert f"{rows[0][0]} ops read" in log
    assert secret not in log


def test_who_changed_what_is_in_the_log(terminal: Terminal) -> None:
    key = bootstrap(terminal, "--caller-id", "6512341234")
    terminal.lines("admin", "webhook", "add", f"VSS={URL}", *ACME, "--auth", "Bearer hush")
    (secret,) = terminal.lines("admin", "webhook", "secret", "VSS", *ACME)
    terminal.lines("admin", "subaccount", "set", "acme", "noOfTries=1")
    terminal.refusal("admin", "caller-id", "remove", "6512341235", *ACME)
    terminal.lines("admin", "caller-id", "add", "6512341234", *ACME)
    terminal.lines("admin", "voice-alias", "add", "Ann=en-US-Heart")
    rows = terminal.lines("admin", "audit")
    user = pwd.getpwuid(os.getuid()).pw_name
    assert [row.split()[1:-1] for row in rows] == [
        [f"cli:{user}", "voice-alias.add", "DONE", "-", "Ann", "-"],
        [f"cli:{user}", "caller-id.add", "UNCHANGED", "acme", "+6512341234", "-"],
        [f"cli:{user}", "caller-id.remove", "REFUSED", "acme", "+6512341235", "-"],
        [f"cli:{user}", "subaccount.set", "DONE", "acme", "acme", "noOfTries"],
        [f"cli:{user}", "webhook.secret", "DONE", "acme", "VSS", "-"],
        [f"cli:{user}", "webhook.add", "DONE", "acme", "VSS", "enabled,httpAuthHeader,url"],
        [f"cli:{user}", "bootstrap", "DONE", "acme", "acme", "-"],
    ]
    for hidden in (key, secret, "hush"):
        assert hidden not in "".join(rows)
    assert len(terminal.lines("admin", "audit", "--limit", "2")) == 2
    assert len(terminal.lines("admin", "audit", *ACME, "--action", "caller-id.add")) == 1
    assert terminal.lines("admin", "audit", "--to", "2026-01-01T00:00:00Z") == []
    assert len(terminal.lines("admin", "audit", "--from", "2026-01-01T00:00:00Z")) == 7
    assert "date-time" in terminal.refusal("admin", "audit", "--from", "yesterday")
    assert "1..10000" in terminal.refusal("admin", "audit", "--limit", "0")


def test_caller_ids_come_and_go(terminal: Terminal) -> None:
    bootstrap(terminal)
    assert terminal.lines("admin", "caller-id", "add", "+6512341234", *ACME) == []
    assert terminal.lines("admin", "caller-id", "list", *ACME) == ["+6512341234"]
    assert terminal.lines("admin", "caller-id", "remove", "6512341234", *ACME) == []
    assert terminal.lines("admin", "caller-id", "list", *ACME) == []
    assert "there is no caller ID" in terminal.refusal("admin", "caller-id", "remove", "6512341234", *ACME)
    assert terminal.refusal("admin", "caller-id", "add", "12", *ACME)


def test_a_pattern_of_caller_ids_is_added_and_removed_as_it_is_written(terminal: Terminal) -> None:
    bootstrap(terminal)
    assert terminal.lines("admin", "caller-id", "add", "+1555*", *ACME) == []
    assert terminal.lines("admin", "caller-id", "list", *ACME) == ["+1555*"]
    assert terminal.lines("admin", "caller-id", "remove", "+1555*", *ACME) == []
    assert "one `*`" in terminal.refusal("admin", "caller-id", "add", "ACME*", *ACME)


def test_numbers_have_a_reference_and_belong_to_one_subaccount(terminal: Terminal) -> None:
    bootstrap(terminal)
    (reference,) = terminal.lines("admin", "number", "add", "6531589338", *ACME)
    assert terminal.lines("admin", "number", "add", "+6531589338", *ACME) == [reference]
    assert terminal.lines("admin", "number", "list", *ACME) == [f"+6531589338 {reference} Active {{}}"]
    terminal.lines("admin", "subaccount", "add", "other")
    said = terminal.refusal("admin", "number", "add", "6531589338", "--subaccount", "other")
    assert said == "+6531589338 belongs to another subaccount"
    assert terminal.lines("admin", "number", "remove", "6531589338", *ACME) == []
    assert "there is no number" in terminal.refusal("admin", "number", "remove", "6531589338", *ACME)


def test_what_is_said_of_a_number_is_listed(terminal: Terminal) -> None:
    bootstrap(terminal, "--number", "6531589338")
    said = ("referenceId=main", "operationalStatus=Expiring", "rentalPrice=5", "trunk=carrier")
    assert terminal.lines("admin", "number", "set", "+6531589338", *said, *ACME) == []
    row = '+6531589338 main Expiring {"rentalPrice":5.0,"trunk":"carrier"}'
    assert terminal.lines("admin", "number", "list", *ACME) == [row]
    terminal.lines("admin", "number", "set", "6531589338", "rentalPrice=", "trunk=", *ACME)
    assert terminal.lines("admin", "number", "list", *ACME) == ["+6531589338 main Expiring {}"]
    assert "NAME=VALUE" in terminal.refusal("admin", "number", "set", "6531589338", "trunk", *ACME)
    assert "colour" in terminal.refusal("admin", "number", "set", "6531589338", "colour=red", *ACME)
    assert "there is no number" in terminal.refusal("admin", "number", "set", "6531589339", "trunk=x", *ACME)


def test_a_file_of_numbers_is_taken_whole_or_not_at_all(terminal: Terminal) -> None:
    bootstrap(terminal, "--number", "6531589338")
    terminal.lines("admin", "bootstrap", "--subaccount", "other", "--number", "4930123456")
    file = terminal.folder / "numbers.csv"
    file.write_text("msisdn,referenceId\n6531589338,main\n+15550100100,\n4930123456,\nhello,\n")
    outcome = terminal.run("admin", "number", "import", "numbers.csv", *ACME)
    assert (outcome.code, outcome.err) == (1, "ringback: line 5: msisdn: 'hello' is no number in E.164\n")
    file.write_text("msisdn,referenceId\n6531589338,main\n+15550100100,\n4930123456,\n")
    said = terminal.refusal("admin", "number", "import", "numbers.csv", *ACME)
    assert said == "line 4: +4930123456 belongs to another subaccount"
    assert len(terminal.lines("admin", "number", "list", *ACME)) == 1
    file.write_text("msisdn,referenceId\n6531589338,main\n+15550100100,second\n")
    assert terminal.lines("admin", "number", "import", "numbers.csv", *ACME) == ["2 of 2 numbers changed"]
    assert terminal.lines("admin", "number", "list", *ACME) == [
        "+15550100100 second Active {}",
        "+6531589338 main Active {}",
    ]
    assert "No such file" in terminal.refusal("admin", "number", "import", "nothing.csv", *ACME)


def test_a_snapshot_needs_a_webhook_for_numbers(terminal: Terminal) -> None:
    bootstrap(terminal)
    assert terminal.refusal("admin", "number", "snapshot", *ACME) == "there is no enabled VNU webhook"
    terminal.lines("admin", "webhook", "add", f"VNU={URL}", *ACME)
    assert terminal.lines("admin", "number", "snapshot", *ACME) == []


def test_webhooks_come_and_go_and_their_secrets_are_not_shown(terminal: Terminal) -> None:
    key = bootstrap(terminal)
    assert terminal.lines("admin", "webhook", "add", f"VSS={URL}?a=b", *ACME, "--auth", "Bearer hush") == []
    assert terminal.lines("admin", "webhook", "list", *ACME) == [f"VSS {URL}?a=b enabled"]
    _, acme = stored(terminal, key)
    assert acme is not None
    assert acme.webhooks["VSS"].authorization == "Bearer hush"
    assert terminal.lines("admin", "webhook", "remove", "vss", *ACME) == []
    assert terminal.refusal("admin", "webhook", "remove", "vss", *ACME) == "there is no webhook vss"
    assert "type: should be one of" in terminal.refusal("admin", "webhook", "add", f"X={URL}", *ACME)


def test_a_bad_secret_is_not_shown_either(terminal: Terminal) -> None:
    bootstrap(terminal)
    assert "hush" not in terminal.refusal("admin", "webhook", "add", f"VSS={URL}", *ACME, "--auth", "hush\nhush")


def test_voice_aliases_come_and_go(terminal: Terminal) -> None:
    assert terminal.lines("admin", "voice-alias", "add", "acme-Voice=en-US-Heart") == []
    assert terminal.lines("admin", "voice-alias", "list") == ["acme-Voice=en-US-Heart"]
    assert terminal.lines("admin", "voice-alias", "remove", "ACME-voice") == []
    assert "there is no configured voice alias" in terminal.refusal("admin", "voice-alias", "remove", "acme-Voice")
    for text in ("", "x", "x=", "=x"):
        assert "give it as ALIAS=VOICE" in terminal.refusal("admin", "voice-alias", "add", text)


def test_the_voice_of_every_install_is_listed(terminal: Terminal) -> None:
    rows = terminal.lines("admin", "voice", "list")
    assert any(row.startswith("en-US-Heart en-US F ") for row in rows)


@pytest.mark.parametrize("kind", ["caller-id", "number", "webhook"])
def test_a_subaccount_that_is_not_there_is_one_line(terminal: Terminal, kind: str) -> None:
    assert terminal.refusal("admin", kind, "list", "--subaccount", "nobody")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("[http]\nport = 'x'\n", r"^\[http\] port: "),
        ("[store]\nurl = 'postgresql://x'\n", "."),
        ("[store]\nurl = 'sqlite:////not/there/x.db'\n", "/not/there"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_one_line(terminal: Terminal, settings: str, says: str) -> None:
    (terminal.folder / "ringback.toml").write_text(settings)
    assert re.search(says, terminal.refusal("admin", "subaccount", "list"))


def test_the_store_of_another_configuration_is_used(terminal: Terminal) -> None:
    (terminal.folder / "other.toml").write_text("[store]\nurl = 'sqlite:///other.db'\n")
    terminal.lines("admin", "subaccount", "add", "acme", "--config", "other.toml")
    assert (terminal.folder / "other.db").exists()
    assert terminal.lines("admin", "subaccount", "list") == []


def test_settings_are_shown_changed_and_taken_back(terminal: Terminal) -> None:
    bootstrap(terminal)
    assert terminal.lines("admin", "subaccount", "show", "acme") == ["{}"]
    terminal.lines("admin", "subaccount", "set", "acme", "legKeys=CallA", "noOfTries=1")
    assert terminal.lines("admin", "subaccount", "set", "acme", "noOfTries=") == ['{"legKeys":"CallA"}']
    assert terminal.lines("admin", "subaccount", "show", "acme") == ['{"legKeys":"CallA"}']


@pytest.mark.parametrize(
    ("setting", "says"),
    [("colour=red", "colour"), ("noOfTries=11", "noOfTries"), ("legKeys", "legKeys"), ("allowedDestinations=de", "DE")],
)
def test_a_setting_that_cannot_be_is_named(terminal: Terminal, setting: str, says: str) -> None:
    bootstrap(terminal)
    assert says in terminal.refusal("admin", "subaccount", "set", "acme", setting)


SORRY = '{"callflow":[{"action":"say","params":{"text":"Sorry.","voiceProfile":"en-US-Heart"}}]}'


def test_a_fallback_callflow_is_taken_as_json_or_from_a_file(terminal: Terminal) -> None:
    bootstrap(terminal)
    (terminal.folder / "sorry.json").write_text(SORRY)
    shown = f'{{"fallbackCallflow":{SORRY}}}'
    assert terminal.lines("admin", "subaccount", "set", "acme", "fallbackCallflow=@sorry.json") == [shown]
    assert terminal.lines("admin", "subaccount", "set", "acme", "fallbackCallflow=") == ["{}"]
    assert terminal.lines("admin", "subaccount", "set", "acme", f"fallbackCallflow={SORRY}") == [shown]


def test_a_fallback_callflow_may_speak_in_an_alias_and_call_from_what_the_subaccount_may(terminal: Terminal) -> None:
    bootstrap(terminal, "--caller-id", "6512341234")
    flow = SORRY.replace("en-US-Heart", "en-US-House").replace(
        "]", ',{"action":"makeCall","params":{"source":"6512341234","destination":"6512345678"}}]'
    )
    assert "-1002" in terminal.refusal("admin", "subaccount", "set", "acme", f"fallbackCallflow={flow}")
    terminal.lines("admin", "voice-alias", "add", "en-US-House=en-US-Heart")
    terminal.lines("admin", "subaccount", "set", "acme", f"fallbackCallflow={flow}")
    terminal.lines("admin", "caller-id", "remove", "6512341234", *ACME)
    assert "-1014" in terminal.refusal("admin", "subaccount", "set", "acme", f"fallbackCallflow={flow}")


@pytest.mark.parametrize(
    ("value", "says"), [("@nowhere.json", "nowhere.json"), ("{", "no JSON"), ('{"callflow":[]}', "-1009")]
)
def test_a_fallback_callflow_that_could_not_run_is_refused(terminal: Terminal, value: str, says: str) -> None:
    bootstrap(terminal)
    assert says in terminal.refusal("admin", "subaccount", "set", "acme", f"fallbackCallflow={value}")
    assert "nobody" in terminal.refusal("admin", "subaccount", "set", "nobody", f"fallbackCallflow={SORRY}")


def test_a_webhook_gets_a_secret_that_is_shown_once(terminal: Terminal) -> None:
    key = bootstrap(terminal, "--webhook", f"vss={URL}")
    (secret,) = terminal.lines("admin", "webhook", "secret", "vss", *ACME)
    assert secret.startswith("whsec_")
    _, acme = stored(terminal, key)
    assert acme is not None
    assert acme.webhooks["VSS"].secrets == (secret,)
    assert terminal.lines("admin", "webhook", "secret", "VSS", *ACME, "--remove") == []
    assert terminal.refusal("admin", "webhook", "secret", "VCA", *ACME) == "there is no webhook VCA"


def test_a_price_list_is_imported_in_place_of_another_and_listed_as_it_came(terminal: Terminal) -> None:
    file = terminal.folder / "rates.csv"
    head = "direction,prefix,price,currency,increment"
    for rates in (["OUTBOUND,,0.5,EUR,60/60", "OUTBOUND,65,0.03,EUR,6/6"], ["INBOUND,65,0,USD,1/1"]):
        file.write_text("\n".join([head, *rates]), encoding="utf-8-sig")
        assert terminal.lines("admin", "rate", "import", str(file)) == [str(len(rates))]
        assert terminal.lines("admin", "rate", "list") == [head, *rates]
    file.write_bytes(b"prefix,price,currency,increment\n65,x,EUR,6/6\n")
    assert terminal.refusal("admin", "rate", "import", str(file)).startswith(f"{file}: line 2: price: ")
    file.write_bytes(b"\xff\xfe")
    assert terminal.refusal("admin", "rate", "import", str(file)).startswith(f"{file}: ")
    assert terminal.refusal("admin", "rate", "import", "missing.csv") == "missing.csv: No such file or directory"
    assert terminal.lines("admin", "rate", "list") == [head, "INBOUND,65,0,USD,1/1"]


def test_number_ranges_are_imported_in_place_of_others_and_listed_as_they_came(terminal: Terminal) -> None:
    file = terminal.folder / "ranges.csv"
    head = "prefix,operator,mcc,mnc"
    for ranges in (['6581,"One, Ltd",525,01', "6582,,,"], ["49,Two,262,"]):
        file.write_text("\n".join([head, *ranges]), encoding="utf-8-sig")
        assert terminal.lines("admin", "numbering", "import", str(file)) == [str(len(ranges))]
        assert terminal.lines("admin", "numbering", "list") == [head, *ranges]
    file.write_text(f"{head}\n49,Two,26,\n")
    assert terminal.refusal("admin", "numbering", "import", str(file)).startswith(f"{file}: line 2: mcc: ")
    assert terminal.lines("admin", "numbering", "list") == [head, "49,Two,262,"]

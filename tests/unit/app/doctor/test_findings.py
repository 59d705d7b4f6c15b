"""Disk, limits, voices, configuration, trunk, webhooks and call, judged without a network."""

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from ringback.adapters.telephone import TrunkAnswer
from ringback.adapters.webhooks import WebhookAnswer
from ringback.app.config import Config, Exports, Http, Recordings, Trunk, Voices
from ringback.app.doctor import disk, limits, loopback_call, trunks, voices, webhooks
from ringback.app.doctor.configuration import read
from ringback.app.doctor.finding import Severity
from ringback.app.doctor.machine import descriptors
from ringback.domain.voice import Voice

TRUNK = Trunk(name="carrier", uri="sip:127.0.0.1", channels=10)
HOOK = webhooks.Endpoint("https://user:hush@acme.example:8443/vss?key=hush", None, ("VSS of acme", "VCS of acme"))
ANSWER = TrunkAnswer(
    status=200,
    reason="OK",
    challenged=False,
    seen_as=(None, None),
    told=("127.0.0.1", 5060),
    allow=(),
    accept=(),
    date="",
    codecs=None,
    digits=False,
)


def room(free: int, inodes: int = 100) -> disk.Statvfs:
    """Answer that so many bytes are free."""
    return lambda _folder: os.statvfs_result((1, 1, 10**12, free, free, 1000, inodes, inodes, 0, 255))


def looked(folder: Path, statvfs: disk.Statvfs) -> list[tuple[Severity, str]]:
    config = Config(
        voices=Voices(cache=str(folder / "not" / "there" / "yet")), exports=Exports(folder=str(folder / "nor" / "this"))
    )
    return [(each.severity, each.what) for each in disk.look(config, folder / "x.db", statvfs)]


@pytest.mark.parametrize(
    ("statvfs", "severity"),
    [
        (room(10**10), Severity.OK),
        (room(disk.NEARLY_FULL - 1), Severity.WARNING),
        (room(disk.FULL - 1), Severity.ERROR),
        (room(10**10, inodes=0), Severity.ERROR),
    ],
)
def test_the_room_on_a_disk_is_judged(tmp_path: Path, statvfs: disk.Statvfs, severity: Severity) -> None:
    assert [each[0] for each in looked(tmp_path, statvfs)] == [severity] * 3
    assert list(tmp_path.iterdir()) == []


def test_a_store_without_a_folder_is_an_error_and_a_cache_without_one_is_not(tmp_path: Path) -> None:
    (store, *others) = looked(tmp_path / "missing", room(10**10))
    assert store == (Severity.ERROR, "the store has no folder")
    assert [severity for severity, _ in others] == [Severity.OK] * 2


def test_a_folder_that_cannot_be_written_is_an_error() -> None:
    (store, *_, exports) = looked(Path("/proc"), room(10**10))
    assert store == (Severity.ERROR, "the store cannot be written")
    assert exports == (Severity.ERROR, "the exports' folder cannot be written")


def test_the_folder_of_recordings_is_looked_at_where_there_is_one(tmp_path: Path) -> None:
    config = Config(voices=Voices(cache=str(tmp_path)), recordings=Recordings(folder=str(tmp_path / "calls")))
    *_, calls = disk.look(config, None, room(10**10))
    assert (calls.severity, calls.what.startswith("the recordings' folder is in ")) == (Severity.OK, True)
    refused = replace(config, recordings=Recordings(folder="/proc/calls"))
    *_, calls = disk.look(refused, None, room(10**10))
    assert (calls.severity, calls.what) == (Severity.ERROR, "the recordings' folder cannot be written")


@pytest.mark.parametrize(
    ("limit", "severity"),
    [(-1, Severity.OK), (4096, Severity.OK), (4095, Severity.WARNING), (276, Severity.WARNING), (275, Severity.ERROR)],
)
def test_open_files_are_held_against_the_channels(limit: int, severity: Severity) -> None:
    assert limits.look(Config(trunk=(TRUNK,)), lambda _pid: limit, None).severity is severity


def test_the_limit_of_a_process_that_is_gone_is_ours() -> None:
    assert descriptors(2**22 + 1) == descriptors(None)


def test_a_few_voices_are_named_and_the_others_counted() -> None:
    many = [Voice(f"en-US-{number}", "en-US", "English", "F") for number in range(7)]
    assert voices.look(lambda: many).what.endswith("en-US-4 and 2 more")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\nusername = "x"\n', "username and no password"),
        ('[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\npassword = "hush"\n', "password and no username"),
        ('[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\nsrtp = "required"\n', "travel in the clear"),
        ('http.host = "0.0.0.0"\n[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\n', "public_url"),
        ("", "no [[trunk]]"),
    ],
)
def test_what_the_configuration_will_be_short_of_is_warned_of(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "ringback.toml"
    file.write_text(text)
    _, (finding,) = read(file, {})
    assert finding.severity is Severity.WARNING
    assert says in finding.cause
    assert "hush" not in str(finding)


@pytest.mark.parametrize("value", ['srtp = "optional"', "inband_digits = true", 'codecs = ["PCMU", "G722"]'])
def test_a_setting_that_the_media_engine_lacks_is_an_error(tmp_path: Path, value: str) -> None:
    file = tmp_path / "ringback.toml"
    file.write_text(f'rtp.engine = "reference"\n[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\n{value}\n')
    config, (finding,) = read(file, {})
    assert config is None
    assert finding.severity is Severity.ERROR
    assert '"reference" cannot serve it' in finding.cause


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_api_on_loopback_needs_no_public_url(tmp_path: Path, host: str) -> None:
    file = tmp_path / "ringback.toml"
    file.write_text(f'http.host = "{host}"\n[[trunk]]\nname = "a"\nuri = "sip:127.0.0.1"\n')
    config, (finding,) = read(file, {})
    assert config is not None
    assert config.http == Http(host=host)
    assert finding.what == "the configuration can be used: 1 trunk"


@pytest.mark.parametrize(
    ("answer", "trunk", "severity", "says"),
    [
        (replace(ANSWER, status=401), TRUNK, Severity.ERROR, "wants a password"),
        (replace(ANSWER, status=401), replace(TRUNK, username="x"), Severity.ERROR, "another kind of password"),
        (replace(ANSWER, status=401, challenged=True), TRUNK, Severity.ERROR, "refuses our password"),
        (replace(ANSWER, status=403), TRUNK, Severity.WARNING, "refuses us"),
        (replace(ANSWER, status=480), TRUNK, Severity.WARNING, "out of service"),
        (replace(ANSWER, status=404), TRUNK, Severity.OK, "answers OPTIONS with 404"),
        (replace(ANSWER, codecs=("G722",), digits=True), TRUNK, Severity.ERROR, "no codec of ours"),
        (replace(ANSWER, codecs=(), digits=True), TRUNK, Severity.ERROR, "no codec of ours"),
        (replace(ANSWER, codecs=("PCMA",)), TRUNK, Severity.WARNING, "sends no digits"),
        (replace(ANSWER, codecs=("PCMA",)), replace(TRUNK, inband_digits=True), Severity.OK, "calls will use PCMA"),
        (replace(ANSWER, accept=("text/plain",)), TRUNK, Severity.WARNING, "no calls with sound"),
    ],
)
def test_an_answer_of_a_trunk_is_judged(answer: TrunkAnswer, trunk: Trunk, severity: Severity, says: str) -> None:
    found = trunks.judge(trunk, answer, "127.0.0.1:5060")
    (worst, *_) = sorted(found, key=lambda each: list(Severity).index(each.severity), reverse=True)
    assert worst.severity is severity
    assert any(says in each.what for each in found)


def test_what_a_trunk_says_does_not_steer_the_terminal() -> None:
    answer = replace(ANSWER, status=503, reason="\x1b[31mgone\udcff\r\n")
    (finding,) = trunks.judge(TRUNK, answer, "127.0.0.1:5060")
    assert finding.cause == "it answers OPTIONS with 503 ?[31mgone???"


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        *((status, Severity.OK) for status in (200, 204, 400, 404, 405, 415, 501)),
        *((status, Severity.WARNING) for status in (301, 308, 401, 403)),
        *((status, Severity.ERROR) for status in (500, 502, 503, 504)),
    ],
)
def test_an_answer_of_a_webhook_is_judged(status: int, severity: Severity) -> None:
    finding = webhooks.judge(HOOK, WebhookAnswer(status, ""))
    assert finding.severity is severity
    assert finding.what.startswith("VSS of acme, VCS of acme at https://acme.example:8443/vss ")
    assert "hush" not in str(finding)


@pytest.mark.parametrize(
    ("caller", "callee", "says"),
    [
        ((True, "2"), (True, "1"), ""),
        ((False, "2"), (True, "1"), "the caller heard no sound"),
        ((True, "2"), (True, "11"), "the callee heard the digits '11'"),
        ((False, ""), (False, ""), "the caller heard no sound; the callee heard no sound; the caller heard"),
    ],
)
def test_a_call_is_judged_by_what_each_end_heard(caller: tuple[bool, str], callee: tuple[bool, str], says: str) -> None:
    finding = loopback_call.judge(("caller", *caller), ("callee", *callee))
    assert (finding.severity is Severity.OK) is not bool(says)
    assert finding.cause.startswith(says)

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringback.app.config import Config, ConfigInvalid, Http, Trunk, load, parse_listen

TRUNK = '[[trunk]]\nname = "carrier"\nuri = "sip:127.0.0.1:5070"\n'
SECTIONS: dict[str, type[msgspec.Struct]] = {
    field.name: field.type for field in msgspec.structs.fields(Config) if field.name != "trunk"
}
KEYS = [(name, field.name) for name, section in SECTIONS.items() for field in msgspec.structs.fields(section)]
TRUNK_KEYS = [field.name for field in msgspec.structs.fields(Trunk)]

# section, key, values that are out of range or of a wrong form
OUT_OF_RANGE: list[tuple[str, str, list[str]]] = [
    ("http", "port", ["-1", "65536", "1.5", "true"]),
    ("http", "public_url", ['"."', '"voice.example"', '"ftp://a"', '"http://a?b"', '"http://a#b"']),
    ("sip", "listen", ["[]", '["udp:127.0.0.1:1", "udp:127.0.0.1:2"]', '["tcp:127.0.0.1:1"]', '["127.0.0.1:1"]']),
    ("sip", "advertise", ['"carrier.example"', '"1.2.3"', '"::1"']),
    ("sip", "tls_certificate", ['"cert.pem"']),
    ("rtp", "ports", ['""', '"20000"', '"5-4"', '"0-9"', '"1-65536"', '"a-b"', '"1-2-3"', '"٢٠-30"']),
    ("rtp", "advertise", ['"x"']),
    ("rtp", "engine", ['"fast"', '""']),
    ("voices", "cache_bytes", ["-1"]),
    ("voices", "workers", ["0", "65"]),
    ("voices", "fallback_to_locale", ["2", '"maybe"']),
    ("webhooks", "vca_timeout", ["0", "60.1", "nan", "inf"]),
    ("limits", "body_bytes", ["1023", "16777217"]),
    ("limits", "max_actions", ["0", "1001"]),
    ("limits", "max_session_seconds", ["0", "-1", "nan", "inf"]),
    ("limits", "requests_per_second", ["-0.1", "nan", "inf"]),
    ("recordings", "days", ["-1", "3651", "nan"]),
    ("recordings", "link_seconds", ["0", "2592001", "nan"]),
    ("limits", "drain_seconds", ["-1", "nan", "inf"]),
    ("limits", "rtp_silence_seconds", ["0.9", "nan", "inf"]),
]
TRUNK_OUT_OF_RANGE: list[tuple[str, list[str]]] = [
    ("name", ['""', f'"{"x" * 51}"']),
    ("uri", ['""', '"carrier"', '"tel:1"', '"sips:a"', '"sip:a;transport=tcp"', '"sip:a:99999"', '"http://a"']),
    ("prefixes", ['["+65"]', '["6a"]', '["६५"]']),
    ("register", ["true"]),
    ("codecs", ['["OPUS"]', "[]"]),
    ("srtp", ['"on"', "true"]),
    ("inband_digits", ['"sometimes"', 'true\ncodecs = ["G722"]']),
    ("channels", ["0", "100001"]),
    ("calls_per_second", ["0", "nan", "inf"]),
    ("ring_timeout", ["0", "181", "nan"]),
    ("inbound_from", ['["x"]', '["127.0.0.1/33"]', '["127.0.0.1/8"]']),
]


def read(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Config:
    file = folder / "ringback.toml"
    file.write_text(text, encoding="utf-8")
    return load(file, environment or {})


def fault(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigInvalid) as caught:
        read(folder, text, environment)
    return str(caught.value)


# ---------------------------------------------------------------- where it comes from


def test_without_a_file_everything_has_its_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load(environment={})
    assert config == Config()
    assert (config.http.port, config.listen, config.rtp_ports) == (8080, ("127.0.0.1", 5060), (20000, 29999))


def test_the_file_here_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringback.toml").write_text("[http]\nport = 9000\n")
    assert load(environment={}).http.port == 9000


def test_a_named_file_wins_over_the_variable_and_that_over_the_file_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(("ringback.toml", "variable.toml", "named.toml")):
        (tmp_path / name).write_text(f"[http]\nport = {number + 1}\n")
    environment = {"RINGBACK_CONFIG": str(tmp_path / "variable.toml")}
    assert load(environment=environment).http.port == 2
    assert load(tmp_path / "named.toml", environment).http.port == 3
    assert load(environment={"RINGBACK_CONFIG": ""}).http.port == 1


@pytest.mark.parametrize("by_variable", [True, False])
def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path, *, by_variable: bool) -> None:
    file = tmp_path / "nothing.toml"
    with pytest.raises(ConfigInvalid, match=r"nothing\.toml"):
        load(None if by_variable else file, {"RINGBACK_CONFIG": str(file)} if by_variable else {})


@pytest.mark.parametrize("content", [b"port 5", b"[http", b"\xff", b"[http]\nport = 1\nport = 2\n"])
def test_what_is_no_toml_is_an_error_that_names_the_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigInvalid, match=r"bad\.toml: "):
        load(file, {})


# ---------------------------------------------------------------- every key


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_a_value_of_a_wrong_type_is_named(tmp_path: Path, section: str, key: str) -> None:
    assert fault(tmp_path, f"[{section}]\n{key} = {{}}\n").startswith(f"[{section}] {key}: Expected ")


@pytest.mark.parametrize("key", TRUNK_KEYS)
def test_a_value_of_a_wrong_type_in_a_trunk_is_named(tmp_path: Path, key: str) -> None:
    lines = [line for line in TRUNK.splitlines() if not line.startswith(f"{key} ")]
    text = "\n".join([*lines, f"{key} = {{}}"])
    assert fault(tmp_path, text).startswith(f"[[trunk]] [0] {key}: Expected ")


@pytest.mark.parametrize(
    ("section", "key", "value"), [(section, key, value) for section, key, values in OUT_OF_RANGE for value in values]
)
def test_a_value_out_of_range_is_named(tmp_path: Path, section: str, key: str, value: str) -> None:
    assert fault(tmp_path, f"[{section}]\n{key} = {value}\n").startswith(f"[{section}] {key}: ")


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in TRUNK_OUT_OF_RANGE for value in values])
def test_a_value_out_of_range_in_a_trunk_is_named(tmp_path: Path, key: str, value: str) -> None:
    lines = [line for line in TRUNK.splitlines() if not line.startswith(f"{key} ")]
    text = "\n".join([*lines, f"{key} = {value}"])
    assert f" {key}: " in fault(tmp_path, text).replace("[0]", "")
    assert fault(tmp_path, text).startswith("[[trunk]] ")


@pytest.mark.parametrize("section", SECTIONS)
def test_an_unknown_key_is_named(tmp_path: Path, section: str) -> None:
    assert fault(tmp_path, f"[{section}]\nprot = 1\n") == f"[{section}] prot: unknown key"


def test_an_unknown_key_of_a_trunk_is_named(tmp_path: Path) -> None:
    assert fault(tmp_path, TRUNK + "prefix = '1'\n") == "[[trunk]] [0] prefix: unknown key"


def test_an_unknown_section_is_named(tmp_path: Path) -> None:
    assert fault(tmp_path, "[htp]\nport = 1\n") == "[htp]: unknown section"


@pytest.mark.parametrize("key", ["name", "uri"])
def test_a_trunk_without_a_name_or_an_address_is_an_error(tmp_path: Path, key: str) -> None:
    text = "\n".join(line for line in TRUNK.splitlines() if not line.startswith(f"{key} "))
    assert fault(tmp_path, text) == f"[[trunk]] [0] {key}: is missing"


def test_two_trunks_of_one_name_are_an_error(tmp_path: Path) -> None:
    assert fault(tmp_path, TRUNK + TRUNK) == "[[trunk]] name: 'carrier' is given twice"


@pytest.mark.parametrize(("text", "says"), [("http = 5", "[http]: "), ("trunk = 5", "[[trunk]]: ")])
def test_a_section_that_is_no_table_is_named(tmp_path: Path, text: str, says: str) -> None:
    assert fault(tmp_path, text).startswith(says)


def test_a_trunk_is_read_whole(tmp_path: Path) -> None:
    more = 'prefixes = ["65", "1"]\nusername = "u"\npassword = "p"\ncodecs = ["PCMA"]\nchannels = 7\n'
    (trunk,) = read(tmp_path, TRUNK + more).trunk
    assert trunk == Trunk(
        name="carrier",
        uri="sip:127.0.0.1:5070",
        prefixes=("65", "1"),
        username="u",
        password="p",  # noqa: S106 - no secret
        codecs=("PCMA",),
        channels=7,
    )


@pytest.mark.parametrize("uri", ["sip:a", "sip:a:5070", "sip:a;transport=udp", "sip:a;transport=UDP", "SIP:1.2.3.4"])
def test_the_address_of_a_trunk_may_name_its_transport(tmp_path: Path, uri: str) -> None:
    assert read(tmp_path, f'[[trunk]]\nname = "a"\nuri = "{uri}"\n').trunk[0].uri == uri


# ---------------------------------------------------------------- the environment


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("RINGBACK_HTTP__PORT", "9000", 9000),
        ("RINGBACK_STORE__URL", "sqlite:///x.db", "sqlite:///x.db"),
        ("RINGBACK_WEBHOOKS__ALLOW_PRIVATE_ADDRESSES", "true", True),
        ("RINGBACK_WEBHOOKS__VCA_TIMEOUT", "2.5", 2.5),
        ("RINGBACK_SIP__LISTEN", "udp:127.0.0.1:5099", ("udp:127.0.0.1:5099",)),
        ("RINGBACK_SIP__LISTEN", '["udp:127.0.0.1:5099"]', ("udp:127.0.0.1:5099",)),
    ],
)
def test_the_environment_overrides_the_file(tmp_path: Path, variable: str, text: str, value: object) -> None:
    config: Any = read(tmp_path, '[http]\nport = 1\n[sip]\nlisten = ["udp:127.0.0.1:1"]\n', {variable: text})
    section, key = variable.removeprefix("RINGBACK_").lower().split("__")
    assert getattr(getattr(config, section), key) == value


@pytest.mark.parametrize(
    ("variable", "text", "says"),
    [
        ("RINGBACK_HTTP__PORT", "x", "[http] port: "),
        ("RINGBACK_HTTP__PROT", "1", "[http] prot: unknown key"),
        ("RINGBACK_HTP__PORT", "1", "[htp]: unknown section"),
        ("RINGBACK_SIP__LISTEN", "udp:127.0.0.1:1,udp:127.0.0.1:2", "[sip] listen: exactly one"),
        ("RINGBACK_SIP__LISTEN", '["udp', "[sip] listen: "),
        ("RINGBACK_TRUNK__URI", "sip:a", "RINGBACK_TRUNK__URI: trunks are named in the file"),
    ],
)
def test_a_bad_variable_is_named_as_its_key(tmp_path: Path, variable: str, text: str, says: str) -> None:
    assert fault(tmp_path, "", {variable: text}).startswith(says)


def test_other_variables_are_nobodys_business(tmp_path: Path) -> None:
    others = {"PATH": "/bin", "RINGBACK_API_KEY": "x", "OTHER_HTTP__PORT": "1"}
    assert read(tmp_path, "", others) == Config()


# ---------------------------------------------------------------- secrets


def test_a_password_comes_from_a_file_or_a_variable(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hush\n")
    sources = {f"file:{tmp_path / 'password'}": "hush", "env:TRUNK_PASSWORD": "shh", "plain": "plain"}
    for source, secret in sources.items():
        config = read(tmp_path, f'{TRUNK}password = "{source}"\n', {"TRUNK_PASSWORD": "shh"})
        assert config.trunk[0].password == secret


@pytest.mark.parametrize("source", ["env:NOT_THERE", "file:/not/there"])
def test_a_secret_that_is_not_there_is_named_with_its_key(tmp_path: Path, source: str) -> None:
    said = fault(tmp_path, f'{TRUNK}password = "{source}"\n')
    assert said.startswith("[[trunk]] 'carrier' password: ")
    assert source.partition(":")[2] in said


def test_a_secret_that_is_no_text_is_named_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xff\xfe")
    said = fault(tmp_path, f'{TRUNK}password = "file:{tmp_path / "password"}"\n')
    assert said.startswith("[[trunk]] 'carrier' password: ")


# ---------------------------------------------------------------- addresses


def test_an_address_to_listen_on_is_read() -> None:
    assert parse_listen("udp:0.0.0.0:0") == ("0.0.0.0", 0)


@pytest.mark.parametrize(
    "text",
    ["", "udp", "udp:", "udp:5060", "udp:localhost:5060", "udp:127.0.0.1", "udp:127.0.0.1:x", "udp:1.2.3.4:65536"],
)
def test_an_address_that_cannot_be_listened_on_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="udp:ADDRESS:PORT"):
        parse_listen(text)


@pytest.mark.parametrize(
    ("http", "url"),
    [
        (Http(), "http://127.0.0.1:9000"),
        (Http(host="0.0.0.0"), "http://127.0.0.1:9000"),
        (Http(host="192.0.2.1"), "http://192.0.2.1:9000"),
        (Http(public_url="https://voice.example/api/"), "https://voice.example/api"),
    ],
)
def test_links_lead_to_the_public_url_or_else_to_the_port_that_was_taken(http: Http, url: str) -> None:
    assert http.url(9000) == url

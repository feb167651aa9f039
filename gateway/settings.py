"""Settings: read once from TONGBAN_… variables, typed, and refused by name at start."""

import base64
import json
import os
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from messaging.bus import addresses
from messaging.faults import POINTS

KNOWN = {
    "HOME", "DATA", "DATABASE_URL", "BUS_URL", "BUS_ADMIN_URL", "PUBLIC_URL", "SIGNING_KEY", "SEALING_KEY",
    "INDEX_KEY", "CIPHER", "FRONT_URL", "WEBHOOK_ALLOW", "RETENTION_DAYS", "ALARM_DAYS", "LOG_LEVEL", "FAULTS",
    "TRUSTED_PROXIES", "UNDO_SECONDS", "UNCOLLECTED_DAYS", "RATING_URL", "VERTICAL_URLS", "CLAMD", "CLAMD_REQUIRED",
}  # fmt: skip


BUS_ADDRESS = "'embedded:' or amqp(s)://user:password@host:port[,host:port…]"


class BadSetting(Exception):
    """A setting that cannot be used; the text begins with its name."""


@dataclass(frozen=True)
class Settings:
    """What an installation is told from outside; everything else is a rule."""

    home: str  # our own GB/T 2260 code
    data: Path  # folder for the database, attachments and generated keys
    database_url: str
    bus_url: str  # embedded: or amqp(s)://…
    bus_admin_url: str | None
    public_url: str | None  # None: taken from host and port
    front_url: str | None  # where applicants ask for progress; None: nowhere
    signing_key: Mapping[str, Any] | None  # private JWK; None: one is made in the data folder
    sealing_key: bytes  # 32 bytes
    index_key: bytes  # 32 bytes
    cipher: str
    webhook_allow: tuple[IPv4Network | IPv6Network, ...]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]  # whose X-Forwarded-For is believed
    retention_days: int
    alarm_days: tuple[int, int, int]  # working days: amber, red, and so long after the end the other side is urged
    undo_seconds: int  # so long a submission from a page can be undone; 0: it goes at once
    uncollected_days: int  # days after the decision from which on a result that nobody fetched is reminded of
    rating_url: str | None  # the province's own 好差评, asked instead of ours
    vertical_urls: Mapping[str, str]  # name of a vertical system -> address with {number}
    clamd: str | None  # where files are looked at for viruses: a socket's path or host:port; None: nowhere
    clamd_required: bool  # without clamd no file is taken
    log_level: str
    faults: str | None  # only for tests: where this process is to die


def _value(env: Mapping[str, str], name: str) -> str | None:
    plain, file = env.get(f"TONGBAN_{name}"), env.get(f"TONGBAN_{name}_FILE")
    if plain and file:
        raise BadSetting(f"TONGBAN_{name}: set either it or TONGBAN_{name}_FILE, not both")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(f"TONGBAN_{name}_FILE: cannot be read ({error.strerror})") from None
    return plain or None


def _key(env: Mapping[str, str], name: str, data: Path, make: bool) -> bytes:
    """32 bytes as base64; when nothing is given, made once and kept in the data folder."""
    text = _value(env, name)
    if text is None:
        path = data / "keys" / f"{name.lower()}.b64"
        if not make and not path.exists():
            raise _missing(name, path)
        text = _kept(path, lambda: base64.b64encode(secrets.token_bytes(32)).decode())
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise BadSetting(f"TONGBAN_{name}: not base64") from None
    if len(key) != 32:
        raise BadSetting(f"TONGBAN_{name}: {len(key)} bytes, 32 are needed")
    return key


def _missing(name: str, path: Path) -> BadSetting:
    return BadSetting(f"TONGBAN_{name}：没有给出，也没有 {path}；请先放好备份时的密钥 (the key is missing)")


def _kept(path: Path, make: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(make(), encoding="utf-8")
        draft.rename(path)
    return path.read_text(encoding="utf-8").strip()


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = _value(env, name) or str(default)
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise BadSetting(f"TONGBAN_{name}: '{text}' is not a whole number from {low} to {high}")
    return int(text)


def _alarm_days(env: Mapping[str, str]) -> tuple[int, int, int]:
    """`2,1,1`: amber with two working days left, red with one, the other side is urged one working day after the end."""
    text = _value(env, "ALARM_DAYS") or "2,1,1"
    parts = text.split(",")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and int(part) <= 60 for part in parts):
        raise BadSetting(f"TONGBAN_ALARM_DAYS: '{text}' is not three numbers of working days such as 2,1,1 (0 to 60)")
    amber, red, urged = (int(part) for part in parts)
    if red > amber:
        raise BadSetting(f"TONGBAN_ALARM_DAYS: '{text}' turns red before it is amber")
    return amber, red, urged


def _one_of(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = _value(env, name) or default
    if text not in allowed:
        raise BadSetting(f"TONGBAN_{name}: '{text}' is none of {', '.join(allowed)}")
    return text


def _networks(env: Mapping[str, str], name: str, default: str = "") -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in (_value(env, name) or default).split(",") if part.strip())
    except ValueError as error:
        raise BadSetting(f"TONGBAN_{name}: {error}") from None


def _jwk(env: Mapping[str, str]) -> Mapping[str, Any] | None:
    text = _value(env, "SIGNING_KEY")
    if text is None:
        return None
    try:
        jwk = json.loads(text)
    except ValueError:
        raise BadSetting("TONGBAN_SIGNING_KEY: not a JSON Web Key") from None
    if not isinstance(jwk, dict) or "d" not in jwk or "kid" not in jwk:
        raise BadSetting("TONGBAN_SIGNING_KEY: a private JWK with 'kid' and 'd' is needed")
    return jwk


def _bus_url(env: Mapping[str, str]) -> str:
    url = _value(env, "BUS_URL") or "embedded:"
    if url == "embedded:":
        return url
    try:
        nodes = [urlsplit(node) for node in addresses.each(url)]
    except ValueError as error:
        raise BadSetting(f"TONGBAN_BUS_URL: {error}; {BUS_ADDRESS}") from None
    parts = nodes[0]
    if parts.scheme not in ("amqp", "amqps") or not parts.username or not parts.password:
        raise BadSetting(f"TONGBAN_BUS_URL: {BUS_ADDRESS}")
    if not all(node.hostname for node in nodes):
        raise BadSetting(f"TONGBAN_BUS_URL: {BUS_ADDRESS}")
    if parts.path not in ("", "/"):
        raise BadSetting("TONGBAN_BUS_URL: without a virtual host, each partner has its own")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := options.keys() - {"cafile", "certfile", "keyfile"}:
        raise BadSetting(f"TONGBAN_BUS_URL: no such option: {', '.join(sorted(unknown))} (cafile, certfile, keyfile)")
    if options and parts.scheme != "amqps":
        raise BadSetting("TONGBAN_BUS_URL: certificates need amqps://")
    _certificates("BUS_URL", options)
    return url


def _port(name: str, url: str) -> None:
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        raise BadSetting(f"TONGBAN_{name}: {error}") from None


def _certificates(name: str, options: Mapping[str, str]) -> None:
    """Files that an address names are read at start, so that a wrong one is told by its name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if "cafile" in options:
            context.load_verify_locations(options["cafile"])
    except OSError as error:
        raise BadSetting(f"TONGBAN_{name}: cafile: {error.strerror or 'no certificate in it'}") from None
    if "keyfile" in options and "certfile" not in options:
        raise BadSetting(f"TONGBAN_{name}: keyfile without certfile")
    try:
        if "certfile" in options:
            context.load_cert_chain(options["certfile"], options.get("keyfile"))
    except OSError as error:
        raise BadSetting(f"TONGBAN_{name}: certfile, keyfile: {error.strerror or 'not a pair'}") from None


def _bus_admin_url(env: Mapping[str, str]) -> str | None:
    url = _value(env, "BUS_ADMIN_URL")
    if url is not None and not url.startswith(("http://", "https://")):
        raise BadSetting("TONGBAN_BUS_ADMIN_URL: http(s)://user:password@host:15672")
    if url is not None:
        _port("BUS_ADMIN_URL", url)
        options = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        if options.keys() - {"cafile"}:
            raise BadSetting("TONGBAN_BUS_ADMIN_URL: cafile is the only option")
        _certificates("BUS_ADMIN_URL", options)
    return url


def _public_url(env: Mapping[str, str]) -> str | None:
    url = _value(env, "PUBLIC_URL")
    if url is not None and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        raise BadSetting("TONGBAN_PUBLIC_URL: http(s)://host")
    return url


def _clamd(env: Mapping[str, str]) -> str | None:
    address = _value(env, "CLAMD")
    if address is None or address.startswith("/"):
        return address
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65536 and "/" not in host):
        raise BadSetting(f"TONGBAN_CLAMD: '{address}' is neither the path of a socket nor host:port")
    return address


def _clamd_required(env: Mapping[str, str]) -> bool:
    required = _one_of(env, "CLAMD_REQUIRED", "no", ("no", "yes")) == "yes"
    if required and _value(env, "CLAMD") is None:
        raise BadSetting("TONGBAN_CLAMD_REQUIRED: 'yes' needs TONGBAN_CLAMD, or no file could ever be taken")
    return required


def _faults(env: Mapping[str, str]) -> str | None:
    text = _value(env, "FAULTS")
    if text is not None:
        point = text.split(":", 2)[2:]
        if not re.fullmatch(r"[0-9]+:[0-9]*\.?[0-9]+(:.+)?", text, re.ASCII) or (point and point[0] not in POINTS):
            raise BadSetting(f"TONGBAN_FAULTS: '{text}' is not seed:rate or seed:rate:point")
    return text


def _front_url(env: Mapping[str, str]) -> str | None:
    url = _value(env, "FRONT_URL")
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or len(url) > 120:
        raise BadSetting("TONGBAN_FRONT_URL: http(s)://host[/path], at most 120 characters")
    return url.rstrip("/")


NUMBER = "{number}"


def _linked(name: str, url: str) -> str:
    """An address outside that people are sent to, `{number}` in its path or query: https only."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError as error:
        raise BadSetting(f"TONGBAN_{name}: {error}") from None
    plain = url.replace(NUMBER, "")
    wrong = parts.scheme != "https" or not parts.hostname or parts.username or NUMBER in parts.netloc or port == 0
    if wrong or any(c in plain for c in "{}<>\"'\\ ") or not url.isprintable() or len(url) > 300:
        raise BadSetting(f"TONGBAN_{name}: https://host/path, with {NUMBER} in path or query, at most 300 characters")
    return url


def _rating_url(env: Mapping[str, str]) -> str | None:
    url = _value(env, "RATING_URL")
    return None if url is None else _linked("RATING_URL", url)


def _vertical_urls(env: Mapping[str, str]) -> Mapping[str, str]:
    """`公安=https://host/path?no={number};人社=https://…`: the only addresses that a case's page leads to."""
    found = {}
    for part in (_value(env, "VERTICAL_URLS") or "").split(";"):
        name, equals, url = part.strip().partition("=")
        if not name and not equals:
            continue
        if not equals or not 0 < len(name.strip()) <= 16 or NUMBER not in url:
            raise BadSetting(f"TONGBAN_VERTICAL_URLS: '{part.strip()[:40]}' is not name=https://host/…{NUMBER}")
        found[name.strip()] = _linked("VERTICAL_URLS", url.strip())
    return found


def _database_url(env: Mapping[str, str], data: Path) -> str:
    url = _value(env, "DATABASE_URL")
    if url is not None and not url.startswith(("sqlite://", "postgres://", "postgresql://")):
        raise BadSetting("TONGBAN_DATABASE_URL: sqlite:///path or postgres://user:password@host:port/name")
    return url or f"sqlite://{data / 'tongban.sqlite3'}"


def installed() -> bool:
    """Is there an installation here? A database that is named, or the file that is used when none is."""
    data = Path(_value(os.environ, "DATA") or "var/data")
    return _value(os.environ, "DATABASE_URL") is not None or (data / "tongban.sqlite3").exists()


def read(env: Mapping[str, str] | None = None, *, make_keys: bool = True, **overrides: Any) -> Settings:
    """Settings from the environment; `overrides` (home, data, …) stand above it. `make_keys`: those that are missing.

    Raises BadSetting with the name of the variable that is wrong, also for a TONGBAN_ name that is not known.
    """
    env = dict(os.environ if env is None else env)
    for name in env:
        if name.startswith("TONGBAN_") and name.removeprefix("TONGBAN_").removesuffix("_FILE") not in KNOWN:
            raise BadSetting(f"{name}: no such setting")
    data = Path(overrides.get("data") or _value(env, "DATA") or "var/data").absolute()
    home = overrides.get("home") or _value(env, "HOME") or "421321"
    if len(home) != 6 or not (home.isascii() and home.isdigit()):
        raise BadSetting(f"TONGBAN_HOME: '{home}' is not a six-digit GB/T 2260 code")
    signing_key = _jwk(env)
    if not make_keys and signing_key is None and not (path := data / "keys" / "signing.jwk.json").exists():
        raise _missing("SIGNING_KEY", path)
    return Settings(
        home=home,
        data=data,
        database_url=_database_url(env, data),
        bus_url=_bus_url(env),
        bus_admin_url=_bus_admin_url(env),
        public_url=overrides.get("public_url") or _public_url(env),
        front_url=_front_url(env),
        signing_key=signing_key,
        sealing_key=_key(env, "SEALING_KEY", data, make_keys),
        index_key=_key(env, "INDEX_KEY", data, make_keys),
        cipher=_one_of(env, "CIPHER", "sm4-gcm", ("sm4-gcm", "aes-gcm")),
        webhook_allow=_networks(env, "WEBHOOK_ALLOW"),
        trusted_proxies=_networks(env, "TRUSTED_PROXIES", "127.0.0.0/8,::1/128"),
        retention_days=_integer(env, "RETENTION_DAYS", 1095, 1, 36500),
        alarm_days=_alarm_days(env),
        undo_seconds=_integer(env, "UNDO_SECONDS", 10, 0, 60),
        uncollected_days=_integer(env, "UNCOLLECTED_DAYS", 15, 1, 365),
        rating_url=_rating_url(env),
        vertical_urls=_vertical_urls(env),
        clamd=_clamd(env),
        clamd_required=_clamd_required(env),
        log_level=_one_of(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        faults=_faults(env),
    )

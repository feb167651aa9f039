"""The compose files are held to the product: what they name exists, and every service is bounded and watched.

Nothing is started here; what only an engine can show is not claimed.
"""

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import cli, settings
from tests.house.source_tree import ROOT

DOCKER = ROOT / "docker"
FILES = ("compose.yaml", "compose.cluster.yaml")
SERVICE = {
    "build", "image", "command", "environment", "secrets", "volumes", "ports", "depends_on", "restart", "healthcheck",
    "read_only", "tmpfs", "cap_drop", "security_opt", "mem_limit", "cpus", "pids_limit", "stop_grace_period", "logging",
    "hostname", "shm_size", "ulimits",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


class Strict(yaml.SafeLoader):  # type: ignore[misc]
    """A name stands once."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        names = [key.value for key, _ in node.value if key.value != "<<"]
        assert len(names) == len(set(names)), f"twice: {names}"
        return super().construct_mapping(node, deep)


def read(name: str) -> dict[str, Any]:
    return dict(yaml.load((DOCKER / name).read_text(encoding="utf-8"), Loader=Strict))  # noqa: S506  # a safe loader


@pytest.fixture(params=FILES)
def composed(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


def services(composed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict(composed["services"])


def ours(composed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in services(composed).items() if "build" in one}


def granted(one: dict[str, Any]) -> set[str]:
    return {given if isinstance(given, str) else given["source"] for given in one.get("secrets", [])}


def test_every_member_is_one_that_compose_knows(composed: dict[str, Any]) -> None:
    assert {name for name in composed if not name.startswith("x-")} == {"name", "services", "volumes", "secrets"}
    assert {name: set(one) - SERVICE for name, one in services(composed).items() if set(one) - SERVICE} == {}


def test_every_service_is_bounded_and_comes_back(composed: dict[str, Any]) -> None:
    for name, one in services(composed).items():
        assert one["restart"] in ("unless-stopped", "no"), name
        assert {"mem_limit", "cpus", "stop_grace_period", "logging"} <= set(one), name
        assert one["logging"]["options"]["max-size"], name


def test_every_service_is_watched_or_ends_by_itself_or_has_no_door(composed: dict[str, Any]) -> None:
    for name, one in services(composed).items():
        unwatched = one.get("healthcheck") == {"disable": True}
        assert not unwatched or one["restart"] == "no" or one["command"] == ["work"], name
        assert one.get("healthcheck") or "build" in one, f"{name}: the image of another has no check of ours"


def test_who_waits_for_whom_exists_and_can_become_what_is_waited_for(composed: dict[str, Any]) -> None:
    all_ = services(composed)
    for name, one in all_.items():
        for other, how in one.get("depends_on", {}).items():
            condition = how["condition"]
            assert condition in CONDITIONS, name
            if condition == "service_completed_successfully":
                assert all_[other]["restart"] == "no", f"{name} waits for {other}, which never ends"
            if condition == "service_healthy":
                assert all_[other]["healthcheck"].get("test"), f"{name} waits for {other}, which nobody looks at"
    assert _ends(all_)


def _ends(all_: dict[str, dict[str, Any]]) -> bool:
    """Nobody waits for itself round a corner."""
    done: set[str] = set()
    while left := {name for name in all_ if name not in done}:
        ready = {name for name in left if set(all_[name].get("depends_on", {})) <= done}
        if not ready:
            return False
        done |= ready
    return True


def test_our_containers_can_write_nowhere_but_their_data_and_have_no_rights(composed: dict[str, Any]) -> None:
    assert ours(composed)
    for name, one in ours(composed).items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in one["security_opt"], name
        assert one["volumes"] == ["tongban-data:/data"], name


def test_every_setting_exists_and_its_file_is_a_secret_that_the_service_has(composed: dict[str, Any]) -> None:
    for name, one in ours(composed).items():
        for variable, value in one["environment"].items():
            assert variable.removeprefix("TONGBAN_").removesuffix("_FILE") in settings.KNOWN, variable
            if variable.endswith("_FILE"):
                assert value.removeprefix("/run/secrets/") in granted(one), f"{name}: {variable}"
        assert granted(one) == {
            value[13:] for value in one["environment"].values() if value.startswith("/run/secrets/")
        }


def test_secrets_and_volumes_are_declared_and_used(composed: dict[str, Any]) -> None:
    all_ = services(composed).values()
    assert set(composed["secrets"]) == {name for one in all_ for name in granted(one)}
    mounts = [volume.split(":")[0] for one in all_ for volume in one.get("volumes", [])]
    assert set(composed["volumes"]) == {mount for mount in mounts if not mount.startswith(".")}
    assert [mount for mount in mounts if mount.startswith(".") and not (DOCKER / mount).exists()] == []


def test_no_secret_stands_in_the_files(composed: dict[str, Any]) -> None:
    for one in services(composed).values():
        for name, value in one.get("environment", {}).items():
            assert (
                not re.search(r"PASSWORD|SECRET|_KEY|COOKIE", name) or name.endswith("_FILE") or value.startswith("${")
            ), name


def test_every_command_is_one_of_ours(composed: dict[str, Any]) -> None:
    for name, one in ours(composed).items():
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                cli.parser().parse_args(one["command"])
            except SystemExit:
                raise AssertionError(f"{name}: {said.getvalue()}") from None


def test_ports_are_open_to_this_machine_only(composed: dict[str, Any]) -> None:
    ports = [port for one in services(composed).values() for port in one.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_the_cluster_is_what_it_says() -> None:
    all_ = services(read("compose.cluster.yaml"))
    commands = [" ".join(one["command"]) for one in all_.values() if "build" in one]
    assert sum("--no-loops" in command for command in commands) == 2
    assert commands.count("work") == 1
    brokers = {name for name, one in all_.items() if one["image"].startswith("rabbitmq:")}
    assert (
        {one["hostname"] for name, one in all_.items() if name in brokers}
        == brokers
        == {"rabbit1", "rabbit2", "rabbit3"}
    )
    joined = re.findall(r"rabbit@(\w+)", (DOCKER / "rabbitmq.cluster.conf").read_text(encoding="utf-8"))
    assert set(joined) == brokers
    behind = set(re.findall(r"server (\w+):\d+", (DOCKER / "nginx.conf").read_text(encoding="utf-8")))
    assert behind == brokers | {"gateway1", "gateway2"}


@pytest.mark.parametrize(("arguments", "broker"), [((), "rabbitmq"), (("proxy", "proxy"), "proxy")])
def test_the_secrets_that_are_made_are_those_that_the_product_takes(
    tmp_path: Path, arguments: tuple[str, ...], broker: str
) -> None:
    shutil.copy(DOCKER / "make-secrets.sh", tmp_path)
    made = subprocess.run(
        ["sh", str(tmp_path / "make-secrets.sh"), *arguments], capture_output=True, check=True, text=True
    )
    secrets = tmp_path / "secrets"
    assert {path.name for path in secrets.iterdir()} == set(read("compose.yaml")["secrets"])
    env = {f"TONGBAN_{name.upper()}_FILE": str(secrets / name)
           for name in ("database_url", "bus_url", "bus_admin_url", "sealing_key", "index_key")}  # fmt: skip
    told = settings.read(env, data=tmp_path / "data")
    password = (secrets / "postgres_password").read_text().strip()
    assert password in told.database_url
    assert f"@{broker}:5672" in told.bus_url
    assert (secrets / "rabbitmq_admin").read_text().split()[-1] in str(told.bus_admin_url)
    assert password not in made.stdout
    again = subprocess.run(["sh", str(tmp_path / "make-secrets.sh")], capture_output=True, check=False)
    assert again.returncode == 1, "keys are never made over"
    assert (secrets / "postgres_password").read_text().strip() == password


def test_what_the_image_copies_is_there_and_let_through() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+)$", (DOCKER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    sources = [source for line in copied for source in line.split()[:-1]]
    assert sources
    allowed = [
        line[1:]
        for line in (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    ]
    for source in sources:
        assert (ROOT / source).exists(), source
        assert any(source == one or source.startswith(one + "/") for one in allowed), source


def test_the_image_runs_commands_that_exist() -> None:
    text = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    command = yaml.safe_load(re.findall(r"^CMD (\[.+\])$", text, re.MULTILINE)[-1])
    cli.parser().parse_args(command)
    assert "postgresql-client" in text, "backup needs pg_dump"

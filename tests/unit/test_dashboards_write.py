"""`ppocr-guard dashboards DIR`."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any, Optional

import pytest
from ruamel.yaml import YAML

from ppocr_guard.cli import main
from ppocr_guard.dashboards.write import ALERTMANAGER, FILES, GRAFANA, PROMETHEUS, TRAINER
from ppocr_guard.hooks.prometheus import Prometheus


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def written(folder: Path, *arguments: str) -> int:
    return main(["dashboards", str(folder), *arguments])


def test_defaults_are_the_checked_in_files(tmp_path: Path) -> None:
    assert written(tmp_path / "watch") == 0
    source = Path(__file__).parents[2] / "dashboards"
    for name in FILES:
        if name != "targets.yml":
            assert (tmp_path / "watch" / name).read_text() == (source / name).read_text()
    assert load(tmp_path / "watch" / "targets.yml") == load(source / "targets.yml")
    assert load(source / "targets.yml") == [{"targets": [f"127.0.0.1:{Prometheus().options.port}"]}]


def test_all_files_agree_on_the_users_ports(tmp_path: Path) -> None:
    """Prometheus and Grafana swap their ports, so replacing one after the other would fail."""
    ports = ["--prometheus-port", "3000", "--grafana-port", "9090", "--alertmanager-port", "9999"]
    assert written(tmp_path, *ports, "--target", "gpu1:9464", "--target", "gpu2:9500") == 0
    services = load(tmp_path / "compose.yml")["services"]
    assert "--web.listen-address=127.0.0.1:3000" in services["prometheus"]["command"]
    assert "--web.listen-address=127.0.0.1:9999" in services["alertmanager"]["command"]
    assert services["grafana"]["environment"]["GF_SERVER_HTTP_PORT"] == "9090"
    sources = load(tmp_path / "grafana_datasource.yml")["datasources"]
    assert [one["url"] for one in sources] == ["http://127.0.0.1:3000", "http://127.0.0.1:9999"]
    alerting = load(tmp_path / "prometheus.yml")["alerting"]["alertmanagers"][0]
    assert alerting["static_configs"] == [{"targets": ["127.0.0.1:9999"]}]
    assert load(tmp_path / "targets.yml") == [{"targets": ["gpu1:9464", "gpu2:9500"]}]
    links = re.findall(r"http://[^/]+/d/", (tmp_path / "rules.yml").read_text())
    assert set(links) == {"http://127.0.0.1:9090/d/"}
    text = "".join((tmp_path / name).read_text() for name in FILES if name.endswith(".yml"))
    assert str(ALERTMANAGER) not in text


def test_compose_mounts_what_is_written(tmp_path: Path) -> None:
    assert written(tmp_path) == 0
    compose = load(tmp_path / "compose.yml")
    mounts = [mount for one in compose["services"].values() for mount in one["volumes"]]
    for mount in mounts:
        source = mount.split(":")[0]
        if source.startswith("."):
            assert (tmp_path / source).exists(), mount
        else:
            assert source in compose["volumes"], mount
    provider = load(tmp_path / "grafana_dashboards.yml")["providers"][0]
    assert all(
        f"{provider['options']['path']}/{name}" in " ".join(mounts) for name in ("run.json",)
    )
    for name in ("run.json", "fleet.json"):
        assert json.loads((tmp_path / name).read_text())["uid"].startswith("ppocr-guard-")


def test_webhook_reaches_every_receiver(tmp_path: Path) -> None:
    url = 'https://chat.example.com/hook?key=a"b&x=#1'
    assert written(tmp_path, "--webhook", url) == 0
    receivers = load(tmp_path / "alertmanager.yml")["receivers"]
    assert [one["name"] for one in receivers] == ["phone", "chat", "digest"]
    for one in receivers:
        assert one["webhook_configs"] == [{"url": url, "send_resolved": True}]


def test_port_is_taken_from_the_training_configuration(tmp_path: Path) -> None:
    config = tmp_path / "det.yml"
    config.write_text("Global: {}\nTrain: {}\nGuard:\n  hooks:\n    - Prometheus: {port: 9555}\n")
    assert written(tmp_path / "watch", "-c", str(config)) == 0
    assert load(tmp_path / "watch" / "targets.yml") == [{"targets": ["127.0.0.1:9555"]}]


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("Guard: {hooks: [Prometheus: {port: 0}]}", "port is 0"),
        ("Guard: {hooks: [AutoStop]}", "runs no Prometheus hook"),
        ("Guard: {hooks: [Prometheus: {prot: 1}]}", "det.yml:3: Guard.hooks.0.Prometheus.prot"),
        ("Guard: [unclosed", "det.yml:"),
        ("Guard: 5", "must be a mapping"),
    ],
)
def test_a_configuration_that_does_not_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], yaml: str, message: str
) -> None:
    config = tmp_path / "det.yml"
    config.write_text(f"Global: {{}}\nTrain: {{}}\n{yaml}\n")
    assert written(tmp_path / "watch", "-c", str(config)) == 2
    said = capsys.readouterr().err
    assert message in said
    assert str(config) in said
    assert not (tmp_path / "watch").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grafana-port", "70000"], "70000 is no port"),
        (["--grafana-port", str(PROMETHEUS)], "a port each"),
        (["--target", "gpu1"], "HOST:PORT"),
        (["--target", "gpu1:http"], "HOST:PORT"),
        (["--target", "ftp://gpu1:9464"], "HOST:PORT"),
        (["--grafana-port", str(TRAINER)], "is the training's"),
        (["--target", f"localhost:{GRAFANA}"], "is the training's"),
        (["--webhook", "chat.example.com"], "http:// or https://"),
        (["-c", "missing.yml"], "missing.yml"),
    ],
)
def test_wrong_arguments_get_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert written(tmp_path / "watch", *arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "watch").exists()


def test_edited_files_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(tmp_path) == 0
    assert written(tmp_path) == 0  # nothing has changed: nothing to lose
    (tmp_path / "alertmanager.yml").write_text("# mine\n")
    assert written(tmp_path) == 2
    assert "alertmanager.yml" in capsys.readouterr().err
    assert (tmp_path / "alertmanager.yml").read_text() == "# mine\n"
    assert written(tmp_path, "--force") == 0
    assert "receivers" in load(tmp_path / "alertmanager.yml")


def test_what_a_folder_was_made_with_is_used_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, folder = tmp_path / "det.yml", tmp_path / "watch"
    config.write_text("Global: {}\nTrain: {}\nGuard:\n  hooks:\n    - Prometheus: {port: 9555}\n")
    assert written(folder, "-c", str(config), "--grafana-port", "3333") == 0
    url = "https://chat.example.com/hook/secretkey"
    assert written(folder, "--force", "--webhook", url) == 0
    said = capsys.readouterr().out
    assert "As the folder was made before: targets 127.0.0.1:9555, grafana 3333." in said
    assert load(folder / "targets.yml") == [{"targets": ["127.0.0.1:9555"]}]
    for again in (["--force"], [], ["--force", "--prometheus-port", "9191"]):
        assert written(folder, *again) == 0
        receivers = load(folder / "alertmanager.yml")["receivers"]
        assert all(one["webhook_configs"][0]["url"] == url for one in receivers)
        assert load(folder / "targets.yml") == [{"targets": ["127.0.0.1:9555"]}]
        assert "127.0.0.1:3333/d/" in (folder / "rules.yml").read_text()
    said = capsys.readouterr()
    assert "webhook https://chat.example.com" in said.out
    assert "secretkey" not in said.out + said.err
    assert stat.S_IMODE((folder / "made_with.json").stat().st_mode) == 0o600
    assert written(folder, "--force", "--webhook", "", "--target", "gpu2:9464") == 0
    assert "webhook_configs:\n      - url" not in (folder / "alertmanager.yml").read_text()
    assert load(folder / "targets.yml") == [{"targets": ["gpu2:9464"]}]
    assert "127.0.0.1:9191" in (folder / "compose.yml").read_text()


def test_targets_that_were_added_by_hand_stay(tmp_path: Path) -> None:
    assert written(tmp_path, "--target", "gpu1:9464") == 0
    with (tmp_path / "targets.yml").open("a") as file:
        file.write("    - gpu2:9464\n")
    assert written(tmp_path, "--force", "--webhook", "https://chat.example.com/a") == 0
    assert load(tmp_path / "targets.yml") == [{"targets": ["gpu1:9464", "gpu2:9464"]}]
    (tmp_path / "targets.yml").unlink()
    assert written(tmp_path) == 0
    assert load(tmp_path / "targets.yml") == [{"targets": ["gpu1:9464"]}]


@pytest.mark.parametrize("text", ["", "{}x", '{"port": 1}', '{"targets": 5}', "\udcff"])
def test_a_memory_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "made_with.json").write_text(text, errors="surrogateescape")
    assert written(tmp_path, "--force") == 2
    said = capsys.readouterr().err
    assert "made_with.json is not as it was written; delete it" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "target", "scheme"),
    [
        ("{port: 9555, host: 0.0.0.0}", "127.0.0.1:9555", None),
        ("{port: 9555, host: 10.1.2.3}", "10.1.2.3:9555", None),
        ("{port: 9555, host: '::1'}", "[::1]:9555", None),
        ("{port: 9555, certfile: a.pem, keyfile: a.key}", "127.0.0.1:9555", "https"),
    ],
)
def test_the_target_can_be_reached(
    tmp_path: Path, options: str, target: str, scheme: Optional[str]
) -> None:
    config = tmp_path / "det.yml"
    config.write_text(f"Global: {{}}\nTrain: {{}}\nGuard: {{hooks: [Prometheus: {options}]}}\n")
    assert written(tmp_path / "watch", "-c", str(config), "--target", "gpu1:9464") == 0
    groups = load(tmp_path / "watch" / "targets.yml")
    found = {one: group.get("labels") for group in groups for one in group["targets"]}
    assert found == {target: scheme and {"__scheme__": scheme}, "gpu1:9464": None}


def test_a_file_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "watch").write_text("")
    assert written(tmp_path / "watch") == 2
    assert "is a file; give a folder" in capsys.readouterr().err


def test_what_is_said_to_be_written_stands_in_the_folder(tmp_path: Path, capsys: Any) -> None:
    assert written(tmp_path / "watch", "--language", "en") == 0
    count = sum(path.is_file() for path in (tmp_path / "watch").iterdir())
    assert f"Wrote {count} files to" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "way_out"),
    [("en", "Give a folder in which you can read and write."), ("zh", "请指定可读写的文件夹")],
)
@pytest.mark.parametrize("under", ["a-file/inside", "leads-nowhere"])
def test_a_folder_that_cannot_be_made_is_named_with_a_way_out(
    tmp_path: Path, capsys: Any, under: str, language: str, way_out: str
) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "leads-nowhere").symlink_to(tmp_path / "gone" / "too")
    assert written(tmp_path / under, "--language", language) == 2
    said = capsys.readouterr().err
    assert str(tmp_path / under) in said
    assert way_out in said
    assert "[Errno" not in said
    assert said.count("\n") == 1


def test_a_package_that_lacks_a_file_says_so(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ppocr_guard.dashboards.write.files", lambda _: tmp_path)
    assert written(tmp_path / "watch", "--language", "en") == 2
    said = capsys.readouterr().err
    assert f"{tmp_path / FILES[0]} is missing" in said
    assert "install it again" in said

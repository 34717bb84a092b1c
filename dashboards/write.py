"""``ppocr-guard dashboards DIR``: the files of this folder, fitted to the user's ports."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

TRAINER, PROMETHEUS, ALERTMANAGER, GRAFANA = 9464, 9090, 9093, 3000  # as checked in
FILES = (
    "compose.yml",
    "prometheus.yml",
    "targets.yml",
    "rules.yml",
    "alertmanager.yml",
    "grafana_datasource.yml",
    "grafana_dashboards.yml",
    "run.json",
    "fleet.json",
)


class UsageError(ValueError):
    """Something the user can put right; the message says what."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder to write to")
    parser.add_argument(
        "-c",
        "--config",
        metavar="YAML",
        type=Path,
        help="training configuration: scrape the port of its Prometheus hook",
    )
    parser.add_argument(
        "--target",
        metavar="HOST:PORT",
        action="append",
        help=f"a guarded training to scrape; may be repeated (default 127.0.0.1:{TRAINER})",
    )
    for name, port in (
        ("prometheus", PROMETHEUS),
        ("alertmanager", ALERTMANAGER),
        ("grafana", GRAFANA),
    ):
        parser.add_argument(
            f"--{name}-port", metavar="PORT", type=int, default=port, help="default %(default)s"
        )
    parser.add_argument(
        "--webhook", metavar="URL", help="where Alertmanager posts all alerts (its webhook format)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite files that differ")


def run(args: argparse.Namespace) -> int:
    """Write the files; 0, or 2 when the arguments or the folder cannot be used."""
    try:
        targets = list(args.target or [])
        if args.config is not None:
            targets.append(target_of(args.config))
        contents = render(
            targets or [f"127.0.0.1:{TRAINER}"],
            prometheus=args.prometheus_port,
            alertmanager=args.alertmanager_port,
            grafana=args.grafana_port,
            webhook=args.webhook,
        )
        save(args.directory, contents, force=args.force)
    except (UsageError, OSError) as error:
        print(f"ppocr-guard dashboards: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {len(contents)} files to {args.directory}. Next:")
    print(f"  cd {args.directory} && docker compose up -d")
    print(f"  open http://127.0.0.1:{args.grafana_port}")
    return 0


def render(
    targets: list[str], *, prometheus: int, alertmanager: int, grafana: int, webhook: str | None
) -> dict[str, str]:
    """File name -> content.

    Raises:
        UsageError: a port, target or URL is wrong.
    """
    ports = {PROMETHEUS: prometheus, ALERTMANAGER: alertmanager, GRAFANA: grafana}
    for port in ports.values():
        if not 0 < port < 65536:
            raise UsageError(f"{port} is no port; ports are 1 to 65535")
    if len(set(ports.values())) < len(ports):
        raise UsageError("Prometheus, Alertmanager and Grafana need a port each")
    for target in targets:
        _check_target(target, ports.values())
    folder = files("ppocr_guard.dashboards")
    contents = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in FILES}
    default_port = re.compile(rf"(?<!\d)({'|'.join(map(str, ports))})(?!\d)")
    for name in FILES:
        if not name.endswith(".json"):  # in one pass: the user may swap two ports
            contents[name] = default_port.sub(
                lambda match: str(ports[int(match.group())]), contents[name]
            )
    head = contents["targets.yml"].split("    - ")[0]
    contents["targets.yml"] = head + "".join(f"    - {json.dumps(one)}\n" for one in targets)
    if webhook is not None:
        contents["alertmanager.yml"] = _with_webhook(contents["alertmanager.yml"], webhook)
    return contents


def target_of(config: Path) -> str:
    """The address that the Prometheus hook of a training configuration listens on.

    Raises:
        UsageError: the file cannot be read, or has no such hook, or no fixed port.
    """
    from ppocr_guard.config import GuardConfigError, load_guard
    from ppocr_guard.hooks.prometheus import Prometheus
    from ppocr_guard.yaml_source import YamlError, read_yaml

    try:
        source = read_yaml(config)
        guard = load_guard(source.config.get("Guard"), file=source.path, line_of=source.line)
    except (YamlError, GuardConfigError) as error:
        raise UsageError(str(error)) from None
    for cls, options in guard.hooks:
        if issubclass(cls, Prometheus):
            port = options.port  # type: ignore[attr-defined]
            if not port:
                raise UsageError(
                    f"{config}: Guard.hooks.Prometheus.port is {port}: no port to scrape "
                    "is known; set one, or name the run's address with --target"
                )
            return f"127.0.0.1:{port}"
    raise UsageError(f"{config}: the Guard: section runs no Prometheus hook")


def save(directory: Path, contents: dict[str, str], *, force: bool) -> None:
    """Write the files. Raises UsageError when one is there with other content."""
    if directory.exists() and not directory.is_dir():
        raise UsageError(f"{directory} is a file; give a folder")
    changed = [
        name
        for name, content in contents.items()
        if (directory / name).exists()
        and (directory / name).read_text(encoding="utf-8", errors="replace") != content
    ]
    if changed and not force:
        raise UsageError(
            f"{directory} already has {', '.join(changed)} with other content; "
            "--force overwrites, or give another folder"
        )
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_text(content, encoding="utf-8")


def _check_target(target: str, taken: Iterable[int]) -> None:
    parts = urlsplit(f"//{target}")
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or port is None or parts.path:
        raise UsageError(f"--target {target}: must be HOST:PORT, such as 127.0.0.1:{TRAINER}")
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if local and port in taken:
        raise UsageError(
            f"port {port} is the training's; move Prometheus, Alertmanager or Grafana "
            "with --prometheus-port, --alertmanager-port or --grafana-port"
        )


def _with_webhook(alertmanager: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("--webhook must be an http:// or https:// URL")
    config = f"    webhook_configs:\n      - url: {json.dumps(url)}\n        send_resolved: true\n"
    return re.sub(r"(?m)^(  - name: \w+\n)", lambda match: match.group() + config, alertmanager)

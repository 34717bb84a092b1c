"""``ppocr-guard dashboards DIR``: the files of this folder, fitted to the user's ports."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ppocr_guard.language import add_language, pick_language, tell
from ppocr_guard.redact import bare_url
from ppocr_guard.wording import LANGUAGES, LIST, in_language, join, said_by, say

TRAINER, PROMETHEUS, ALERTMANAGER, GRAFANA = 9464, 9090, 9093, 3000  # as checked in
KEPT = "made_with.json"
TARGETS = "targets"  # where runs enter themselves: `target_file` of the Prometheus hook
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
    parser.add_argument("directory", metavar="DIR", type=Path, help=say("folder to write to"))
    parser.add_argument(
        "-c",
        "--config",
        metavar="YAML",
        type=Path,
        help=say("training configuration: scrape the port of its Prometheus hook"),
    )
    parser.add_argument(
        "--target",
        metavar="HOST:PORT",
        action="append",
        help=say(
            "a guarded training to scrape; may be repeated; https://HOST:PORT where it has a "
            "certificate (default: 127.0.0.1:{port})",
            port=TRAINER,
        ),
    )
    for name, port in (
        ("prometheus", PROMETHEUS),
        ("alertmanager", ALERTMANAGER),
        ("grafana", GRAFANA),
    ):
        parser.add_argument(
            f"--{name}-port", metavar="PORT", type=int, help=say("default: {port}", port=port)
        )
    parser.add_argument(
        "--webhook",
        metavar="URL",
        help=say("where Alertmanager posts all alerts (its webhook format); '' for nowhere"),
    )
    add_language(parser)
    parser.add_argument("--force", action="store_true", help=say("overwrite files that differ"))
    parser.epilog = say(
        "What the folder was made with is kept in DIR/{file}: later calls need only what changes.",
        file=KEPT,
    )


def run(args: argparse.Namespace) -> int:
    """Write the files; 0, or 2 when the arguments or the folder cannot be used."""
    try:
        before = remembered(args.directory)
        settings = before.changed_by(args)
        contents = render(
            settings.targets,
            prometheus=settings.prometheus,
            alertmanager=settings.alertmanager,
            grafana=settings.grafana,
            webhook=settings.webhook or None,
            language=settings.language,
        )
        if settings.targets == before.targets and (args.directory / "targets.yml").exists():
            del contents["targets.yml"]  # people add their runs there
        save(args.directory, contents, force=args.force)
        count = len(contents) + settings.write(args.directory)
    except UsageError as error:
        tell("ppocr-guard dashboards", said_by(error), args.language)
        return 2
    except OSError as error:
        line = say(
            "{path}: {reason}. Give a folder in which you can read and write.",
            path=str(error.filename or args.directory),
            reason=error.strerror or str(error),
        )
        tell("ppocr-guard dashboards", line, args.language)
        return 2

    def told(text: str) -> None:
        print(in_language(text, pick_language(args.language)))

    kept = settings.same_as(before)
    if kept:
        told(say("As the folder was made before: {kept}.", kept=join(*kept, by=LIST)))
    told(
        say(
            "Wrote {count} files to {folder}. Next:",
            count=count,
            folder=str(args.directory),
        )
    )
    print(f"  cd {args.directory} && docker compose up -d")
    print(f"  open http://127.0.0.1:{settings.grafana}")
    return 0


class Settings(BaseModel):
    """What a folder is made with."""

    model_config = ConfigDict(extra="forbid")

    targets: list[str] = [f"127.0.0.1:{TRAINER}"]
    prometheus: int = PROMETHEUS
    alertmanager: int = ALERTMANAGER
    grafana: int = GRAFANA
    webhook: str = ""  # a secret
    language: str = ""  # of dashboards and rules; empty: not chosen yet

    def changed_by(self, args: argparse.Namespace) -> Settings:
        """With what the user gives now. Raises UsageError."""
        targets = list(args.target or [])
        if args.config is not None:
            targets.append(target_of(args.config))
        given = {
            "targets": targets or None,
            "prometheus": args.prometheus_port,
            "alertmanager": args.alertmanager_port,
            "grafana": args.grafana_port,
            "webhook": args.webhook,
            "language": args.language if args.language in LANGUAGES else self.language or None,
        }
        given["language"] = given["language"] or pick_language(args.language)
        return self.model_copy(update={k: v for k, v in given.items() if v is not None})

    def same_as(self, before: Settings) -> list[str]:
        """What is no default and was not changed, in words; the webhook without its key."""
        usual, words = Settings(), []
        for name, value in self.model_dump().items():
            if name != "language" and value == getattr(before, name) != getattr(usual, name):
                shown = ", ".join(value) if isinstance(value, list) else value
                words.append(f"{name} {bare_url(shown) if name == 'webhook' else shown}")
        return words

    def write(self, directory: Path) -> bool:
        """For this user's eyes only, for a webhook is a secret. False: it is there already."""
        path = directory / KEPT
        text = self.model_dump_json(indent=2) + "\n"
        if path.exists() and path.read_text(encoding="utf-8", errors="replace") == text:
            return False
        temporary = directory / f".{KEPT}.{os.getpid()}"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
        os.replace(temporary, path)
        return True


def remembered(directory: Path) -> Settings:
    """What the folder was made with; the defaults for a new one.

    Raises:
        UsageError: the file that says so cannot be used.
    """
    path = directory / KEPT
    try:
        return Settings.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except (ValidationError, UnicodeDecodeError):
        raise UsageError(
            say(
                "{path} is not as it was written; delete it, and give all options again",
                path=str(path),
            )
        ) from None


def render(
    targets: list[str],
    *,
    prometheus: int,
    alertmanager: int,
    grafana: int,
    webhook: str | None,
    language: str = "en",
) -> dict[str, str]:
    """File name -> content.

    Raises:
        UsageError: a port, target or URL is wrong, or the package is not whole.
    """
    ports = {PROMETHEUS: prometheus, ALERTMANAGER: alertmanager, GRAFANA: grafana}
    for port in ports.values():
        if not 0 < port < 65536:
            raise UsageError(say("{port} is no port; ports are 1 to 65535", port=port))
    if len(set(ports.values())) < len(ports):
        raise UsageError(say("Prometheus, Alertmanager and Grafana need a port each"))
    for target in targets:
        _check_target(target, ports.values())
    folder = files("ppocr_guard.dashboards")
    try:
        contents = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in FILES}
    except FileNotFoundError as error:
        raise UsageError(
            say(
                "{file} is missing: this ppocr_guard is not whole; install it again",
                file=str(error.filename),
            )
        ) from None
    if language != "en":
        contents.update(translated(contents, language))
    default_port = re.compile(rf"(?<!\d)({'|'.join(map(str, ports))})(?!\d)")
    for name in FILES:
        if not name.endswith(".json"):  # in one pass: the user may swap two ports
            contents[name] = default_port.sub(
                lambda match: str(ports[int(match.group())]), contents[name]
            )
    contents["targets.yml"] = _targets(contents["targets.yml"], targets)
    if webhook is not None:
        contents["alertmanager.yml"] = _with_webhook(contents["alertmanager.yml"], webhook)
    return contents


def translated(contents: Mapping[str, str], language: str) -> dict[str, str]:
    """Of ``contents``, what people read in Grafana and in alerts."""
    from ppocr_guard.dashboards import translate
    from ppocr_guard.dashboards.rules import rule_file

    made = {
        name: json.dumps(
            translate.in_language(json.loads(text), language), indent=2, ensure_ascii=False
        )
        + "\n"
        for name, text in contents.items()
        if name.endswith(".json")
    }
    rules = yaml.safe_dump(rule_file(language), allow_unicode=True, sort_keys=False, width=100)
    return {**made, "rules.yml": rules}


def _targets(shipped: str, targets: Iterable[str]) -> str:
    """targets.yml, a group for each scheme."""
    head = shipped[: shipped.index("- targets:")]
    groups: dict[str, list[str]] = {}
    for target in targets:
        scheme, _, address = target.rpartition("://")
        groups.setdefault(scheme or "http", []).append(address)
    text = head
    for scheme, addresses in groups.items():
        text += "- targets:\n" + "".join(f"    - {json.dumps(one)}\n" for one in addresses)
        if scheme != "http":
            text += f"  labels: {{__scheme__: {scheme}}}\n"
    return text


def target_of(config: Path) -> str:
    """The address under which this machine reaches the Prometheus hook of a configuration.

    Raises:
        UsageError: the file cannot be read, or has no such hook, or no fixed port.
    """
    from ppocr_guard.config import GuardConfigError, load_guard
    from ppocr_guard.hooks.prometheus import Prometheus
    from ppocr_guard.hooks.prometheus.ports import WILDCARDS
    from ppocr_guard.yaml_source import YamlError, read_yaml

    try:
        source = read_yaml(config)
        guard = load_guard(source.config.get("Guard"), file=source.path, line_of=source.line)
    except (YamlError, GuardConfigError) as error:
        raise UsageError(said_by(error)) from None
    for cls, options in guard.hooks:
        if issubclass(cls, Prometheus):
            port, host = options.port, options.host  # type: ignore[attr-defined]
            tls = options.certfile is not None  # type: ignore[attr-defined]
            if not port:
                raise UsageError(
                    say(
                        "{config}: Guard.hooks.Prometheus.port is {port}: no port to scrape is "
                        "known; set one, or name the run's address with --target",
                        config=str(config),
                        port=str(port),
                    )
                )
            name = "127.0.0.1" if host in WILDCARDS else f"[{host}]" if ":" in host else host
            return f"{'https://' if tls else ''}{name}:{port}"
    raise UsageError(
        say("{config}: the Guard: section runs no Prometheus hook", config=str(config))
    )


def save(directory: Path, contents: dict[str, str], *, force: bool) -> None:
    """Write the files. Raises UsageError when one is there with other content."""
    if directory.exists() and not directory.is_dir():
        raise UsageError(say("{directory} is a file; give a folder", directory=str(directory)))
    changed = [
        name
        for name, content in contents.items()
        if (directory / name).exists()
        and (directory / name).read_text(encoding="utf-8", errors="replace") != content
    ]
    if changed and not force:
        raise UsageError(
            say(
                "{directory} already has {files} with other content; --force overwrites, or give "
                "another folder",
                directory=str(directory),
                files=join(*changed, by=LIST),
            )
        )
    # Prometheus is told at once of what enters a folder, if that is there when it starts.
    (directory / TARGETS).mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_text(content, encoding="utf-8")


def _check_target(target: str, taken: Iterable[int]) -> None:
    parts = urlsplit(target if "://" in target else f"http://{target}")
    try:
        port = parts.port
    except ValueError:
        port = None
    usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not usable or port is None or parts.path or parts.query:
        raise UsageError(
            say(
                "--target {target}: must be HOST:PORT, such as 127.0.0.1:{port}",
                target=target,
                port=TRAINER,
            )
        )
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if local and port in taken:
        raise UsageError(
            say(
                "port {port} is the training's; move Prometheus, Alertmanager or Grafana with "
                "--prometheus-port, --alertmanager-port or --grafana-port",
                port=port,
            )
        )


def _with_webhook(alertmanager: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(say("--webhook must be an http:// or https:// URL"))
    config = f"    webhook_configs:\n      - url: {json.dumps(url)}\n        send_resolved: true\n"
    return re.sub(r"(?m)^(  - name: \w+\n)", lambda match: match.group() + config, alertmanager)

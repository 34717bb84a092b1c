"""Metrics for where nobody can scrape: a textfile, a Pushgateway, both written on a timer."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, Optional
from urllib.parse import unquote, urlsplit, urlunsplit

from prometheus_client import CollectorRegistry, push_to_gateway, write_to_textfile
from prometheus_client.exposition import basic_auth_handler

from ppocr_guard.redact import scrubbed

PUSH_TIMEOUT = 5.0
_log = logging.getLogger("ppocr_guard")


class Output:
    """Something that takes the metrics from time to time. ``write`` raises OSError."""

    def __init__(self, name: str, write: Callable[[], None], secrets: tuple[str, ...] = ()) -> None:
        self.name = name
        self.write = write
        self.secrets = secrets


def textfile(path: str, registry: CollectorRegistry) -> Output:
    """A file for node_exporter's textfile collector, replaced in one go."""

    def write() -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write_to_textfile(path, registry)

    return Output(f"textfile {path}", write)


def pushgateway(url: str, job: str, run: str, registry: CollectorRegistry) -> Output:
    """A Pushgateway; ``url`` may hold ``user:password@``. Runs do not overwrite each other."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = (unquote(part) for part in login.partition(":"))
    address = urlunsplit((parts.scheme, host, parts.path, "", ""))

    def handler(  # type: ignore[no-untyped-def]
        url, method, timeout, headers, data
    ) -> Callable[[], None]:
        name, key = (user, password) if login else (None, None)
        send: Callable[[], None] = basic_auth_handler(
            url, method, timeout, headers, data, name, key
        )
        return send

    def write() -> None:
        key = {"run": run}
        push_to_gateway(address, job, registry, key, timeout=PUSH_TIMEOUT, handler=handler)

    secrets = tuple(part for part in (password, login) if part)
    return Output(f"Pushgateway {parts.scheme}://{host}", write, secrets)


class PeriodicWriter:
    """Writes all outputs every ``interval`` seconds on a daemon thread, and when asked to.

    Each output that fails is reported once, and again after it has worked in between.
    """

    def __init__(self, outputs: Sequence[Output], interval: float) -> None:
        self._outputs = outputs
        self._interval = interval
        self._wake = threading.Event()
        self._closing = False
        self._failing: set[str] = set()
        self._thread: Optional[threading.Thread] = None
        if outputs:
            self._thread = threading.Thread(
                target=self._run, name="ppocr_guard-Prometheus-outputs", daemon=True
            )
            self._thread.start()

    def soon(self) -> None:
        """Write now rather than at the next tick."""
        self._wake.set()

    def close(self, deadline: float) -> None:
        """Write once more; ``deadline`` in :func:`time.monotonic` seconds."""
        self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while True:
            last = self._closing
            for output in self._outputs:
                self._write(output)
            if last:
                return
            self._wake.wait(self._interval)
            self._wake.clear()

    def _write(self, output: Output) -> None:
        try:
            output.write()
        except Exception as error:
            if output.name not in self._failing:
                _log.warning(
                    "Prometheus: cannot write to %s (%s). Trying on.",
                    output.name,
                    scrubbed(str(error), output.secrets),
                )
            self._failing.add(output.name)
        else:
            self._failing.discard(output.name)


def write_target(path: str, target: str, run: str, *, scheme: str = "http") -> None:
    """One entry for Prometheus' file_sd_configs. Raises OSError."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    labels = {"guarded_run": run}
    if scheme != "http":
        labels["__scheme__"] = scheme  # what Prometheus scrapes a target with
    entry = [{"targets": [target], "labels": labels}]
    temporary.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    os.replace(temporary, file)


def remove_target(path: str, target: str) -> None:
    """Take the entry away, unless another run has put its own there meanwhile."""
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
        if target in json.loads(Path(path).read_text(encoding="utf-8"))[0]["targets"]:
            os.remove(path)

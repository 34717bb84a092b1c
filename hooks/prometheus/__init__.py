"""Exports a run to Prometheus."""

from __future__ import annotations

import errno
import logging
import re
import ssl
import threading
from typing import Any, Optional

from prometheus_client import CollectorRegistry
from pydantic import Field, model_validator

from ppocr_guard.environment import UnsetVariableError, from_environment
from ppocr_guard.events import (
    Alert,
    CheckpointSaved,
    DataErrors,
    EpochStart,
    EvalEnd,
    RoundTrip,
    RunEnd,
    RunStart,
    ShrinkRatio,
    StepEnd,
    Verdict,
)
from ppocr_guard.hook import Hook, HookOptions
from ppocr_guard.hooks.prometheus.memory import Memory
from ppocr_guard.hooks.prometheus.metrics import RunMetrics
from ppocr_guard.hooks.prometheus.outputs import (
    Output,
    PeriodicWriter,
    pushgateway,
    remove_target,
    textfile,
    write_target,
)
from ppocr_guard.hooks.prometheus.ports import holder
from ppocr_guard.hooks.prometheus.server import MetricsServer, tls_context
from ppocr_guard.paths import page_of
from ppocr_guard.wording import say

_log = logging.getLogger("ppocr_guard")
PORTS = 20  # that are tried from `port` on, before any free one
# Servers of ended runs of this process that wait for a last scrape.
_lingering: list[MetricsServer] = []


class Prometheus(Hook):
    """Serves ``/metrics`` (text and OpenMetrics) and ``/health``; writes a textfile or pushes.

    Where the port is taken, the next free one serves, and a warning says who has the other. Any
    other trouble is a warning, too: training goes on.
    """

    class Options(HookOptions):
        host: str = Field(
            default="127.0.0.1", description='address to listen on; "0.0.0.0" for all networks'
        )
        port: Optional[int] = Field(
            default=9464,
            ge=0,
            le=65535,
            description="the next free one is taken where it is in use; 0: any free port; null: "
            "no server",
        )
        certfile: Optional[str] = Field(default=None, description="TLS certificate (PEM)")
        keyfile: Optional[str] = Field(default=None, description="its private key (PEM)")
        client_ca: Optional[str] = Field(
            default=None, description="only clients with a certificate of this CA get in (PEM)"
        )
        linger_seconds: float = Field(
            default=20.0,
            ge=0,
            le=300,
            description="at the end, the process stays up to so long for a last scrape, if there "
            "were scrapes before",
        )
        target_file: Optional[str] = Field(
            default=None,
            description="write the server's address there, for file_sd_configs; {run} is replaced",
        )
        textfile: Optional[str] = Field(
            default=None,
            pattern=r"\.prom$",
            description="file for node_exporter's textfile collector; {run} is replaced",
        )
        pushgateway: Optional[str] = Field(
            default=None, description="URL of a Pushgateway; ${NAME} is read from the environment"
        )
        job: str = Field(default="ppocr_guard", min_length=1, description="job of what is pushed")
        report_url: Optional[str] = Field(
            default=None,
            pattern=r"^https?://[^@\s]+$",
            description="page of the run that its dashboard links to, without a login; `{run}` "
            "stands for its name",
        )
        interval: float = Field(
            default=15.0,
            ge=1,
            le=86400,
            description="seconds between two writes of textfile or Pushgateway",
        )

        @model_validator(mode="after")
        def _tls_is_whole(self) -> Prometheus.Options:
            if (self.certfile is None) != (self.keyfile is None):
                raise ValueError(say("certfile and keyfile belong together"))
            if self.client_ca is not None and self.certfile is None:
                raise ValueError(say("client_ca needs certfile and keyfile"))
            return self

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.server: Optional[MetricsServer] = None
        self._metrics: Optional[RunMetrics] = None
        self._memory = Memory()
        self._writer = PeriodicWriter([], 1.0)
        self._target_file: Optional[str] = None

    def on_run_start(self, event: RunStart) -> None:
        if not event.resumed:
            self._memory = Memory()
        report = page_of(event.run, self.options.report_url or "")
        self._metrics = RunMetrics(event, self.health, self._memory, report)
        self._metrics.conditions(self.conditions)  # those that a resume inherits
        registry = CollectorRegistry()
        registry.register(self._metrics)
        self._serve(registry, self._metrics)
        self._writer = PeriodicWriter(self._outputs(registry, event.run), self.options.interval)

    def on_epoch_start(self, event: EpochStart) -> None:
        if self._metrics:
            self._metrics.seen(event)

    def on_step(self, event: StepEnd) -> None:
        if self._metrics:
            self._metrics.step(event)

    def on_eval(self, event: EvalEnd) -> None:
        if self._metrics:
            self._metrics.evaluation(event)

    def on_checkpoint(self, event: CheckpointSaved) -> None:
        if self._metrics:
            self._metrics.seen(event)

    def on_shrink_ratio(self, event: ShrinkRatio) -> None:
        if self._metrics:
            self._metrics.ratio(event)

    def on_round_trip(self, event: RoundTrip) -> None:
        if self._metrics:
            self._metrics.round_trip(event)

    def on_data_errors(self, event: DataErrors) -> None:
        if self._metrics:
            self._metrics.data_errors(event.errors)

    def on_verdict(self, event: Verdict) -> None:
        if self._metrics:
            self._metrics.verdict(event)
            self._writer.soon()

    def on_alert(self, event: Alert) -> None:
        if self._metrics:
            self._metrics.alert(event)

    def on_run_end(self, event: RunEnd) -> None:
        if self._metrics:
            self._metrics.end(event)

    def state_dict(self) -> dict[str, Any]:
        return self._memory.to_json()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._memory = Memory.from_json(state)

    def close(self, deadline: float) -> None:
        self._writer.close(deadline)
        server, self.server = self.server, None
        if server is None:
            return
        server.forget_scrapes()
        if server.ever_scraped and self.options.linger_seconds:
            _log.info(
                "Prometheus: %s stays up to %g s for the last scrape (linger_seconds).",
                server.url,
                self.options.linger_seconds,
            )
            _lingering.append(server)
            # Not a daemon: the interpreter waits for it.
            threading.Thread(
                target=self._linger,
                args=(server,),
                name="ppocr_guard-Prometheus-linger",
                daemon=False,
            ).start()
        else:
            self._shut_down(server)

    def _linger(self, server: MetricsServer) -> None:
        server.wait_for_scrape(self.options.linger_seconds)
        if server in _lingering:
            _lingering.remove(server)
            self._shut_down(server)

    def _shut_down(self, server: MetricsServer) -> None:
        server.close()
        if self._target_file is not None:
            remove_target(self._target_file, server.target)

    def _serve(self, registry: CollectorRegistry, metrics: RunMetrics) -> None:
        options = self.options
        if options.port is None:
            return
        while _lingering:  # an earlier run of this process must not keep the port from us
            _lingering.pop().close()
        try:
            tls = None
            if options.certfile is not None:
                tls = tls_context(options.certfile, options.keyfile, options.client_ca)
            self.server = self._listen(registry, metrics, tls)
        except OSError as error:
            _log.warning("%s", _trouble(error, options))
            return
        _log.info("Prometheus: serving %s", self.server.url)
        if options.target_file is not None:
            path = _named(options.target_file, metrics.run)
            try:
                write_target(path, self.server.target, metrics.run, scheme=self.server.scheme)
                self._target_file = path
            except OSError as error:
                _log.warning("Prometheus: cannot write target_file %s (%s)", path, error.strerror)

    def _listen(
        self, registry: CollectorRegistry, metrics: RunMetrics, tls: Optional[ssl.SSLContext]
    ) -> MetricsServer:
        """A server on ``port``, or on the next one that is free. Raises OSError."""
        host, first = self.options.host, self.options.port
        ports = [first]
        if first:
            ports += [*range(first + 1, min(first + PORTS, 65536)), 0]
        for port in ports:
            try:
                server = MetricsServer(registry, metrics.status, host=host, port=port, tls=tls)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or port == ports[-1]:
                    raise
                continue
            if port != first:
                why = holder(host, first).describe(
                    say("port {port} of {host}", port=first, host=host)
                )
                _log.warning("Prometheus: %s. This run is served on %s.", why, server.url)
            return server
        raise OSError(errno.EADDRINUSE, say("no free port"))

    def _outputs(self, registry: CollectorRegistry, run: str) -> list[Output]:
        outputs = []
        if self.options.textfile is not None:
            outputs.append(textfile(_named(self.options.textfile, run), registry))
        if self.options.pushgateway is not None:
            try:
                url = from_environment(self.options.pushgateway)
                outputs.append(pushgateway(url, self.options.job, run, registry))
            except UnsetVariableError as error:
                _log.warning("Prometheus: nothing is pushed, for %s.", error)
            except ValueError:
                _log.warning("Prometheus: nothing is pushed, for pushgateway is no proper URL.")
        return outputs


def _trouble(error: OSError, options: Any) -> str:
    """Why there is no server, and the way out."""
    place = say("port {port} of {host}", port=options.port, host=options.host)
    reason = error.strerror or str(error)
    why: str
    if error.errno == errno.EADDRINUSE:
        why = say("no port of {host} is free", host=options.host)
        way = say("End what holds them, or set `host`.")
    elif error.errno == errno.EACCES and error.filename is None:
        why = say("{place} is not allowed to this user", place=place)
        way = say("Set a port above 1023.")
    elif options.certfile is not None and error.errno not in (errno.EADDRNOTAVAIL,):
        files = ", ".join(filter(None, (options.certfile, options.keyfile, options.client_ca)))
        why = f"{reason} ({files})"
        way = say("Check certfile, keyfile and client_ca.")
    else:
        why = say("{place}: {error}", place=place, error=reason)
        way = say("Check `host`.")
    return say(
        "Prometheus: metrics are not served: {why}. {way} Training goes on.", why=why, way=way
    )


def _named(path: str, run: str) -> str:
    """``path`` with ``{run}`` replaced by the run's name, made fit for a file name."""
    return path.replace("{run}", re.sub(r"[^\w.-]+", "_", run) or "run")

"""Faults of networks: ports, receivers that do not answer, scrapers that misbehave."""

from __future__ import annotations

import socket
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Callable

from benchmarks.faults.fault import HOOK, Fault, Place

PROMETHEUS = "{HmeanTrend: null}, {Journal: null}, {Prometheus: {port: PORT, linger_seconds: 0}}"
# An alert at the first evaluation, so that there is something to send.
ALERT = f"{{{HOOK}Alerts: null}}"


def _notify(url: str) -> str:
    return f"{{HmeanTrend: null}}, {{Journal: null}}, {ALERT}, {{Notify: {{urls: ['{url}']}}}}"


def _taken(place: Place) -> Callable[[], None]:
    server = socket.create_server(("127.0.0.1", place.port))
    return server.close


def _accepts_and_is_silent(place: Place) -> Callable[[], None]:
    """The backlog of a socket that nobody accepts from: connections stand, and no byte comes."""
    server = socket.create_server(("127.0.0.1", place.port), backlog=64)
    return server.close


def _answers_500(place: Place) -> Callable[[], None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_error(500)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", place.port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def end() -> None:
        server.shutdown()
        server.server_close()

    return end


def _connects_and_is_silent(place: Place) -> Callable[[], None]:
    held = [socket.create_connection(("127.0.0.1", place.port), timeout=5) for _ in range(40)]
    for connection in held[::2]:
        connection.sendall(b"GET /metrics HT")

    def end() -> None:
        for connection in held:
            connection.close()

    return end


def _garbage(place: Place) -> None:
    for data in (b"\x00" * 10_000, b"GET " + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n", b"\r\n" * 999):
        with socket.create_connection(("127.0.0.1", place.port), timeout=5) as connection:
            connection.sendall(data)


def _floods(place: Place) -> Callable[[], None]:
    done = threading.Event()

    def scrape() -> None:
        while not done.is_set():
            try:
                url = f"http://127.0.0.1:{place.port}/metrics"
                urllib.request.urlopen(url, timeout=2).read()
            except OSError:
                pass

    threads = [threading.Thread(target=scrape, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    return done.set


NETWORK = [
    Fault("port-taken", "another program has the port of /metrics",
          r"Prometheus: .*(in use|taken)", hooks=PROMETHEUS, before=_taken),
    Fault("scraper-silent", "40 scrapers connect and send nothing, or half a request",
          hooks=PROMETHEUS, during=_connects_and_is_silent),
    Fault("scraper-garbage", "binary garbage, a URL of 100 kB and 999 empty lines are sent to "
          "/metrics", hooks=PROMETHEUS, during=_garbage),
    Fault("scraper-flood", "8 scrapers ask without a pause", hooks=PROMETHEUS, during=_floods),
    Fault("webhook-refuses", "nobody listens at the webhook's address",
          r"Notify: .*(did not take|were lost)", hooks=_notify("http://127.0.0.1:PORT/x")),
    Fault("webhook-silent", "the webhook takes the connection and never answers",
          r"Notify: .*(did not take|were lost)", hooks=_notify("http://127.0.0.1:PORT/x"),
          before=_accepts_and_is_silent),
    Fault("webhook-500", "the webhook answers 500", r"Notify: .*did not take .*500",
          hooks=_notify("http://127.0.0.1:PORT/x"), before=_answers_500),
    Fault("webhook-unknown", "the webhook's host name does not exist", r"Notify: .*did not take",
          hooks=_notify("http://no-such-host.invalid/x")),
    Fault("webhook-unset", "the variable of the webhook is not set",
          r"Notify: .* is off: .* is not set",
          hooks="{HmeanTrend: null}, {Journal: null}, {Notify: {urls: ['${NOT_SET_ANYWHERE}']}}"),
]  # fmt: skip

"""A small HTTP server for ``/metrics`` and ``/health``."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import ssl
import threading
import weakref
from collections.abc import Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Callable, Optional
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from ppocr_guard.hooks.prometheus.ports import reachable

_log = logging.getLogger("ppocr_guard")
_App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Servers whose socket a forked child must let go of.
_open: weakref.WeakSet[MetricsServer] = weakref.WeakSet()


class MetricsServer:
    """Serves a registry from daemon threads.

    Raises on construction:
        OSError: the port is taken, the address is not ours, or a certificate cannot be read.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        health: Callable[[], dict[str, Any]],
        *,
        host: str,
        port: int,
        tls: Optional[ssl.SSLContext] = None,
    ) -> None:
        self._metrics: _App = make_wsgi_app(registry)
        self._health = health
        self._scraped = threading.Event()  # since `forget_scrapes`
        self._generation = 0  # counts `forget_scrapes`
        self.ever_scraped = False
        self._server = make_server(
            host, port, self._answer, server_class=_server_class(host, port), handler_class=_Handler
        )
        if tls is not None:
            # The handshake waits for the request's own thread: a client that connects and says
            # nothing must not hold up the others.
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        # Python's sockets are not inherited over exec; forked children are seen to below.
        self._server.socket.set_inheritable(False)
        _open.add(self)
        self.scheme = "https" if tls is not None else "http"
        address = reachable(host)
        name = f"[{address}]" if ":" in address else address
        self.port: int = self._server.server_port
        self.target = f"{name}:{self.port}"
        self.url = f"{self.scheme}://{self.target}/metrics"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.1},
            name="ppocr_guard-Prometheus",
            daemon=True,
        )
        self._thread.start()

    def forget_scrapes(self) -> None:
        self._generation += 1
        self._scraped.clear()

    def wait_for_scrape(self, seconds: float) -> bool:
        """True as soon as a scrape was begun and served since :meth:`forget_scrapes`."""
        return self._scraped.wait(seconds)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        _open.discard(self)

    def release(self) -> None:
        """In a forked child: let go of the parent's socket, which stays open there."""
        self._server.socket.close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        path = environ.get("PATH_INFO", "/")
        if path == "/metrics":
            self.ever_scraped = True
            generation = self._generation
            return _Body(self._metrics(environ, start_response), lambda: self._served(generation))
        if path == "/health":
            text = json.dumps({"status": "ok", **self._health()})
            return _reply(start_response, "200 OK", "application/json", text)
        text = "ppocr_guard: see /metrics and /health\n"
        return _reply(
            start_response, "200 OK" if path == "/" else "404 Not Found", "text/plain", text
        )

    def _served(self, generation: int) -> None:
        if generation == self._generation:
            self._scraped.set()


def _release_all() -> None:
    """PaddleOCR's loader workers outlive a trainer that is killed: a listening socket in them
    would keep the port, and let scrapes hang, for as long as they live."""
    for server in list(_open):
        with contextlib.suppress(Exception):
            server.release()
    _open.clear()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_release_all)


class _Body(list[bytes]):
    """A response that tells when it was sent (WSGI calls ``close`` then)."""

    def __init__(self, parts: Iterable[bytes], sent: Callable[[], None]) -> None:
        super().__init__(parts)
        self._sent = sent

    def close(self) -> None:
        self._sent()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Without the look-up of the host's name, which can hang for seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Without a thread of its own where there are no new ones: Python 3.12 starts none once
        the main thread is over, and the last scrape comes after that."""
        try:
            super().process_request(request, client_address)
        except RuntimeError:
            self.process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("Prometheus: a request of %s failed", client_address, exc_info=True)


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a scrape is no news."""


def tls_context(certfile: str, keyfile: str, client_ca: Optional[str]) -> ssl.SSLContext:
    """For a server; with ``client_ca``, clients must show a certificate signed by it.

    Raises:
        OSError: a file cannot be read or does not fit (:class:`ssl.SSLError` is an OSError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile, keyfile)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _server_class(host: str, port: int) -> type[WSGIServer]:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
    return type("_FamilyServer", (_Server,), {"address_family": family})


def _reply(start_response: Callable[..., Any], status: str, kind: str, text: str) -> list[bytes]:
    body = text.encode()
    headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]

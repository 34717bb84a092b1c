"""Fixtures of the server tests; what they are made of stands in real_servers.py."""

from __future__ import annotations

from real_servers import stack, start_training

__all__ = ["stack", "start_training"]

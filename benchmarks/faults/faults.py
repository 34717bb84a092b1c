"""All faults."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.faults.fault import Fault
from benchmarks.faults.files import FILES
from benchmarks.faults.network import NETWORK
from benchmarks.faults.processes import PROCESSES, RANKS
from benchmarks.faults.software import SOFTWARE

FAULTS: tuple[Fault, ...] = (*FILES, *NETWORK, *SOFTWARE, *PROCESSES, *RANKS)


def named(names: Sequence[str]) -> tuple[Fault, ...]:
    """All where none is named; SystemExit names one that there is not."""
    known = {fault.name: fault for fault in FAULTS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no such fault: {', '.join(unknown)}; there are {', '.join(known)}")
    return tuple(known[name] for name in names) if names else FAULTS

"""How much later the first step is over: the same training launched with and without the guard."""

from __future__ import annotations

from benchmarks.paired.trainings import GUARD, RUN, Bench, started

Starts = dict[str, list[tuple[float, float]]]  # by contender: wall and CPU seconds, by round
NO_EXAMINATION = GUARD.replace("{hooks", "{examination: false, hooks")
# name -> (prefix of the command, Guard: section). The first is what the others are compared with.
CONTENDERS: dict[str, tuple[list[str], str]] = {
    "without the guard": ([], GUARD),
    "all hooks, `examination: false`": (RUN, NO_EXAMINATION),
    "all hooks": (RUN, GUARD),
}


def starts(bench: Bench, rounds: int) -> Starts:
    """Launch each in turn, forwards and backwards; the first round warms the disk's cache."""
    found: Starts = {name: [] for name in CONTENDERS}
    for number in range(rounds + 1):
        order = list(CONTENDERS) if number % 2 == 0 else list(CONTENDERS)[::-1]
        for name in order:
            prefix, guard = CONTENDERS[name]
            config = bench.config("start", epochs=1, seed=number, guard=guard)
            spent = started(bench, config, bench.folder / "start.log", prefix)
            if number:
                found[name].append(spent)
                print(f"{number} {name}: {spent[0]:.2f} s, CPU {spent[1]:.2f} s", flush=True)
    return found

"""``python -m benchmarks.log_reading``: reads and judges a made-up log of a million lines.

Prints a Markdown table: seconds of wall clock and CPU, and the peak of Python's memory.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEP = (
    "[{stamp}] ppocr INFO: epoch: [{epoch}/{epochs}], global_step: {step}, lr: 0.001000, "
    "loss: {loss:.6f}, loss_shrink_maps: {a:.6f}, loss_threshold_maps: {b:.6f}, "
    "loss_binary_maps: {c:.6f}, loss_cbn: 0.000000, avg_reader_cost: 0.08930 s, "
    "avg_batch_cost: 1.76681 s, avg_samples: 8.0, ips: 4.52793 samples/s, eta: 1 day, 0:23:24\n"
)
BAR = "\reval model:: {percent:3d}%|#####     | {percent}/100 [00:10<00:10,  9.9it/s]\n"
EVAL = (
    "[{stamp}] ppocr INFO: cur metric, precision: {p}, recall: {p}, hmean: {p}, fps: 7.65\n"
    "[{stamp}] ppocr INFO: best metric, hmean: {p}, precision: {p}, fps: 7.6, best_epoch: {epoch}\n"
)


def write(path: Path, lines: int, *, noise: bool) -> None:
    """A healthy training, an evaluation for each 500 lines; ``noise``: half is progress bars."""
    rng = random.Random(0)
    epochs = lines // 500
    with path.open("w") as file:
        file.write("[2024/01/01 00:00:00] ppocr INFO: train with paddle 2.6.0 and device gpu\n")
        for number in range(lines):
            epoch = number // 500 + 1
            stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(1.7e9 + number))
            if number % 500 == 499:
                p = 0.9 - 0.6 * math.exp(-epoch / 50) + rng.gauss(0, 0.003)
                file.write(EVAL.format(stamp=stamp, epoch=epoch, p=p))
            elif noise and number % 2:
                file.write(BAR.format(percent=number % 100))
            else:
                a, b, c = (rng.uniform(0.3, 0.9) for _ in range(3))
                file.write(
                    STEP.format(
                        stamp=stamp, epoch=epoch, epochs=epochs, step=number, loss=a + b + c,
                        a=a, b=b, c=c,
                    )
                )  # fmt: skip


def measure(path: Path) -> tuple[int, float, float, float]:
    """Lines, wall and CPU seconds, and the peak of resident memory in MB, in a new process."""
    code = f"from benchmarks.log_reading import child; child({str(path)!r})"
    out = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    return int(out[0]), float(out[1]), float(out[2]), float(out[3])


def child(name: str) -> None:
    """Judge a log as ``ppocr-guard replay`` does; print what :func:`measure` reads."""
    from ppocr_guard.logs.replay import replay

    logging.disable(logging.CRITICAL)
    wall, cpu = time.perf_counter(), time.process_time()
    runs = list(replay(Path(name)))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if len(runs) != 1:
        raise RuntimeError(f"{len(runs)} runs instead of 1")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with Path(name).open() as file:
        print(sum(1 for _ in file), wall, cpu, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args().lines
    print("| log | lines | wall, s | CPU, s | peak memory, MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for count, noise in ((lines // 10, False), (lines, False), (lines, True)):
            path = Path(folder) / "train.log"
            write(path, count, noise=noise)
            total, wall, cpu, memory = measure(path)
            kind = "half of it progress bars" if noise else "training lines"
            print(f"| {kind} | {total} | {wall:.1f} | {cpu:.1f} | {memory:.0f} |")


if __name__ == "__main__":
    main()

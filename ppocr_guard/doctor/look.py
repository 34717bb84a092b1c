"""What is to be known of a machine, each a function that answers in one line. Paddle and PaddleOCR
are imported in child processes, for they may crash."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.doctor.child import ask
from ppocr_guard.doctor.imports import ask_imports, distribution
from ppocr_guard.installed import versions
from ppocr_guard.paddleocr.releases import Behaviour, ReleaseError, recognise
from ppocr_guard.paddleocr.seams import missing_seams, uncalled_seams
from ppocr_guard.wording import CLOSE, LIST, SERIES, join, mark, said_by, say

FINE, WEAK, BROKEN = "ok", "warning", "problem"
OLDEST_PYTHON = (3, 9)
PADDLE_SECONDS = 300  # to import paddle; a GPU build on a cold disk takes long
LEAST_FREE = 2 * 2**30  # bytes; a checkpoint of PP-OCRv4's server detector has 0.4 GB
WATCHED = ("numpy", "opencv-python", "opencv-python-headless", "opencv-contrib-python",
           "albumentations", "imgaug", "shapely", "pyclipper", "visualdl", "psutil", "apprise",
           "prometheus-client", "pydantic")  # fmt: skip
DEFAULT_PORT = 9464
# Names of answers that are words.
NAMES = (
    *(mark("packages"), mark("features"), mark("imports"), mark("seams"), mark("shrink ratio")),
    *(mark("port"), mark("disk"), mark("clock")),
)
# Tried together with PaddleOCR 2.9 to 3.7 (benchmarks/matrix).
WORKS = {
    "imgaug": say(
        "pip install 'numpy<2', or take PaddleOCR 2.10 or newer, which does not import it"
    ),
    "albumentations": "pip install albumentations==1.4.10 albucore==0.0.13",
    "opencv-python": "pip install opencv-python-headless==4.10.0.84",
}


@dataclass(frozen=True)
class Answer:
    """``name``: what was looked at; ``way_out``: what to do, empty where nothing need be done."""

    name: str
    state: str  # FINE, WEAK or BROKEN
    text: str
    way_out: str = ""


def look(tree: Optional[Path]) -> Iterator[Answer]:
    """All answers, in the order in which they are printed."""
    yield python()
    found = ask_paddle()
    yield paddle(found)
    yield from packages(versions(WATCHED))
    if tree is None:
        yield Answer(
            "PaddleOCR", WEAK, say("not looked at"), say("name its folder: --paddleocr DIR")
        )
    else:
        yield from paddleocr(tree)
        if "error" not in found and (tree / "tools" / "train.py").is_file():
            yield imports(ask_imports(tree))
    yield port(DEFAULT_PORT)
    yield disk(Path.cwd())
    yield clock(Path(tempfile.gettempdir()))


def python() -> Answer:
    text = say(
        "{version} at {path}, {system}",
        version=platform.python_version(),
        path=sys.executable,
        system=platform.platform(terse=True),
    )
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Answer("Python", BROKEN, text, say("ppocr_guard needs Python 3.9 or newer"))
    return Answer("Python", FINE, text)


_ASK = """
import json, paddle
gpu = paddle.is_compiled_with_cuda()
n = paddle.device.cuda.device_count() if gpu else 0
names = [paddle.device.cuda.get_device_name(i) for i in range(n)]
print(json.dumps({"version": paddle.__version__, "gpu": gpu, "devices": names}))
"""


def ask_paddle() -> dict[str, Any]:
    """Version and devices; ``error`` instead where it does not import."""
    late = say("importing it takes more than {seconds} s", seconds=PADDLE_SECONDS)
    answer = ask(_ASK, seconds=PADDLE_SECONDS, late=late)
    return answer if isinstance(answer, dict) else {"error": say("it gave no answer")}


def paddle(found: dict[str, Any]) -> Answer:
    if "error" in found:
        missing = re.search(r"No module named '([\w.]+)'", found["error"])
        text = say("does not import: {error}", error=found["error"])
        way = say("pip install paddlepaddle (CPU) or paddlepaddle-gpu, into this Python")
        if missing and missing[1] == "paddle":
            text = say("not installed")
        elif missing and not missing[1].startswith("paddle."):
            # paddle imports setuptools and does not ask for it; Python 3.12 brings none.
            way = say(
                "pip install {package}: paddle needs it and does not bring it",
                package=distribution(missing[1]),
            )
        return Answer("paddle", BROKEN, text, way)
    devices = ", ".join(found["devices"]) or say("CPU only")
    if found["gpu"] and not found["devices"]:
        return Answer(
            "paddle", WEAK,
            say("{version}, built for GPUs; it sees none", version=found["version"]),
            say("look at nvidia-smi, the driver's version, and CUDA_VISIBLE_DEVICES"),
        )  # fmt: skip
    return Answer("paddle", FINE, join(found["version"], devices, by=LIST))


def packages(found: dict[str, str]) -> Iterator[Answer]:
    """Versions that PaddleOCR fails with are PaddleOCR's, and said to be."""
    yield Answer("packages", FINE, ", ".join(f"{name} {v}" for name, v in found.items()))
    numpy = _numbers(found.get("numpy", ""))
    if numpy >= (2, 4):
        yield Answer(
            "numpy", BROKEN,
            say(
                "PaddleOCR fails with numpy {version}: random_crop_data takes int() of an array, "
                "and the loader then retries for ever",
                version=found["numpy"],
            ),
            say("pip install 'numpy<2.4' (2.3.5 and 1.26.4 work)"),
        )  # fmt: skip
    elif numpy >= (2, 0) and "imgaug" in found:
        yield Answer(
            "imgaug", WEAK,
            say(
                "imgaug {version} does not import under numpy {numpy} (np.sctypes); PaddleOCR up "
                "to 2.9.1 imports it",
                version=found["imgaug"],
                numpy=found["numpy"],
            ),
            say("pip install 'numpy<2', or take PaddleOCR 2.10 or newer"),
        )  # fmt: skip
    albumentations = _numbers(found.get("albumentations", ""))
    if albumentations >= (1, 4, 11):
        yield Answer(
            "albumentations", WEAK,
            say(
                "PaddleOCR's augmentation was written for albumentations 1.4.10; {version} may "
                "refuse its arguments",
                version=found["albumentations"],
            ),
            "pip install albumentations==1.4.10 albucore==0.0.13",
        )  # fmt: skip
    missing = [
        say("{hook} (pip install '{package}')", hook=hook, package=package)
        for hook, package in (("VisualDL", "visualdl"), (say("the machine's memory"), "psutil"))
        if package not in found
    ]
    if missing:
        text = say("off for want of a package: {names}", names=join(*missing, by=LIST))
        yield Answer("features", WEAK, text)


def paddleocr(tree: Path) -> Iterator[Answer]:
    try:
        behaviour = recognise(tree)
    except ReleaseError as error:
        yield Answer("PaddleOCR", BROKEN, said_by(error))
        return
    state = FINE if behaviour.examined else WEAK
    text: str = say("{release} at {folder}", release=behaviour.title, folder=str(tree))
    if not behaviour.examined:
        text = join(text, say("none of the releases that were examined, 2.0 to 3.7"), by=SERIES)
    yield Answer("PaddleOCR", state, text)
    yield seams(tree)
    yield shrink_ratio(behaviour)


def imports(found: dict[str, Any]) -> Answer:
    """The package that fails, if it is not PaddleOCR's own code."""
    if not found.get("error"):
        return Answer("imports", FINE, say("all that a training imports does"))
    missing, package = found.get("missing"), found.get("package")
    text = say("PaddleOCR does not import: {error}", error=found["error"])
    if missing and found["error"].startswith("ModuleNotFoundError"):
        own = missing.split(".")[0] in ("ppocr", "tools")
        way = say("take a whole clone") if own else f"pip install {distribution(missing)}"
        return Answer("imports", BROKEN, text, way)
    if not package:
        return Answer("imports", BROKEN, join(text, say(" (in its own code)"), by=CLOSE))
    name, inside = distribution(package), distribution(found.get("inside") or package)
    where = name if name == inside else f"{name}/{inside}"
    text = say(
        "PaddleOCR does not import: {name} fails ({error})", name=where, error=found["error"]
    )
    other = say("another version of {name}", name=inside)
    if "module 'numpy' has no attribute" in found["error"]:
        other = say("{name} wants another numpy: pip install --upgrade 'numpy<2.4'", name=inside)
    return Answer("imports", BROKEN, text, WORKS.get(inside, other))


def seams(tree: Path) -> Answer:
    """Whether the names that the guard wraps are there; from the source, nothing is run."""
    try:
        source = (tree / "tools" / "program.py").read_text("utf-8")
        missing, uncalled = missing_seams(source), uncalled_seams(source)
    except OSError as error:
        return Answer("seams", BROKEN, f"{tree}/tools/program.py: {error.strerror}",
                      say("take a clone of PaddleOCR; its wheel has no tools"))  # fmt: skip
    except (SyntaxError, ValueError) as error:
        text = say(
            "{file} is no Python: {error}", file=f"{tree}/tools/program.py", error=str(error)
        )
        return Answer("seams", BROKEN, text)
    if missing:
        return Answer(
            "seams", BROKEN,
            say(
                "tools/program.py has no {names}: training would run unguarded",
                names=", ".join(missing),
            ),
            say("tell us the release; 2.6 to 3.7 are known"),
        )  # fmt: skip
    if uncalled:
        return Answer(
            "seams", WEAK,
            say(
                "nothing in tools/program.py calls {names}: what it did will not be seen",
                names=", ".join(uncalled),
            ),
            say("tell us the release; 2.6 to 3.7 are known"),
        )  # fmt: skip
    return Answer("seams", FINE, say("all that the guard wraps is there"))


def shrink_ratio(behaviour: Behaviour) -> Answer:
    """A note where a configuration may meet the bug; most do not, so that training is well."""
    text = ratio_in_words(behaviour)
    if not (behaviour.ramp_at_construction and behaviour.epoch_from_seed and behaviour.seed_passed):
        return Answer("shrink ratio", FINE, text)
    way = say(
        "ppocr-guard check YAML tells whether a configuration is concerned, and fix mends it; "
        "without total_epoch all is well"
    )
    return Answer("shrink ratio", WEAK, text, way)


def ratio_in_words(behaviour: Behaviour) -> str:
    """How ``total_epoch`` acts in this PaddleOCR."""
    if not (behaviour.ramp_at_construction or behaviour.ramp_per_sample):
        return say("fixed: this PaddleOCR knows no total_epoch")
    if behaviour.ramp_per_sample:
        return say("rises with the epoch, as it is meant to")
    if behaviour.epoch_from_seed and behaviour.seed_passed:
        return say(
            "with total_epoch in MakeShrinkMap this release trains with another ratio: it comes "
            "from the seed (issue 13669), 0.8096 at total_epoch 500"
        )
    if behaviour.epoch_from_seed:
        return say("with total_epoch it rises only if a ratio_list entry is below 1")
    return say("total_epoch is read and has no effect")


def port(number: int) -> Answer:
    with socket.socket() as asked:
        asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asked.bind(("127.0.0.1", number))
        except OSError:
            text = say("{port} is taken; /metrics will be on the next free one", port=number)
            return Answer("port", FINE, text)
    return Answer("port", FINE, say("{port} is free for /metrics", port=number))


def disk(folder: Path) -> Answer:
    free = shutil.disk_usage(folder).free
    text = say("{free:.1f} GB free at {folder}", free=free / 2**30, folder=str(folder))
    if not os.access(folder, os.W_OK):
        return Answer("disk", WEAK, say("{folder} cannot be written", folder=str(folder)))
    if free < LEAST_FREE:
        return Answer("disk", WEAK, text, say("a run keeps latest, best_accuracy and a copy of it"))
    return Answer("disk", FINE, text)


def clock(folder: Path) -> Answer:
    """Against the file system's, which may be another machine's."""
    with tempfile.NamedTemporaryFile(dir=folder if folder.is_dir() else None) as file:
        off = abs(os.stat(file.name).st_mtime - time.time())
    text = time.strftime("%Y-%m-%d %H:%M:%S %Z")
    if off > 5:
        text = say("{time}; the file system's is {off:.0f} s off", time=text, off=off)
        way = say("set both by NTP: dashboards take a run for vanished")
        return Answer("clock", WEAK, text, way)
    return Answer("clock", FINE, text)


def _numbers(version: str) -> tuple[int, ...]:
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)

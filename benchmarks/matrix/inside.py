"""What is done in a cell, by its own Python and the installed guard. Prints one JSON object.

``python inside.py PART TOOLS DATA IMGAUG FOLDER``, PART look or train; nothing of the
tree that it lies in is imported."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Optional, Union

GUARD = "Guard: {hooks: {HmeanTrend: {baseline: true}}}\n"  # all hooks
CPU_SECONDS = 90  # of a training of 8 steps; a loader that retries for ever takes more
SECONDS = 3600  # for all else, on however busy a machine
COMMAND = [sys.executable, "-m", "ppocr_guard"]
TOLD = {"run_start", "epoch_start", "step", "eval", "checkpoint", "examination", "run_end"}


def main(part: str, tools: str, data: str, imgaug: str, folder: str) -> None:
    # Not from the tree beside this file: what was installed is tried.
    sys.path = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).parent]
    from ppocr_guard.demo import sources

    work = Path(folder)
    tree = work / "PaddleOCR"
    if not tree.exists():
        sources.compose(tools, data or None, dest=tree)
        if imgaug and (tree / "imgaug").is_dir():
            (tree / "imgaug").rename(work / "no_stand_in")
        stand_in(tree / "ppocr" / "data" / "__init__.py")
    print(json.dumps({"look": look, "train": both}[part](tree, work)))


def stand_in(init: Path) -> None:
    """The tools of 2.9.0 import a function that ppocr.data of 2.6 does not have yet."""
    if "def set_signal_handlers" not in init.read_text("utf-8"):
        with init.open("a", encoding="utf-8") as file:
            file.write("\n\ndef set_signal_handlers(): ...\n")


def look(tree: Path, work: Path) -> dict[str, Any]:
    from ppocr_guard.installed import versions

    found: dict[str, Any] = {
        "python": sys.version.split()[0],
        "packages": versions(
            ("numpy", "paddlepaddle", "opencv-python-headless", "opencv-python", "albumentations",
             "imgaug", "shapely", "protobuf", "visualdl", "pydantic", "setuptools")
        ),
    }  # fmt: skip
    found["version"] = asked("--version").stdout.strip()
    doctor = asked("doctor", "--json", "--paddleocr", str(tree), cwd=work)
    found["doctor"] = json.loads(doctor.stdout)["answers"] if doctor.stdout else doctor.stderr
    try:
        configs = written(work)
    except Exception as error:  # the pictures are drawn with cv2 and numpy
        found["data"] = f"{type(error).__name__}: {error}"
        return found
    found["check"] = {name: checked(tree, configs[name]) for name in ("plain", "bug")}
    return found


def both(tree: Path, work: Path) -> dict[str, Any]:
    """The training without the guard, and where that ends well the one with it."""
    configs = written(work)
    plain = trained(tree, configs["plain"], work / "plain", guarded=False)
    if plain["code"] != 0:
        return {"plain": plain}
    return {
        "plain": plain,
        "guarded": trained(tree, configs["guarded"], work / "guarded", guarded=True),
    }


def written(work: Path) -> dict[str, Path]:
    """Configurations: of the training without and with the guard, and one with the bug."""
    from ppocr_guard.demo import configs, dataset

    data = dataset.make_dataset(work / "data", train_images=32, val_images=6, size=160, seed=1)
    # An entry of ratio_list below 1: else 3.7.0 shuffles without a seed, and no two runs agree.
    options: dict[str, Any] = {
        "epoch_num": 2, "eval_batch_step": (0, 4), "print_batch_step": 1, "log_smooth_window": 1,
        "backbone_scale": 0.5, "neck_channels": 16, "warmup_epoch": 0, "ratio": 0.97,
    }  # fmt: skip
    runs = {
        "plain": configs.RunOptions(**options),
        "guarded": configs.RunOptions(**options, guard=GUARD),
        "bug": configs.RunOptions(**options, total_epoch=500),
    }
    return {
        name: configs.write(work / f"{name}.yml", data, work / name, run)
        for name, run in runs.items()
    }


def asked(*words: str, cwd: Optional[Path] = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def checked(tree: Path, config: Path) -> dict[str, Any]:
    """The bug of 2.7.1 to 2.8.1 is asked for by release, all else against the tree."""
    where = ("--release", "2.8.1") if config.stem == "bug" else ("--paddleocr", str(tree))
    done = asked("check", str(config), *where, "--json", cwd=tree)
    try:
        codes = sorted({problem["code"] for problem in json.loads(done.stdout)["problems"]})
    except (ValueError, KeyError):
        return {"code": done.returncode, "error": (done.stderr or done.stdout)[-500:]}
    return {"code": done.returncode, "findings": codes}


def trained(tree: Path, config: Path, folder: Path, *, guarded: bool) -> dict[str, Any]:
    from ppocr_guard.demo import train

    prefix = [*COMMAND, "run", "--"] if guarded else []
    env = {**train.environment(), "OMP_NUM_THREADS": "1"}
    log = folder.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*prefix, *train.command(tree, config)], cwd=tree, env=env, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        code = ended(process)
    output = log.read_text("utf-8", "replace")
    result: dict[str, Any] = {"code": code, "tail": output[-1500:]}
    result["guard"] = [
        line.split("ppocr_guard ", 1)[1][:300] for line in output.splitlines()
        if "ppocr_guard WARNING" in line or "ppocr_guard ERROR" in line
    ]  # fmt: skip
    weights = folder / "latest.pdparams"
    if weights.is_file():
        result["weights"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    journal = folder / "ppocr_guard" / "journal.jsonl"
    if guarded and journal.is_file():
        records = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
        result["missing"] = sorted(TOLD - {record["event"] for record in records})
        result["alerts"] = sorted({r["code"] for r in records if r["event"] == "alert"})
        ends = [record["reason"] for record in records if record["event"] == "run_end"]
        result["end"] = ends[-1] if ends else ""
    return result


def ended(process: subprocess.Popen[bytes]) -> Union[int, str]:
    """The exit code; "no end" when it was ended for the time that it and its children took."""
    import psutil

    tree = psutil.Process(process.pid)
    while process.poll() is None:
        time.sleep(0.5)
        try:
            times = [one.cpu_times() for one in (tree, *tree.children(recursive=True))]
        except psutil.NoSuchProcess:
            continue
        if sum(t.user + t.system for t in times) > CPU_SECONDS:
            os.killpg(process.pid, 9)  # with the loader's workers
            process.wait()
            return "no end"
    return int(process.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])

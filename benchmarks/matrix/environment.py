"""A virtual environment for a cell, made with uv."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.matrix.cells import OTHERS, Cell

ROOT = Path(__file__).parents[2]


class ImpossibleError(RuntimeError):
    """There is no such environment; the message says why."""


def uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise SystemExit("the matrix needs uv: pip install uv")
    return found


def find_python(version: str) -> str:
    """The interpreter of that version, by pyenv or on the PATH.

    Raises:
        ImpossibleError: none answers. pyenv's shims exist for versions that are not switched on.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [str(path) for path in sorted(pyenv.glob(f"{version}.*/bin/python"))]
    candidates += filter(None, [shutil.which(f"python{version}")])
    for candidate in candidates:
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    raise ImpossibleError(f"no Python {version} on this machine")


def build_wheel(folder: Path) -> Path:
    """The guard as it stands in the tree, from a copy: setuptools leaves its build beside it."""
    shutil.rmtree(folder, ignore_errors=True)
    copy = copy_tree(folder / "source")
    _run([uv(), "build", "--quiet", "--wheel", "--out-dir", str(folder), str(copy)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def copy_tree(target: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def make(cell: Cell, wheel: Path, folder: Path) -> Path:
    """The Python of a new environment with the guard, paddle and what PaddleOCR needs.

    Raises:
        ImpossibleError: no such Python, or no wheels that go together.
    """
    python = find_python(cell.python)
    _run([uv(), "venv", "--quiet", "--seed", "--python", python, str(folder)])
    inside = folder / "bin" / "python"
    try:
        _install_all(cell, wheel, inside)
    except ImpossibleError:
        shutil.rmtree(folder)  # nothing half made is used again
        raise
    return inside


def _install_all(cell: Cell, wheel: Path, inside: Path) -> None:
    extra = "test" if cell.unit else "visualdl"
    wanted = [f"{wheel}[{extra}]", f"paddlepaddle=={cell.paddle}", f"numpy{cell.numpy}"]
    if cell.own:  # brings imgaug, where the release imports it
        wanted += [f"paddleocr=={cell.tools}"]
    else:
        wanted += [*cell.packages, *(p for p in OTHERS if not (cell.bare and p == "setuptools"))]
    if cell.imgaug and not cell.own:
        wanted += ["imgaug==0.4.0", "opencv-python==4.10.0.84"]
    # albumentations 1.4.10 asks for numpy 1, and works with 2.
    install(inside, wanted, override="" if "1.26" in cell.numpy else f"numpy{cell.numpy}")


def install(python: Path, wanted: list[str], override: str = "") -> None:
    """``override``: a requirement that holds whatever else the packages ask for."""
    command = [uv(), "pip", "install", "--quiet", "--python", str(python)]
    # What only comes as source is built; what would take a compiler and minutes is not.
    command += ["--only-binary", "numpy", "--only-binary", "paddlepaddle"]
    if override:
        file = python.parents[1] / "override.txt"
        file.write_text(f"{override}\n", encoding="utf-8")
        command += ["--override", str(file)]
    _run([*command, *wanted])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = " ".join(done.stderr.split())
        because = re.search(r"Because (.*?) and (?:you require|ppocr-guard depends)", words)
        raise ImpossibleError(because[1] if because else words)

"""Released PaddleOCR source by way of pip, and runnable trees composed from it.

PaddleOCR's packages on PyPI hold its training loop, data pipeline and postprocess, but not its
models, losses, optimizers and metrics. :func:`obtain` fetches a release once into a cache;
:func:`compose` lays the four missing packages (:mod:`ppocr_guard.demo.kit`) beside it, so that
PaddleOCR's own ``tools/train.py`` runs. No file of PaddleOCR is edited.

Whatever appears in the cache appears whole: it is made under a temporary name and renamed, so
two processes may do the same work at once and neither sees half of the other's.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Optional, Union

KIT = Path(__file__).parent / "kit"
KIT_PACKAGES = ("modeling", "losses", "optimizer", "metrics")


class Archive(NamedTuple):
    file: str
    sha256: str


def _sdist(release: str, sha256: str) -> tuple[str, Archive]:
    return release, Archive(f"paddleocr-{release}.tar.gz", sha256)


def _wheel(release: str, sha256: str) -> tuple[str, Archive]:
    return release, Archive(f"paddleocr-{release}-py3-none-any.whl", sha256)


# Source archives from 2.9.0 on hold tools/train.py. Of the older releases only the wheels hold
# ppocr.data, and none holds tools/train.py.
ARCHIVES: dict[str, Archive] = dict(
    [
        _wheel("2.6.1.3", "b49cf41e14815c76e16414f3f532bd81cb49f8537c9ba88352beb582bc6d76a6"),
        _wheel("2.7.0.3", "d85cbf75e9aa652fd22f2077b56d1e0dd1a97d09bf317d99f4dbba5c4f1f29ad"),
        _wheel("2.7.3", "3dd8cbc3c50bc4857a6ae2f38196ebd1e3e16f2030f4771e636ea8473da4f803"),
        _wheel("2.8.0", "2900fa90d10b129548f101cabc3185dcad69afca5ad4b59d7a83b52b23417931"),
        _wheel("2.8.1", "05bfda60570b1cbeaf26907e4f6a7b26ce532b4058e2dd04c161e65b9103f3a6"),
        _sdist("2.9.0", "3d63b32a9ea5cc28d7d3c03777acdde58a7714cf7bee52c589c6dd2f7e1e12da"),
        _sdist("2.9.1", "0d58029601142c640da2a13f11c9d1806acc949d265b21b0461a21069e5c59db"),
        _sdist("2.10.0", "c0646aae769c957df698558e9264c94113ee60244a4ac0c46dfcd2324d215df4"),
        _sdist("3.0.0", "b044dd9660f31fba25fdb60c2dda221b6a8e4a00f9576a990e9ebd7d9b576eb9"),
        _sdist("3.1.0", "c42ba6876cc1f5237e1d14cb69fc6aa45cbbe6b714ecd87cec54c097a0334f77"),
        _sdist("3.2.0", "72f6a1844808003123cebe1b5a9a73302cc394185d948e865ccf104e3d93bc19"),
        _sdist("3.3.0", "db2e91f6f6293bb73282097b4e848379dcfb44e9e10d8b04cbee3f51ebdfd539"),
        _sdist("3.4.0", "8002a03ae88b5cd9366b7969897e6f76ae23a45a6314f4f6da35c081a979bb54"),
        _sdist("3.5.0", "4c5b725f4a127e05a7cf9ba3e795de95027a0c0879cfacf5ff29196cf85803e1"),
        _sdist("3.6.0", "fc3805825ad9177e12e8334888060007e127b65faf41924441a325919aa3c4ff"),
        _sdist("3.7.0", "9b81eb62cf37e590d4873e60262ff56f968ff9de6ce1f565749760ceb1c422e2"),
    ]
)


class SourceError(RuntimeError):
    """PaddleOCR's source could not be had; the message is one line that says what to do."""


def cache_dir() -> Path:
    """Where archives and trees are kept: ``PPOCR_GUARD_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("PPOCR_GUARD_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ppocr_guard"


def obtain(release: str) -> Path:
    """Folder with ``tools/`` and ``ppocr/`` as PaddleOCR ``release`` published them.

    Downloaded with pip from whatever index pip is configured for, once.

    Raises:
        SourceError: unknown release, pip missing or failing, wrong checksum, or a cache folder
            that cannot be written.
    """
    archive = ARCHIVES.get(release)
    if archive is None:
        raise SourceError(f"PaddleOCR {release} is not known here; known: {', '.join(ARCHIVES)}")
    target = cache_dir() / "releases" / release
    if not target.is_dir():
        with _appearing(target) as folder:
            _unpack(_download(release, archive), folder)
    return target


def compose(
    release: str,
    data_release: Optional[str] = None,
    *,
    kit: Path = KIT,
    dest: Optional[Union[str, Path]] = None,
) -> Path:
    """A folder in which ``python tools/train.py -c my.yml`` trains a text detector.

    Args:
        release: whose ``tools/`` and ``ppocr/`` to take; 2.9.0 or newer.
        data_release: take ``ppocr/data`` from this release instead. ``compose("2.9.0",
            "2.8.1")`` has the bug of 2.7.1 to 2.8.1: tools that pass the seed over a data
            pipeline that takes it for the epoch.
        kit: folder with the packages that PyPI leaves out.
        dest: where; must not exist yet. Default: in the cache, made once per kit.

    Raises:
        SourceError: see :func:`obtain`; also if ``dest`` exists or ``release`` has no loop.
    """
    base = obtain(release)
    if not (base / "tools" / "train.py").is_file():
        raise SourceError(f"PaddleOCR {release} on PyPI has no tools/train.py; take 2.9.0 or newer")
    data = obtain(data_release) if data_release else base
    if dest is None:
        name = release + (f"+data-{data_release}" if data_release else "")
        target = cache_dir() / "trees" / f"{name}-kit-{kit_id(kit)}"
        if target.is_dir():
            return target
    else:
        target = Path(dest)
        if target.exists():
            raise SourceError(f"{target} exists already; choose a new folder")
    with _appearing(target) as folder:
        shutil.copytree(base / "tools", folder / "tools")
        without_data = shutil.ignore_patterns("data")
        shutil.copytree(base / "ppocr", folder / "ppocr", ignore=without_data)
        shutil.copytree(data / "ppocr" / "data", folder / "ppocr" / "data")
        for package in KIT_PACKAGES:
            shutil.copytree(kit / package, folder / "ppocr" / package, ignore=_NO_CACHES)
        if _imports_imgaug(folder):
            shutil.copytree(kit / "imgaug", folder / "imgaug", ignore=_NO_CACHES)
    return target


_NO_CACHES = shutil.ignore_patterns("__pycache__")


def kit_id(kit: Path = KIT) -> str:
    """Short hash of the kit's code: what a cached tree or checkpoint depends on."""
    digest = hashlib.sha256()
    for path in sorted(kit.rglob("*.py")):
        digest.update(path.relative_to(kit).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _imports_imgaug(tree: Path) -> bool:
    augment = tree / "ppocr" / "data" / "imaug" / "iaa_augment.py"
    return augment.is_file() and "import imgaug" in augment.read_text(encoding="utf-8")


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes ``target`` if the block succeeds."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise SourceError(
            f"cannot write {target.parent}: {error.strerror}; set PPOCR_GUARD_CACHE to a folder "
            "that can be written"
        ) from None
    try:
        yield folder
        folder.chmod(0o755)
        try:
            folder.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster, with the same content
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _download(release: str, archive: Archive) -> Path:
    folder = cache_dir() / "archives"
    kept = folder / archive.file
    if kept.is_file() and _sha256(kept) == archive.sha256:
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    way_out = f"or put {archive.file} into {folder} yourself"
    with tempfile.TemporaryDirectory(prefix=".pip-", dir=folder) as temporary:
        _pip_download(release, archive, temporary, way_out)
        fetched = Path(temporary) / archive.file
        if not fetched.is_file():
            found = ", ".join(sorted(os.listdir(temporary))) or "nothing"
            raise SourceError(f"pip fetched {found} instead of {archive.file}; {way_out}")
        actual = _sha256(fetched)
        if actual != archive.sha256:
            raise SourceError(
                f"{archive.file}: sha256 is {actual}, expected {archive.sha256}; the package "
                f"index serves another file: use another index, {way_out}"
            )
        fetched.replace(kept)
    return kept


def _pip_download(release: str, archive: Archive, folder: str, way_out: str) -> None:
    # Only for paddleocr itself, so that what its build needs may come as a wheel.
    kind = "--only-binary" if archive.file.endswith(".whl") else "--no-binary"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", kind, "paddleocr", "--dest", folder]
    done = subprocess.run(
        [*command, f"paddleocr=={release}"], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        raise SourceError(
            f"pip is missing from {sys.executable}: run `{sys.executable} -m ensurepip`"
        )
    errors = [line for line in done.stderr.splitlines() if line.lower().startswith("error")]
    reason = (errors or done.stderr.strip().splitlines() or ["no message"])[-1]
    raise SourceError(
        f"pip could not download paddleocr {release}: {reason} "
        f"(check the network and pip's index, {way_out})"
    )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Write the archive's ``tools`` and ``ppocr`` into ``folder``. Its checksum is known good."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                path = _wanted(name)
                if path is not None and not name.endswith("/"):
                    _write(folder / path, wheel.read(name))
        return
    with tarfile.open(archive) as sdist:
        for member in sdist:
            path = _wanted(member.name)
            file = sdist.extractfile(member) if path is not None and member.isfile() else None
            if path is not None and file is not None:
                _write(folder / path, file.read())


def _wanted(name: str) -> Optional[PurePosixPath]:
    # "paddleocr-2.10.0/tools/train.py" in a source archive, "paddleocr/ppocr/data/..." in a wheel
    parts = PurePosixPath(name).parts[1:]
    if parts and parts[0] in ("tools", "ppocr", "LICENSE") and ".." not in parts:
        return PurePosixPath(*parts)
    return None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)

"""Sources with a fake pip: no network, no PaddleOCR."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ppocr_guard.demo import sources
from ppocr_guard.demo.sources import Archive, SourceError

SDIST = {
    "paddleocr-9.0/tools/train.py": "print('train')",
    "paddleocr-9.0/ppocr/__init__.py": "",
    "paddleocr-9.0/ppocr/data/__init__.py": "new = True",
    "paddleocr-9.0/ppocr/data/imaug/iaa_augment.py": "import albumentations",
    "paddleocr-9.0/ppocr/utils/stats.py": "",
    "paddleocr-9.0/setup.py": "raise SystemExit",
    "paddleocr-9.0/ppocr/../../evil.py": "",
}
WHEEL = {
    "paddleocr/ppocr/data/__init__.py": "new = False",
    "paddleocr/ppocr/data/imaug/iaa_augment.py": "import imgaug",
    "paddleocr/paddleocr.py": "",
}


def sdist() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in SDIST.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def wheel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in WHEEL.items():
            file.writestr(name, text)
    return buffer.getvalue()


class FakePip:
    """Answers ``python -m pip download`` as pip does."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, bytes]] = {}
        self.calls: list[list[str]] = []
        self.stderr = ""

    def __call__(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.calls.append(command)
        if self.stderr:
            return subprocess.CompletedProcess(command, 1, "", self.stderr)
        name, content = self.files[command[-1]]
        (Path(command[command.index("--dest") + 1]) / name).write_bytes(content)
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePip:
    fake = FakePip()
    known = {}
    for release, name, content in (
        ("9.0", "paddleocr-9.0.tar.gz", sdist()),
        ("8.0", "paddleocr-8.0-py3-none-any.whl", wheel()),
    ):
        known[release] = Archive(name, hashlib.sha256(content).hexdigest())
        fake.files[f"paddleocr=={release}"] = (name, content)
    monkeypatch.setattr(sources, "ARCHIVES", known)
    monkeypatch.setattr(subprocess, "run", fake)
    monkeypatch.setenv("PPOCR_GUARD_CACHE", str(tmp_path / "cache"))
    return fake


def names(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_obtain_unpacks_only_what_a_training_needs(pip: FakePip, tmp_path: Path) -> None:
    tree = sources.obtain("9.0")
    assert names(tree) == {
        "tools/train.py",
        "ppocr/__init__.py",
        "ppocr/data/__init__.py",
        "ppocr/data/imaug/iaa_augment.py",
        "ppocr/utils/stats.py",
    }
    assert not list(tmp_path.rglob("evil.py"))
    (command,) = pip.calls
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-binary" in command
    assert "--no-deps" in command


def test_obtain_asks_pip_once(pip: FakePip) -> None:
    assert sources.obtain("9.0") == sources.obtain("9.0")
    assert len(pip.calls) == 1


def test_an_archive_put_there_by_hand_needs_no_pip(pip: FakePip) -> None:
    folder = sources.cache_dir() / "archives"
    folder.mkdir(parents=True)
    (folder / "paddleocr-9.0.tar.gz").write_bytes(sdist())
    # gzip writes the time: take the checksum of this very file
    digest = hashlib.sha256((folder / "paddleocr-9.0.tar.gz").read_bytes()).hexdigest()
    sources.ARCHIVES["9.0"] = Archive("paddleocr-9.0.tar.gz", digest)
    sources.obtain("9.0")
    assert pip.calls == []


def test_compose_puts_the_kit_beside_the_release(pip: FakePip) -> None:
    tree = sources.compose("9.0")
    found = names(tree)
    assert {"tools/train.py", "ppocr/utils/stats.py", "ppocr/losses/db_loss.py"} <= found
    assert "ppocr/modeling/architectures/__init__.py" in found
    assert not any(name.startswith("imgaug") for name in found)
    assert (tree / "ppocr/data/__init__.py").read_text() == "new = True"
    assert sources.compose("9.0") == tree


def test_compose_takes_the_data_pipeline_of_another_release(pip: FakePip, tmp_path: Path) -> None:
    tree = sources.compose("9.0", "8.0", dest=tmp_path / "tree")
    assert tree == tmp_path / "tree"
    assert (tree / "ppocr/data/__init__.py").read_text() == "new = False"
    assert (tree / "imgaug/augmenters.py").is_file()  # only there does it stand in
    with pytest.raises(SourceError, match="exists already"):
        sources.compose("9.0", dest=tree)


def test_compose_needs_a_release_with_the_loop(pip: FakePip) -> None:
    with pytest.raises(SourceError, match=r"8\.0 on PyPI has no tools/train\.py"):
        sources.compose("8.0")


def test_a_changed_kit_makes_a_new_tree(pip: FakePip, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    for package in sources.KIT_PACKAGES:
        (kit / package).mkdir(parents=True)
        (kit / package / "__init__.py").write_text("")
    first = sources.compose("9.0", kit=kit)
    (kit / "losses" / "__init__.py").write_text("changed = 1")
    second = sources.compose("9.0", kit=kit)
    assert first != second
    assert (second / "ppocr/losses/__init__.py").read_text() == "changed = 1"


def test_many_at_once_agree_and_leave_nothing_behind(pip: FakePip) -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = set(pool.map(lambda _: sources.compose("9.0", "8.0"), range(16)))
    assert len(trees) == 1
    cache = sources.cache_dir()
    hidden = [p for p in cache.rglob(".*") if p.name != "."]
    assert hidden == []


def test_wrong_checksum_is_refused(pip: FakePip) -> None:
    pip.files["paddleocr==9.0"] = ("paddleocr-9.0.tar.gz", b"something else")
    with pytest.raises(SourceError, match=r"sha256 is .* expected") as caught:
        sources.obtain("9.0")
    assert "\n" not in str(caught.value)
    assert names(sources.cache_dir()) == set()


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        ("/usr/bin/python: No module named pip", "ensurepip"),
        ("WARNING: x\nERROR: No matching distribution found for paddleocr==9.0", "No matching"),
        ("", "no message"),
    ],
)
def test_failures_of_pip_are_one_line(pip: FakePip, stderr: str, said: str) -> None:
    pip.stderr = stderr or "\n"
    with pytest.raises(SourceError, match=said) as caught:
        sources.obtain("9.0")
    assert "\n" not in str(caught.value)


def test_unknown_release_names_the_known(pip: FakePip) -> None:
    with pytest.raises(SourceError, match=r"1\.1 is not known here; known: 9\.0, 8\.0"):
        sources.obtain("1.1")


def test_unwritable_cache_says_what_to_set(
    pip: FakePip, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PPOCR_GUARD_CACHE", os.fspath(tmp_path / "file"))
    with pytest.raises(SourceError, match="PPOCR_GUARD_CACHE"):
        sources.obtain("9.0")


def test_cache_dir_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPOCR_GUARD_CACHE", "/chosen")
    assert sources.cache_dir() == Path("/chosen")
    monkeypatch.delenv("PPOCR_GUARD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert sources.cache_dir() == Path("/xdg/ppocr_guard")


def test_known_archives_are_named_as_pypi_names_them() -> None:
    for release, archive in sources.ARCHIVES.items():
        assert archive.file.startswith(f"paddleocr-{release}")
        assert len(archive.sha256) == 64

"""The cells: not the full product, but every pair of Python and paddle, each numpy with each
paddle, and every release of PaddleOCR at least once."""

from __future__ import annotations

from dataclasses import dataclass

# What PaddleOCR needs to train a detector: what its requirements.txt pins, and newer ones.
PINNED = ("opencv-python-headless==4.10.0.84", "albumentations==1.4.10", "albucore==0.0.13")
NEWER = ("opencv-python-headless<5", "albumentations>=2")
LATEST = ("opencv-python-headless", "albumentations")
# setuptools: Python 3.12 and later make environments without it, and paddle imports it.
OTHERS = ("setuptools", "scikit-image", "shapely", "pyclipper", "lmdb", "rapidfuzz", "tqdm")
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")


@dataclass(frozen=True)
class Cell:
    """One environment. ``tools`` is the release whose tools/ and ppocr/ are taken, ``data`` the
    one of ppocr/data where it differs: of releases before 2.9.0 PyPI has no tools."""

    python: str
    paddle: str
    numpy: str  # a pip specifier
    tools: str
    data: str = ""
    packages: tuple[str, ...] = PINNED
    # The packages that `pip install paddleocr` of this release brings, not ours.
    own: bool = False
    # The imgaug of PyPI; else releases that import it get the kit's stand-in.
    imgaug: bool = False
    # Nothing beside what pip brings by itself.
    bare: bool = False
    # With the extra "test", and the unit tests are run.
    unit: bool = False

    @property
    def release(self) -> str:
        return self.data or self.tools

    @property
    def name(self) -> str:
        more = "own" if self.own else {PINNED: "", NEWER: "newer", LATEST: "latest"}[self.packages]
        words = (self.python, self.paddle, self.numpy.lstrip("=<>~"), self.release, more)
        return "-".join(
            filter(None, (*words, "imgaug" if self.imgaug else "", "bare" if self.bare else ""))
        )


CELLS = (
    Cell("3.9", "3.3.1", "==1.26.4", "3.7.0", unit=True),
    Cell("3.13", "3.3.1", "==2.3.5", "3.7.0", packages=NEWER, unit=True),
    Cell("3.9", "2.6.2", "==1.26.4", "2.9.0", "2.6.1.3"),
    Cell("3.9", "3.0.0", "==1.26.4", "2.9.1", own=True),
    Cell("3.9", "3.3.1", "==2.0.2", "2.10.0"),
    Cell("3.10", "2.6.2", "==1.26.4", "2.9.0", "2.7.0.3"),
    Cell("3.10", "2.6.2", "==2.2.6", "2.10.0"),
    Cell("3.10", "3.0.0", "==2.2.6", "3.1.0"),
    Cell("3.10", "3.3.1", "==1.26.4", "3.5.0", unit=True),
    Cell("3.11", "2.6.2", "==1.26.4", "2.9.0", "2.8.1"),
    Cell("3.11", "3.0.0", "==1.26.4", "2.9.0", imgaug=True),
    Cell("3.11", "3.3.1", "==2.3.5", "3.6.0"),
    Cell("3.11", "3.3.1", "==1.26.4", "3.7.0", unit=True),
    Cell("3.11", "3.3.1", "==2.3.5", "2.9.0", own=True, imgaug=True),
    Cell("3.11", "3.3.1", "==2.4.*", "2.10.0", packages=NEWER),
    Cell("3.12", "2.6.2", "==1.26.4", "2.9.0", "2.7.3"),
    Cell("3.12", "2.6.2", "==2.3.5", "2.9.0", "2.8.0"),
    Cell("3.12", "3.0.0", "==2.3.5", "3.2.0"),
    Cell("3.12", "3.3.1", "==1.26.4", "3.3.0", unit=True),
    Cell("3.12", "3.3.1", "==1.26.4", "2.10.0", own=True),
    Cell("3.12", "3.0.0", "==1.26.4", "3.7.0", bare=True),
    Cell("3.12", "3.3.1", ">=2", "3.7.0", packages=LATEST),
    Cell("3.13", "3.0.0", "==2.3.5", "3.0.0", packages=NEWER),
    Cell("3.13", "3.3.1", "==2.3.5", "3.4.0", packages=NEWER),
    Cell("3.13", "2.6.2", "==2.3.5", "2.9.0", "2.8.1", packages=NEWER),
    Cell("3.13", "3.3.1", "==1.26.4", "3.7.0"),
)


def named(names: list[str]) -> list[Cell]:
    """The cells of these names; all without any. A part of a name will do."""
    unknown = [name for name in names if not any(name in cell.name for cell in CELLS)]
    if unknown:
        raise SystemExit(f"no cell {unknown[0]}; there are: {', '.join(c.name for c in CELLS)}")
    return [cell for cell in CELLS if not names or any(name in cell.name for name in names)]

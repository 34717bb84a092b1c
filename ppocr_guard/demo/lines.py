"""Synthetic text lines with labels in PaddleOCR's format for recognition.

One label a line: path of the image below the data folder, a tab, and the text. The same seed
gives the same texts; their pixels depend on the fonts that are there (:func:`fonts`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Union

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DIGITS = "0123456789"
LOWER = "abcdefghijklmnopqrstuvwxyz"
# Frequent characters of simplified Chinese. Drawn with a font of CJK_FONTS.
CJK = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下"
# Debian's fonts-wqy-microhei, fonts-wqy-zenhei and fonts-noto-cjk.
CJK_FONTS = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
)
_LATIN_FONTS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "DejaVuSerif.ttf", "DejaVuSans-Bold.ttf")
_HERSHEY_FONTS = (0, 2, 3, 4)  # OpenCV's, without the script
HEIGHT = 32  # pixels of an image, as PaddleOCR's CRNN configs take it


class Line(NamedTuple):
    image: str  # path below the data folder
    text: str


class Lines(NamedTuple):
    """A data set of text lines."""

    folder: Path
    train_labels: Path
    val_labels: Path
    dictionary: Path  # the characters that the texts are made of, one a line


@dataclass(frozen=True)
class Writing:
    """What the texts are made of.

    ``marked`` is the share of texts that hold one character of ``marks``; ``long`` is the share
    of texts with a length in ``long_lengths``, and ``longest`` that with one in
    ``longest_lengths``. The shares are exact, up to one text.
    """

    alphabet: str = DIGITS + LOWER
    lengths: tuple[int, int] = (3, 8)
    marks: str = ""
    marked: float = 0.0
    long: float = 0.0
    long_lengths: tuple[int, int] = (14, 18)
    longest: float = 0.0
    longest_lengths: tuple[int, int] = (22, 25)

    @property
    def characters(self) -> str:
        """All that a text may hold, each once."""
        return "".join(dict.fromkeys(self.alphabet + (self.marks if self.marked else "")))


def make_lines(
    dest: Union[str, Path],
    train_lines: int = 2000,
    val_lines: int = 200,
    writing: Optional[Writing] = None,
    seed: int = 0,
) -> Lines:
    """Write ``train/*.png``, ``val/*.png``, ``train.txt``, ``val.txt`` and ``dict.txt``.

    Args:
        writing: default: digits and lower-case letters.
        seed: train and val differ, and the texts of each are the same for the same seed.

    Raises:
        ValueError: fewer than one line.
    """
    import cv2
    import numpy as np

    if train_lines < 1 or val_lines < 1:
        raise ValueError("a data set needs lines, one to train and one to check")
    writing = writing or Writing()
    folder = Path(dest)
    for split, (name, count) in enumerate((("train", train_lines), ("val", val_lines))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([seed, split])
        lines = []
        for index, text in enumerate(make_texts(rng, count, writing)):
            path = f"{name}/{index:05d}.png"
            cv2.imwrite(str(folder / path), draw_line(rng, text))
            lines.append(Line(path, text))
        write_lines(folder / f"{name}.txt", lines)
    dictionary = write_dictionary(folder / "dict.txt", writing.characters)
    return Lines(folder, folder / "train.txt", folder / "val.txt", dictionary)


def make_texts(rng: np.random.Generator, count: int, writing: Writing) -> list[str]:
    """``count`` texts, in random order."""
    alphabet, marks = list(writing.alphabet), list(writing.marks)
    long, longest = round(count * writing.long), round(count * writing.longest)
    marked = round(count * writing.marked)
    texts = []
    for index in range(count):
        low, high = (
            writing.long_lengths
            if index < long
            else writing.longest_lengths
            if index < long + longest
            else writing.lengths
        )
        characters = list(rng.choice(alphabet, int(rng.integers(low, high + 1))))
        if index >= count - marked:  # from the end, so that these are not the long ones
            characters[int(rng.integers(len(characters)))] = str(rng.choice(marks))
        texts.append("".join(characters))
    return [texts[i] for i in rng.permutation(count)]


def draw_line(rng: np.random.Generator, text: str) -> NDArray[np.uint8]:
    """An image (HEIGHT, width, 3), BGR, as wide as the text needs it."""
    import cv2
    import numpy as np

    ink: Any = _ink(rng, text)
    height, width = ink.shape
    tilt = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.normal(0, 0.7)), 1.0)
    ink = cv2.warpAffine(ink, tilt, (width, height))
    width = max(HEIGHT, round(width * HEIGHT / height))
    ink = cv2.resize(ink, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    alpha = ink[..., None].astype(np.float32) / 255
    paper, dark = rng.uniform(150, 255, 3), rng.uniform(0, 90, 3)
    image = paper * (1 - alpha) + dark * alpha
    image = image + rng.normal(0, rng.uniform(1, 10), image.shape)
    drawn: NDArray[np.uint8] = np.clip(image, 0, 255).astype(np.uint8)
    return drawn


def _ink(rng: np.random.Generator, text: str) -> NDArray[np.uint8]:
    """The text, white on black, with a margin."""
    import numpy as np

    pads = [int(v) for v in rng.integers(2, 8, 4)]
    files = fonts(text)
    if not files:
        return _hershey(rng, text, pads)
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(rng.choice([str(f) for f in files])), int(rng.integers(28, 40)))
    left, top, right, bottom = (round(v) for v in font.getbbox(text, anchor="ls"))
    ascent, descent = font.getmetrics()
    top, bottom = min(top, -round(0.8 * ascent)), max(bottom, round(0.6 * descent))
    size = right - left + pads[0] + pads[1], bottom - top + pads[2] + pads[3]
    image = Image.new("L", size)
    ImageDraw.Draw(image).text((pads[0] - left, pads[2] - top), text, 255, font, anchor="ls")
    return np.array(image, np.uint8)


def _hershey(rng: np.random.Generator, text: str, pads: Sequence[int]) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    font, thickness = int(rng.choice(_HERSHEY_FONTS)), int(rng.integers(1, 3))
    scale = float(rng.uniform(0.9, 1.2))
    (width, ascent), descent = cv2.getTextSize(text, font, scale, thickness)
    image = np.zeros((ascent + descent + pads[2] + pads[3], width + pads[0] + pads[1]), np.uint8)
    place = (pads[0], pads[2] + ascent)
    cv2.putText(image, text, place, font, scale, 255, thickness, cv2.LINE_AA)
    return image


def fonts(text: str) -> list[Path]:
    """TrueType fonts that can write ``text``; none: OpenCV's own, for ASCII only.

    Raises:
        ValueError: the text is not ASCII, and there is no font for it.
    """
    if any(ord(c) > 0x2E7F for c in text):  # CJK and beyond
        found = [Path(f) for f in CJK_FONTS if Path(f).exists()]
    else:
        found = _latin_fonts()
    if not found and not text.isascii():
        raise ValueError(f"no font here can write {text!r}; install Debian's fonts-wqy-microhei")
    return found


def has_cjk() -> bool:
    """Whether there is a font for :data:`CJK`."""
    return any(Path(f).exists() for f in CJK_FONTS) and bool(importlib.util.find_spec("PIL"))


def _latin_fonts() -> list[Path]:
    """DejaVu as matplotlib brings it (VisualDL depends on that), else Debian's."""
    global _LATIN
    if _LATIN is None:
        folders = [Path("/usr/share/fonts/truetype/dejavu")]
        spec = importlib.util.find_spec("matplotlib")
        if spec is not None and spec.origin:
            folders.insert(0, Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf")
        drawn = importlib.util.find_spec("PIL") is not None
        candidates = [[folder / name for name in _LATIN_FONTS] for folder in folders if drawn]
        _LATIN = next((files for files in candidates if all(f.exists() for f in files)), [])
    return _LATIN


_LATIN: Optional[list[Path]] = None


def write_lines(path: Union[str, Path], lines: Iterable[Line]) -> None:
    """Write a label file."""
    text = "".join(f"{line.image}\t{line.text}\n" for line in lines)
    Path(path).write_text(text, encoding="utf-8")


def read_lines(path: Union[str, Path]) -> list[Line]:
    """Read a label file written by :func:`write_lines`."""
    lines = Path(path).read_text(encoding="utf-8").split("\n")
    return [Line(*_parts(line)) for line in lines if line]


def _parts(line: str) -> Any:
    image, _, text = line.partition("\t")
    return image, text


def write_dictionary(path: Union[str, Path], characters: str) -> Path:
    """Write a dictionary: one character a line."""
    file = Path(path)
    file.write_text("".join(f"{c}\n" for c in characters), encoding="utf-8")
    return file

"""Which PaddleOCR this is, told from its files. None of its code is imported or run.

What matters is how the epoch reaches ``MakeShrinkMap`` and ``MakeBorderMap``, and that changed
several times, on branches too: so each behaviour is read off the source of its own file, and a
clone between two releases, or a tree mixed from two, is described as it is.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Union

from ppocr_guard.wording import mark, say

OPERATORS = ("MakeShrinkMap", "MakeBorderMap")
FIRST_SUPPORTED, LAST_KNOWN = (2, 0), (3, 7)
_OPERATOR_FILES = {"MakeShrinkMap": "make_shrink_map.py", "MakeBorderMap": "make_border_map.py"}


class ReleaseError(ValueError):
    """No PaddleOCR tree, or no release number; the message is one line."""


@dataclass(frozen=True)
class Behaviour:
    """How one PaddleOCR passes the epoch on to the shrink operators."""

    release: str  # "2.8.1"; a range such as "2.9.0 to 3.6.0" where several behave alike
    # tools/train.py gives Global.seed (default 1024) to the training loader.
    seed_passed: bool = False
    # SimpleDataSet writes the seed that it gets into the operators' parameters, as their epoch.
    epoch_from_seed: bool = False
    # ... and looks for the operators at positions 5 (border) and 6 (shrink), not by name.
    fixed_positions: bool = False
    # tools/program.py builds a new loader each epoch, seed=epoch, if a ratio_list entry is < 1.
    rebuilds_loader: bool = False
    # ... or calls dataset.reset_data_lines(seed=epoch, epoch=epoch) instead.
    resets_in_place: bool = False
    # SimpleDataSet hands dataset._shared_epoch to the operators with each sample.
    shared_epoch: bool = False
    # Operators that add 0.2 * epoch / total_epoch once, when they are constructed ...
    ramp_at_construction: frozenset[str] = frozenset()
    # ... or anew for each sample, with data["epoch"].
    ramp_per_sample: frozenset[str] = frozenset()
    known: bool = True  # False: newer than any release examined; taken for the newest examined

    @property
    def title(self) -> str:
        """The release, for a sentence; of several the words between them have a translation."""
        return say(self.release)

    def behaves_like(self, other: Behaviour) -> bool:
        """Equal in all but the name."""
        return dataclasses.replace(self, release="", known=True) == dataclasses.replace(
            other, release="", known=True
        )

    @property
    def examined(self) -> bool:
        """One of the releases that were examined, or behaving as one of them does."""
        return self.known and any(self.behaves_like(line) for line in LINES)


_BOTH = frozenset(OPERATORS)
_STATIC = Behaviour(mark("2.0 to 2.6"), rebuilds_loader=True)
_SHUFFLE_ONLY = Behaviour(
    mark("2.9.0 to 3.6.0"), True, rebuilds_loader=True, ramp_at_construction=_BOTH
)
_SEED_AS_EPOCH = dataclasses.replace(
    _SHUFFLE_ONLY, release=mark("2.7.1, 2.7.4 to 2.8.1"), epoch_from_seed=True
)
_EPOCH_IF_RESET = dataclasses.replace(
    _SEED_AS_EPOCH, release="2.7.0.3, 2.7.2, 2.7.3", seed_passed=False
)
_BY_POSITION = dataclasses.replace(
    _EPOCH_IF_RESET, release=mark("2.7.0 to 2.7.0.2"), fixed_positions=True
)
_PER_SAMPLE = Behaviour("3.7.0", resets_in_place=True, shared_epoch=True, ramp_per_sample=_BOTH)
LINES = (_STATIC, _BY_POSITION, _EPOCH_IF_RESET, _SEED_AS_EPOCH, _SHUFFLE_ONLY, _PER_SAMPLE)


def behaviour_of(release: str) -> Behaviour:
    """Behaviour of a release by its number, such as "2.8.1" or "2.7.0.3".

    A number above 3.7 is taken for 3.7.0 and has ``known`` False.

    Raises:
        ReleaseError: no such number, or older than 2.0.
    """
    if not re.fullmatch(r"v?\d+(\.\d+){1,3}", release.strip()):
        raise ReleaseError(
            say("{release!r} is no PaddleOCR release; write it like 2.8.1", release=release)
        )
    number = tuple(int(part) for part in release.strip().lstrip("v").split("."))
    if number < FIRST_SUPPORTED:
        raise ReleaseError(
            say("PaddleOCR {release} is too old; releases from 2.0 on are known", release=release)
        )
    line = _line_of((*number, 0, 0)[:4])
    return dataclasses.replace(
        line, release=release.strip().lstrip("v"), known=number[:2] <= LAST_KNOWN
    )


def _line_of(number: tuple[int, ...]) -> Behaviour:
    if number < (2, 7):
        return _STATIC
    if number < (2, 7, 0, 3):
        return _BY_POSITION
    if number < (2, 7, 1) or (2, 7, 2) <= number < (2, 7, 4):
        return _EPOCH_IF_RESET
    if number < (2, 9):
        return _SEED_AS_EPOCH
    return _SHUFFLE_ONLY if number < (3, 7) else _PER_SAMPLE


def recognise(tree: Union[str, Path]) -> Behaviour:
    """Behaviour of the PaddleOCR in folder ``tree`` (it holds ``tools`` and ``ppocr``).

    ``release`` is the number that the tree itself gives, if it behaves as that release did;
    otherwise the releases that behave like it. Without ``tools`` (as in the wheels) only what
    ``ppocr`` does is described.

    Raises:
        ReleaseError: no ``ppocr/data/simple_dataset.py`` there, or a file is no Python.
    """
    tree = Path(tree)
    if not (tree / "ppocr" / "data" / "simple_dataset.py").is_file():
        raise ReleaseError(
            say(
                "{folder}: no PaddleOCR (there is no ppocr/data/simple_dataset.py); name the "
                "folder that holds ppocr and tools",
                folder=str(tree),
            )
        )
    found = _read(tree)
    if not (tree / "tools" / "train.py").is_file():
        return dataclasses.replace(found, release=mark("unknown (no tools/train.py)"), known=False)
    number = _number(tree)
    alike = next((line.release for line in LINES if found.behaves_like(line)), None)
    if number is None:
        return dataclasses.replace(found, release=alike or mark("unknown"))
    if behaviour_of(number).behaves_like(found):
        return dataclasses.replace(found, release=number, known=behaviour_of(number).known)
    likeness = f"behaves like {alike}" if alike else "behaves like no release"
    return dataclasses.replace(found, release=f"{number} (changed: {likeness})")


def _read(tree: Path) -> Behaviour:
    train = _parse(tree / "tools" / "train.py")
    program = _parse(tree / "tools" / "program.py")
    dataset = _class(_parse(tree / "ppocr" / "data" / "simple_dataset.py"), "SimpleDataSet")
    reset = _reset_branch(program)
    sets_epoch = _calls(_function(dataset, "__init__"), "set_epoch_as_seed")
    at_construction, per_sample = set(), set()
    for operator, file in _OPERATOR_FILES.items():
        cls = _class(_parse(tree / "ppocr" / "data" / "imaug" / file), operator)
        if {"epoch", "total_epoch"} <= _strings(_function(cls, "__init__")):
            at_construction.add(operator)
        if "epoch" in _strings(_function(cls, "__call__")):
            per_sample.add(operator)
    return Behaviour(
        release="",
        seed_passed=_passes_seed(_function(train, "main")),
        epoch_from_seed=sets_epoch,
        fixed_positions=sets_epoch and _by_position(_function(dataset, "set_epoch_as_seed")),
        rebuilds_loader=_calls(reset, "build_dataloader"),
        resets_in_place=_calls(reset, "reset_data_lines"),
        shared_epoch="epoch" in _strings(_function(dataset, "__getitem__")),
        ramp_at_construction=frozenset(at_construction),
        ramp_per_sample=frozenset(per_sample),
    )


def _parse(path: Path) -> Optional[ast.AST]:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ReleaseError(
            say(
                "{path}: {reason}",
                path=str(path),
                reason=say("cannot be read ({reason})", reason=error.strerror),
            )
        ) from None
    except (SyntaxError, ValueError) as error:
        raise ReleaseError(
            say(
                "{path}: {reason}",
                path=str(path),
                reason=say("is no valid Python ({error})", error=str(error)),
            )
        ) from None


def _walk(node: Optional[ast.AST]) -> Iterator[ast.AST]:
    return iter(()) if node is None else ast.walk(node)


def _class(node: Optional[ast.AST], name: str) -> Optional[ast.AST]:
    return next((n for n in _walk(node) if isinstance(n, ast.ClassDef) and n.name == name), None)


def _function(node: Optional[ast.AST], name: str) -> Optional[ast.AST]:
    found = (n for n in _walk(node) if isinstance(n, ast.FunctionDef) and n.name == name)
    return next(found, None)


def _strings(node: Optional[ast.AST]) -> set[str]:
    return {
        n.value for n in _walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def _call_nodes(node: Optional[ast.AST], name: str) -> Iterator[ast.Call]:
    for n in _walk(node):
        if isinstance(n, ast.Call):
            function = n.func
            called = function.attr if isinstance(function, ast.Attribute) else None
            if isinstance(function, ast.Name):
                called = function.id
            if called == name:
                yield n


def _calls(node: Optional[ast.AST], name: str) -> bool:
    return next(_call_nodes(node, name), None) is not None


def _passes_seed(main: Optional[ast.AST]) -> bool:
    """Whether build_dataloader(config, "Train", device, logger, seed) has its last argument."""
    for call in _call_nodes(main, "build_dataloader"):
        given = {keyword.arg for keyword in call.keywords}
        if "Train" in _strings(call) and ("seed" in given or len(call.args) > 4):
            return True
    return False


def _reset_branch(program: Optional[ast.AST]) -> Optional[ast.AST]:
    """The ``if train_dataloader.dataset.need_reset:`` of program.train."""
    for node in _walk(_function(program, "train")):
        if isinstance(node, ast.If) and any(
            isinstance(n, ast.Attribute) and n.attr == "need_reset" for n in ast.walk(node.test)
        ):
            return node
    return None


def _by_position(function: Optional[ast.AST]) -> bool:
    return any(
        isinstance(n, ast.Subscript)
        and isinstance(n.slice, ast.Constant)
        and type(n.slice.value) is int
        and isinstance(n.value, ast.Subscript)
        and _strings(n.value.slice) == {"transforms"}
        for n in _walk(function)
    )


def _number(tree: Path) -> Optional[str]:
    """The number that an unpacked source package or an old clone states; None: it states none.

    Clones from 2.8 on take theirs from git tags (setuptools_scm), so their files hold none.
    """
    for name, pattern in (
        ("PKG-INFO", r"^Version: (\d+(?:\.\d+){1,3})\s*$"),
        ("paddleocr.py", r"^VERSION = ['\"](\d+(?:\.\d+){1,3})['\"]"),
    ):
        try:
            text = (tree / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            return match.group(1)
    return None

"""What a PaddleOCR's classes are called and which options they take, read off its source.

None of its code is imported or run. PaddleOCR builds nearly everything by name from the YAML
(``eval(name)(**options)``); most classes take ``**kwargs`` too and forget what they do not know,
so that only the source tells which options do something.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Union

_CLASS = re.compile(r"^class\s+(\w+)", re.MULTILINE)
# Folder (or file) of each kind, below ppocr/. "lists": named in the support_dict of __init__.py;
# "imports": all that __init__.py imports (create_operators evaluates names there); "classes":
# all that the folder or file defines.
PLACES: dict[str, tuple[str, str]] = {
    "dataset": ("data", "lists"),
    "transform": ("data/imaug", "imports"),
    "backbone": ("modeling/backbones", "lists"),
    "neck": ("modeling/necks", "lists"),
    "head": ("modeling/heads", "lists"),
    "loss": ("losses", "classes"),
    "postprocess": ("postprocess", "lists"),
    "metric": ("metrics", "lists"),
    "optimizer": ("optimizer/optimizer.py", "classes"),
    "scheduler": ("optimizer/learning_rate.py", "classes"),
}
# Kind of an option, from its default: boolean, number, string, list; "" where that says nothing.
_SETTERS = ("update", "setdefault")
_KINDS = ((bool, "b"), ((int, float), "n"), (str, "s"), ((list, tuple), "l"))


@dataclass(frozen=True)
class Component:
    """One class that a YAML can name.

    ``options`` maps each option to its kind. ``open``: takes more than can be seen here;
    ``strict``: anything else is a TypeError. ``reads`` are keys of a sample that ``__call__``
    cannot do without, ``writes`` those that it may add (transforms only).
    """

    options: dict[str, str]
    required: frozenset[str] = frozenset()
    strict: bool = False
    open: bool = False
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()

    def merged(self, other: Component) -> Component:
        """What holds of either: of two releases, or of two classes of one name."""
        options = dict(self.options)
        for name, kind in other.options.items():
            options[name] = kind if options.get(name, kind) == kind else ""
        return Component(
            options,
            self.required & other.required,
            self.strict and other.strict,
            self.open or other.open,
            self.reads & other.reads,
            self.writes | other.writes,
        )


Components = dict[str, Mapping[str, Component]]  # by kind and name


def read_components(tree: Union[str, Path]) -> Components:
    """All components of the PaddleOCR in folder ``tree``; kinds that it lacks are left out."""
    found: Components = {}
    for kind, (place, how) in PLACES.items():
        path = Path(tree) / "ppocr" / place
        files = files_of(tree, kind)
        modules = Modules(files)
        if not files:
            continue
        classes = _Classes(modules)
        init = modules.get(path / "__init__.py")
        names = set(modules.where)
        if how == "lists" and init is not None:
            names = set(_listed(init)) or names
        elif how == "imports" and init is not None:
            names = set(_imported(init, path / "__init__.py", modules))
        others = names - set(modules.where) if how == "lists" else set()
        found[kind] = _OnDemand(classes, sorted(names & set(modules.where)), sorted(others))
    return found


class Modules:
    """Source files, each parsed when it is asked for, and the files of each class."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._parsed: dict[Path, Optional[ast.Module]] = {}
        self._files = frozenset(files)
        self.where: dict[str, list[Path]] = {}  # by class, in the order of the files
        for file in files:
            for name in dict.fromkeys(_CLASS.findall(_text_of(file))):
                self.where.setdefault(name, []).append(file)

    def get(self, file: Path) -> Optional[ast.Module]:
        """The module; None: it is none of the files, or cannot be read."""
        if file in self._files and file not in self._parsed:
            self._parsed[file] = parsed(file)
        return self._parsed.get(file)

    def having(self, name: str) -> Iterator[ast.Module]:
        """The modules that define a class."""
        modules = (self.get(file) for file in self.where.get(name, []))
        return (module for module in modules if module is not None)


class _OnDemand(Mapping[str, Component]):
    """A class is read when it is asked for: a configuration names few of them."""

    def __init__(self, classes: _Classes, names: list[str], others: list[str]) -> None:
        """``others``: names of classes that are defined under another name."""
        self._classes = classes
        self._others = frozenset(others)
        self._names = dict.fromkeys([*names, *others])

    def __getitem__(self, name: str) -> Component:
        if name not in self._names:
            raise KeyError(name)
        if name in self._others:
            return Component({}, open=True)
        return self._classes.component(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def files_of(tree: Union[str, Path], kind: str) -> list[Path]:
    """The source files of the PaddleOCR in ``tree`` that hold a kind of classes."""
    path = Path(tree) / "ppocr" / PLACES[kind][0]
    return sorted(path.rglob("*.py")) if path.is_dir() else [path] * path.is_file()


def _text_of(file: Path) -> str:
    """The source, for a first look; empty: it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def parsed(file: Path) -> Optional[ast.Module]:
    """The module; None: it cannot be read."""
    try:
        return ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError):
        return None  # recognise() has said so of the files that matter


def _listed(init: ast.Module) -> Iterator[str]:
    """Strings in lists that are, or are appended to, a ``support_dict``."""
    for node in ast.walk(init):
        value: Optional[ast.AST] = None
        if isinstance(node, ast.Assign) and any(_is(t, "support_dict") for t in node.targets):
            value = node.value
        elif isinstance(node, ast.Call) and _is(getattr(node.func, "value", node), "support_dict"):
            value = ast.List(elts=node.args)
        for part in ast.walk(value) if value is not None else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _imported(init: ast.Module, path: Path, modules: Modules, depth: int = 4) -> Iterator[str]:
    """Classes within reach of a module: its own, and what its relative imports bring."""
    for node in init.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name != "*":
                    yield alias.asname or alias.name
                elif node.level and depth:
                    target = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                    for file in (target.with_suffix(".py"), target / "__init__.py"):
                        module = modules.get(file)
                        if module is not None:
                            yield from _imported(module, file, modules, depth - 1)


class _Classes:
    """The classes of one kind's files, by name."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._done: dict[str, Component] = {}

    def component(self, name: str) -> Component:
        if name not in self._done:
            self._done[name] = Component({}, open=True)  # what inherits from itself ends here
            nodes = [node for module in self._modules.having(name) for node in module.body]
            parts = [self._read(n) for n in nodes if isinstance(n, ast.ClassDef) and n.name == name]
            for part in parts[1:]:
                parts[0] = parts[0].merged(part)
            if parts:
                self._done[name] = parts[0]
        return self._done[name]

    def _read(self, node: ast.ClassDef) -> Component:
        bases = [self.component(b.id) for b in node.bases if isinstance(b, ast.Name)]
        bases = [b for b, of in zip(bases, node.bases) if not _is(of, "object")]
        init, call = method_of(node, "__init__"), method_of(node, "__call__")
        if init is None:
            one = bases[0] if bases else Component({}, open=bool(node.bases))
        else:
            one = self._signature(init, bases)
        writes = frozenset(_writes(node)).union(*(b.writes for b in bases))
        reads = bases[0].reads if bases else frozenset()
        if call is not None:
            reads = frozenset(_reads(call))
        return replace(one, reads=reads, writes=writes)

    def _signature(self, init: ast.FunctionDef, bases: list[Component]) -> Component:
        args = [*init.args.posonlyargs, *init.args.args][1:]
        defaults = [None] * (len(args) - len(init.args.defaults)) + [*init.args.defaults]
        pairs = [*zip(args, defaults), *zip(init.args.kwonlyargs, init.args.kw_defaults)]
        options = {arg.arg: _kind(default) for arg, default in pairs}
        required = frozenset(arg.arg for arg, default in pairs if default is None)
        if init.args.kwarg is None:
            return Component(options, required, strict=True)
        rest = init.args.kwarg.arg
        for name in _taken(init, rest):
            options.setdefault(name, "")
        is_open = False
        for call in ast.walk(init):
            if isinstance(call, ast.Call) and any(
                k.arg is None and _is(k.value, rest) for k in call.keywords
            ):
                for other in self._called(call, bases):
                    is_open |= other.open
                    for name, kind in other.options.items():
                        options.setdefault(name, kind)
            elif isinstance(call, ast.Call) and any(_is(arg, rest) for arg in call.args):
                is_open = True
        return Component(options, required, open=is_open)

    def _called(self, call: ast.Call, bases: list[Component]) -> list[Component]:
        """The classes that get what a class leaves over of its options."""
        function = call.func
        if isinstance(function, ast.Attribute) and function.attr == "__init__":
            return bases
        if isinstance(function, ast.Name) and function.id in self._modules.where:
            return [self.component(function.id)]
        return [Component({}, open=True)]


def method_of(node: ast.ClassDef, name: str) -> Optional[ast.FunctionDef]:
    """A method of a class that it defines itself."""
    return next((n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == name), None)


def _kind(default: Optional[ast.expr]) -> str:
    if default is None:
        return ""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return ""
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "")


def _taken(init: ast.FunctionDef, rest: str) -> Iterator[str]:
    """Options that are looked up in ``**kwargs`` by name."""
    for node in ast.walk(init):
        if isinstance(node, ast.Subscript) and _is(node.value, rest):
            yield from _text(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if _is(node.func.value, rest) and node.args:
                yield from _text(node.args[0])
        elif isinstance(node, ast.Compare) and any(_mentions(c, rest) for c in node.comparators):
            yield from _text(node.left)


def _mentions(node: ast.AST, name: str) -> bool:
    return any(_is(part, name) for part in ast.walk(node))


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _writes(node: ast.ClassDef) -> Iterator[str]:
    """Keys of mappings that are set anywhere in a class: a sample's keys are among them."""
    for part in ast.walk(node):
        if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
            yield from _text(part.slice)
        elif isinstance(part, ast.Dict):
            for key in part.keys:
                yield from _text(key) if key is not None else ()
        elif isinstance(part, ast.Call) and _is(part.func, "dict"):
            yield from (k.arg for k in part.keywords if k.arg is not None)
        elif isinstance(part, ast.Call) and getattr(part.func, "attr", "") in _SETTERS:
            yield from (k.arg for k in part.keywords if k.arg is not None)
            yield from _text(part.args[0]) if part.args else ()


def _reads(call: ast.FunctionDef) -> Iterator[str]:
    """Keys of the sample that are looked up whatever happens."""
    if len(call.args.args) < 2:
        return
    sample, written = call.args.args[1].arg, set()
    for statement in call.body:
        if isinstance(statement, (ast.If, ast.For, ast.While, ast.Try)):
            if any(isinstance(n, (ast.Return, ast.Assign)) for n in ast.walk(statement)):
                written |= {t for n in ast.walk(statement) for t in _stored(n)}
            head = statement.test if isinstance(statement, (ast.If, ast.While)) else None
            head = statement.iter if isinstance(statement, ast.For) else head
            parts: Iterator[ast.AST] = ast.walk(head) if head is not None else iter(())
            if any(isinstance(n, ast.Return) for n in ast.walk(statement)):
                return
        else:
            parts = ast.walk(statement)
        for part in parts:
            if isinstance(part, ast.Subscript) and _is(part.value, sample):
                yield from (key for key in _loaded(part) if key not in written)
        written |= {t for n in ast.walk(statement) for t in _stored(n)}


def _loaded(node: ast.Subscript) -> Iterator[str]:
    return _text(node.slice) if isinstance(node.ctx, ast.Load) else iter(())


def _stored(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        yield from _text(node.slice)

"""Which values PaddleOCR's classes can take for their options, read off their source.

None of its code is imported or run. A class says it itself: ``assert layers in [18, 34]``, a
literal dictionary that is looked up with the option, ``if mode == "PIL": ... elif mode ==
"OpenCV":``, ``assert len(strides) == 4``, ``imgC, imgH, imgW = image_shape`` (in a method, or in
the function of its module that gets the option), ``self.size[1]``. ``bounds.json`` holds what was
read in several releases; ``python -m benchmarks.mistakes.learn --bounds`` makes it.
"""

from __future__ import annotations

import ast
import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Union

from ppocr_guard.paddleocr.signatures import PLACES, Modules, files_of, method_of

TABLE = Path(__file__).with_name("bounds.json")


@dataclass(frozen=True)
class Bound:
    """What one option can be.

    ``choices``: one of these (empty: not known); ``length``: entries of a list, exactly, and
    ``shortest``, at least; ``listed``: nothing but a list will do.
    """

    choices: tuple[Any, ...] = ()
    length: Optional[int] = None
    shortest: Optional[int] = None
    listed: bool = False

    def merged(self, other: Bound) -> Bound:
        """What holds of neither is no value: of two releases, or two classes of one name."""
        both = self.choices and other.choices
        lengths = [n for n in (self.shortest, other.shortest) if n is not None]
        return Bound(
            tuple(dict.fromkeys((*self.choices, *other.choices))) if both else (),
            self.length if self.length == other.length else None,
            min(lengths) if len(lengths) == 2 else None,
            self.listed and other.listed,
        )


Bounds = dict[str, dict[str, dict[str, Bound]]]  # by kind, class and option


Look = Callable[[str, str], Mapping[str, Bound]]  # by kind and class


class TreeBounds:
    """The bounds of the PaddleOCR in folder ``tree``; a class is read when it is asked for."""

    def __init__(self, tree: Union[str, Path]) -> None:
        self._modules = {kind: Modules(files_of(tree, kind)) for kind in PLACES}

    def classes(self, kind: str) -> Iterable[str]:
        return self._modules[kind].where

    def __call__(self, kind: str, name: str) -> dict[str, Bound]:
        known: dict[str, Bound] = {}
        for module in self._modules[kind].having(name):
            for bounds in _of_module(module, name):
                # Of two classes of one name, as for detection and for recognition, an option
                # that one alone has means that one.
                known = {**known, **bounds, **merged(known, bounds)}
        return _telling(known)


def read_bounds(tree: Union[str, Path]) -> Bounds:
    """All bounds of the PaddleOCR in folder ``tree``."""
    look = TreeBounds(tree)
    return {kind: {name: look(kind, name) for name in look.classes(kind)} for kind in PLACES}


def bounds_of(release: Optional[tuple[int, ...]], tree: Optional[Path] = None) -> Look:
    """Those of the PaddleOCR in ``tree``; else those that all releases that were read share.
    Nothing is known of a release after the last one that was read."""
    if tree is not None:
        return TreeBounds(tree)
    value = _table()
    last = tuple(int(part) for part in value["releases"][-1].split("."))
    table = {} if release is not None and release[:2] > last[:2] else value["bounds"]

    def look(kind: str, name: str) -> Mapping[str, Bound]:
        options = table.get(kind, {}).get(name, {})
        return {option: _unpacked(entry) for option, entry in options.items()}

    return look


def packed_bounds(trees: Mapping[str, Path]) -> dict[str, Any]:
    """The table's value, read from the trees of releases ("2.8.1": folder), the oldest first."""
    found: Bounds = {}
    for tree in trees.values():
        for kind, classes in read_bounds(tree).items():
            known = found.setdefault(kind, {})
            for name, bounds in classes.items():
                known[name] = _telling(merged(known[name], bounds)) if name in known else bounds
    return {
        "releases": list(trees),
        "bounds": {
            kind: {
                name: {option: _packed(bound) for option, bound in sorted(options.items())}
                for name, options in sorted(classes.items())
                if options
            }
            for kind, classes in sorted(found.items())
            if classes
        },
    }


def _packed(bound: Bound) -> dict[str, Any]:
    value = {**asdict(bound), "choices": list(bound.choices)}
    return {key: part for key, part in value.items() if part}


def _unpacked(entry: Mapping[str, Any]) -> Bound:
    return Bound(**{**entry, "choices": tuple(entry.get("choices", ()))})


@functools.lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    value: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return value


def merged(one: Mapping[str, Bound], other: Mapping[str, Bound]) -> dict[str, Bound]:
    """Only of what both have something is known of either."""
    return {name: one[name].merged(other[name]) for name in one if name in other}


def _telling(bounds: Mapping[str, Bound]) -> dict[str, Bound]:
    return {name: bound for name, bound in bounds.items() if bound != Bound()}


def _of_module(module: ast.Module, name: str) -> Iterator[dict[str, Bound]]:
    """The bounds of all options of its classes of this name."""
    functions = {n.name: n for n in module.body if isinstance(n, ast.FunctionDef)}
    constants = _assigned(module.body)
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            init = method_of(node, "__init__")
            if init is not None:
                yield _Class(node, init, functions, constants).bounds()


def _assigned(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """Names and what they are set to, of those that are set once."""
    found: dict[str, list[ast.expr]] = {}
    for statement in body:
        for node in ast.walk(statement) if not isinstance(statement, ast.ClassDef) else ():
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


class _Class:
    """One class, and what its methods do with the options of ``__init__``."""

    def __init__(
        self,
        node: ast.ClassDef,
        init: ast.FunctionDef,
        functions: Mapping[str, ast.FunctionDef],
        constants: Mapping[str, ast.expr],
    ) -> None:
        self._functions, self._constants = functions, constants
        self._methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
        arguments = [*init.args.args[1:], *init.args.kwonlyargs]
        self._options = {a.arg for a in arguments}
        given = init.args.args[len(init.args.args) - len(init.args.defaults) :]
        pairs = [*zip(given, init.args.defaults), *zip(init.args.kwonlyargs, init.args.kw_defaults)]
        self._defaults = {a.arg: d.value for a, d in pairs if isinstance(d, ast.Constant)}
        # An option that __init__ sets anew is no longer what the YAML says, unless it was null.
        filled = {
            id(part)
            for n in ast.walk(init)
            if isinstance(n, ast.If) and _asks_for_none(n.test)
            for part in n.body
        }
        changed = {
            target.id
            for n in ast.walk(init)
            if isinstance(n, (ast.Assign, ast.AugAssign)) and id(n) not in filled
            for target in (n.targets if isinstance(n, ast.Assign) else [n.target])
            if isinstance(target, ast.Name)
        }
        self._options -= changed
        self._attributes: dict[str, Optional[str]] = {}  # of self; None: of several values
        for method in self._methods:
            for n in ast.walk(method):
                if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Attribute):
                    value = n.value.id if isinstance(n.value, ast.Name) else None
                    name = n.targets[0].attr
                    known = value in self._options and name not in self._attributes
                    self._attributes[name] = value if known and method is init else None
        self._certain: dict[str, list[Any]] = {}
        self._compared: dict[str, list[Any]] = {}
        self._free: set[str] = set()
        self._lengths: dict[str, set[int]] = {}
        self._shortest: dict[str, int] = {}
        self._asked: set[str] = set()  # whose type is looked at: several will do
        self._demanded: set[str] = set()  # whose type is asserted

    def bounds(self) -> dict[str, Bound]:
        for method in self._methods:
            local = {**self._constants, **_assigned(method.body)}
            names = self._options if method.name == "__init__" else frozenset()
            self._read(method, {name: name for name in names}, local, depth=1)
        return {name: self._bound(name) for name in sorted(self._options)}

    def _bound(self, name: str) -> Bound:
        choices = [*self._certain.get(name, [])]
        compared, default = self._compared.get(name, []), self._defaults.get(name)
        several = len(set(compared)) > 1 and name not in self._free
        if choices or (several and default in (None, *compared)):
            choices += [*compared, *([default] if default is not None else [])]
        lengths = self._lengths.get(name, set())
        exact = min(lengths) if len(lengths) == 1 else None
        shortest = None if lengths else self._shortest.get(name)
        listed = bool(exact or shortest) and name not in self._asked - self._demanded
        return Bound(tuple(dict.fromkeys(choices)), exact, shortest, listed)

    def _option(self, node: ast.AST, names: Mapping[str, str]) -> Optional[str]:
        """The option that an expression is, as it was given."""
        if isinstance(node, ast.Name):
            return names.get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self._attributes.get(node.attr) if node.value.id == "self" else None
        return None

    def _read(
        self,
        function: ast.FunctionDef,
        names: Mapping[str, str],
        local: Mapping[str, ast.expr],
        depth: int,
    ) -> None:
        for node in ast.walk(function):
            refused = isinstance(node, ast.If) and any(isinstance(s, ast.Raise) for s in node.body)
            if isinstance(node, ast.Assert) or refused:
                self._asserted(node, names, local)  # type: ignore[arg-type]
            elif isinstance(node, ast.Compare):
                self._compare(node, names)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
                name = self._option(node.value, names)
                if name and not any(isinstance(e, ast.Starred) for e in node.targets[0].elts):
                    self._lengths.setdefault(name, set()).add(len(node.targets[0].elts))
            elif isinstance(node, ast.Subscript):
                self._subscript(node, names, local)
            elif isinstance(node, ast.Call):
                self._call(node, names, depth)

    def _asserted(
        self, node: Union[ast.Assert, ast.If], names: Mapping[str, str], local: Mapping[str, Any]
    ) -> None:
        test, holds = node.test, isinstance(node, ast.Assert)
        if holds and isinstance(test, ast.Call) and _named(test.func) == "isinstance":
            self._demanded.update(filter(None, [self._option(test.args[0], names)]))
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return
        inside = isinstance(test.ops[0], ast.In if holds else ast.NotIn)
        equal = isinstance(test.ops[0], ast.Eq if holds else ast.NotEq)
        name, other = self._option(test.left, names), test.comparators[0]
        if name and inside:
            self._certain.setdefault(name, []).extend(_literals(other, local))
        elif equal and isinstance(other, ast.Constant) and isinstance(other.value, int):
            call = test.left
            if isinstance(call, ast.Call) and _named(call.func) == "len" and call.args:
                name = self._option(call.args[0], names)
                if name:
                    self._lengths.setdefault(name, set()).add(other.value)

    def _compare(self, node: ast.Compare, names: Mapping[str, str]) -> None:
        name, other = self._option(node.left, names), node.comparators[0]
        if not isinstance(other, (ast.Constant, ast.List, ast.Tuple, ast.Name)):
            # Compared with what is known later only, such as another option: all may be well.
            self._free.update(filter(None, [name]))
        equals = len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)
        if name and equals and isinstance(other, ast.Constant) and isinstance(other.value, str):
            self._compared.setdefault(name, []).append(other.value)

    def _subscript(
        self, node: ast.Subscript, names: Mapping[str, str], local: Mapping[str, ast.expr]
    ) -> None:
        key, index = self._option(node.slice, names), node.slice
        if key and isinstance(node.value, (ast.Name, ast.Dict)):
            self._certain.setdefault(key, []).extend(_literals(node.value, local, keys=True))
        name = self._option(node.value, names)
        if name and isinstance(index, ast.Constant) and isinstance(index.value, int):
            self._shortest[name] = max(self._shortest.get(name, 0), index.value + 1)

    def _call(self, node: ast.Call, names: Mapping[str, str], depth: int) -> None:
        """Functions of the module that get an option, and questions for its type."""
        called = _named(node.func)
        if called in ("isinstance", "type") and node.args:
            name = self._option(node.args[0], names)
            if name:
                self._asked.add(name)
        function = self._functions.get(called or "")
        if function is None or not depth:
            return
        parameters = [a.arg for a in function.args.args]
        pairs = [*zip(parameters, node.args), *((k.arg, k.value) for k in node.keywords)]
        passed = {p: self._option(v, names) for p, v in pairs if p is not None}
        known = {parameter: name for parameter, name in passed.items() if name}
        if known:
            self._read(function, known, {**self._constants, **_assigned(function.body)}, depth - 1)


def _asks_for_none(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Is)
        and isinstance(test.comparators[0], ast.Constant)
    )


def _named(node: ast.AST) -> Optional[str]:
    return node.id if isinstance(node, ast.Name) else None


def _literals(node: ast.AST, local: Mapping[str, ast.expr], keys: bool = False) -> list[Any]:
    """The entries of a literal list, or the keys of a literal dictionary."""
    if isinstance(node, ast.Name):
        node = local.get(node.id, node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _literals(node.func.value, local) if node.func.attr == "keys" else []
    if isinstance(node, ast.Dict):
        node = ast.List(elts=[key for key in node.keys if key is not None], ctx=ast.Load())
    elif keys:
        return []
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return []
    simple = isinstance(value, (list, tuple, set)) and all(
        isinstance(v, (str, int, float, type(None))) for v in value
    )
    return list(value) if simple else []

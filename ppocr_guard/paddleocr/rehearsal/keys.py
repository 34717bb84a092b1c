"""Keys of the configuration that reach a class and are lost in its ``**kwargs``."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Optional

Path = tuple[Any, ...]


def ignored(cls: type, given: Iterable[str]) -> tuple[list[str], list[str]]:
    """(keys that ``cls(**given)`` swallows, keys that it knows). Where its ``**kwargs`` go
    somewhere that cannot be followed, nothing is called ignored."""
    known: set[str] = set()
    left = [str(key) for key in given]
    for owner in cls.__mro__:
        method = owner.__dict__.get("__init__")
        if method is None:
            continue
        if owner is object or not inspect.isfunction(method):
            return [], sorted(known)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
        known |= {p.name for p in parameters if p.kind in named}
        left = [key for key in left if key not in known]
        rest = [p.name for p in parameters if p.kind is inspect.Parameter.VAR_KEYWORD]
        if not rest or not left:
            return [], sorted(known)
        used = _uses(method, rest[0])
        if used is None:
            return [], sorted(known)
        read, handed_on = used
        known |= read
        left = [key for key in left if key not in read]
        if not handed_on:
            return left, sorted(known)
    return [], sorted(known)


def _uses(method: Any, name: str) -> Optional[tuple[set[str], bool]]:
    """(keys read out of ``**name``, whether it goes on to super().__init__); None: elsewhere."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(method)))
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    read: set[str] = set()
    handed_on = False
    seen = 0
    for node in ast.walk(tree):
        key = _key_read(node, name)
        if key is not None:
            read.add(key)
            seen += 1
        elif isinstance(node, ast.Call) and any(
            k.arg is None and _is_name(k.value, name) for k in node.keywords
        ):
            if not _is_super_init(node.func):
                return None
            handed_on = True
            seen += 1
    every = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))
    return (read, handed_on) if every == seen else None


def _key_read(node: ast.AST, name: str) -> Optional[str]:
    """Of ``kwargs["x"]``, ``kwargs.get("x", ...)``, ``kwargs.pop("x")``, ``"x" in kwargs``."""
    key: Optional[ast.AST] = None
    if isinstance(node, ast.Subscript) and _is_name(node.value, name):
        key = node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if _is_name(node.func.value, name) and node.func.attr in ("get", "pop", "setdefault"):
            key = node.args[0] if node.args else None
    elif (
        isinstance(node, ast.Compare)
        and len(node.ops) == 1
        and isinstance(node.ops[0], (ast.In, ast.NotIn))
        and _is_name(node.comparators[0], name)
    ):
        key = node.left
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_super_init(function: ast.AST) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr == "__init__"
        and isinstance(function.value, ast.Call)
        and _is_name(function.value.func, "super")
    )


def strings_read(module_name: str) -> frozenset[str]:
    """All texts in a module's source: what it may read out of a dictionary."""
    module = sys.modules.get(module_name)
    try:
        tree = ast.parse(inspect.getsource(module)) if module else None
    except (OSError, TypeError, SyntaxError):
        tree = None
    return frozenset(
        n.value
        for n in (ast.walk(tree) if tree else ())
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    )


def class_named(name: str, package: str) -> Optional[type]:
    """The class of that name in a loaded package; None where there is none, or several."""
    found = {
        id(cls): cls
        for module_name, module in list(sys.modules.items())
        if module is not None and (module_name + ".").startswith(package + ".")
        for cls in [module.__dict__.get(name)]
        if inspect.isclass(cls)
    }
    return next(iter(found.values())) if len(found) == 1 else None


Fact = tuple[Path, list[str], list[str], str]  # path, ignored keys, known keys, who gets them


def of_class(path: Path, options: Any, cls: Optional[type]) -> Iterator[Fact]:
    """``options`` written at ``path`` for ``cls``; "name" is for its builder."""
    if cls is None or not isinstance(options, Mapping):
        return
    given = [key for key, value in options.items() if key != "name" and value is not None]
    lost, known = ignored(cls, given)
    if lost:
        yield path, lost, known, cls.__name__


def of_operators(path: Path, entries: Any, operators: Iterable[Any]) -> Iterator[Fact]:
    """A ``transforms`` list as written, and the operators that were made of it, in order."""
    for index, (entry, operator) in enumerate(zip(entries, operators)):
        if isinstance(entry, Mapping) and len(entry) == 1:
            name, options = next(iter(entry.items()))
            yield from of_class((*path, index, name), options, type(operator))


def of_model(path: Path, options: Mapping[str, Any], model: Any) -> Iterator[Fact]:
    """``Architecture`` (or one of its ``Models``) as written, and the model made of it."""
    for part in ("Transform", "Backbone", "Neck", "Head"):
        layer = getattr(model, part.lower(), None)
        if layer is not None:
            yield from of_class((*path, part), options.get(part), type(layer))
    read = strings_read(type(model).__module__)
    models = options.get("Models")
    own = read | {"model_type", "algorithm", "name"}
    lost = [str(key) for key, value in options.items() if value is not None and key not in own]
    if read and lost and not isinstance(models, Mapping):
        known = sorted(word for word in read if word.isidentifier() and len(word) > 3)
        yield path, lost, known, type(model).__name__
    for name, written in models.items() if isinstance(models, Mapping) else ():
        inner = getattr(model, str(name), None)
        if inner is not None and isinstance(written, Mapping):
            plain = {k: v for k, v in written.items() if k not in ("pretrained", "freeze_params")}
            yield from of_model((*path, "Models", name), plain, inner)


def of_loss(path: Path, options: Mapping[str, Any], loss: Any) -> Iterator[Fact]:
    yield from of_class(path, options, type(loss))
    parts = options.get("loss_config_list")
    for index, entry in enumerate(parts if isinstance(parts, list) else []):
        if isinstance(entry, Mapping) and len(entry) == 1:
            name, inner = next(iter(entry.items()))
            where = (*path, "loss_config_list", index, name)
            taken = strings_read(type(loss).__module__)  # "weight": for the sum, not for the part
            rest = {k: v for k, v in inner.items() if k not in taken} if inner else {}
            yield from of_class(where, rest, class_named(str(name), "ppocr.losses"))


def of_optimizer(path: Path, options: Mapping[str, Any]) -> Iterator[Fact]:
    """What the builder takes out of ``Optimizer`` itself, and what is left for the classes."""
    package = "ppocr.optimizer"
    read = strings_read(package)
    rest = {key: value for key, value in options.items() if key not in read}
    yield from of_class(path, rest, class_named(str(options.get("name")), package))
    schedule = options.get("lr")
    if isinstance(schedule, Mapping):
        name = str(schedule.get("name", "Const"))
        cls = class_named(name, "ppocr.optimizer.learning_rate")
        yield from of_class((*path, "lr"), schedule, cls)

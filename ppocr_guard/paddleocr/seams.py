"""Which names of PaddleOCR the guard stands on, told from the source without running it."""

from __future__ import annotations

import ast

FIRST_GUARDED = (2, 6)  # releases; logs are read from 2.0 on
NEEDED = ("train", "eval", "save_model", "build_dataloader", "TrainingStats")
# Of `program.train`; all releases from 2.6 to 3.7 have them.
NEEDED_ARGUMENTS = ("config", "train_dataloader", "model", "optimizer", "eval_class", "logger")
# By the loop itself, in all of these. `train` is called from tools/train.py; a new loader is no
# longer built in 3.7.0.
CALLED = ("eval", "save_model", "TrainingStats")


def missing_seams(source: str) -> list[str]:
    """What ``tools/program.py`` lacks; empty for a PaddleOCR that can be guarded.

    Raises:
        SyntaxError, ValueError: ``source`` is no Python.
    """
    names: set[str] = set()
    arguments: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
            if isinstance(node, ast.FunctionDef) and node.name == "train":
                arguments |= {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    missing = [name for name in NEEDED if name not in names]
    if "train" not in missing:
        missing += [f"train({name}=)" for name in NEEDED_ARGUMENTS if name not in arguments]
    return missing


def uncalled_seams(source: str) -> list[str]:
    """Names that stand in ``tools/program.py`` and that nothing there calls: wrapped for nothing.

    Raises:
        SyntaxError, ValueError: ``source`` is no Python.
    """
    called = {
        node.func.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return [name for name in CALLED if name not in called]

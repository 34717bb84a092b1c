"""What ``check`` and ``fix`` are told on the command line, and the Context made of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Optional

from ppocr_guard.audit.context import Context
from ppocr_guard.command_line import last_of
from ppocr_guard.paddleocr.releases import Behaviour, ReleaseError, behaviour_of, recognise
from ppocr_guard.parsing import at_least_one
from ppocr_guard.wording import say
from ppocr_guard.yaml_source import YamlError, read_yaml

# What is wrong with these is said in one line, with exit code 2.
UNUSABLE = (YamlError, ReleaseError)


def add_inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("yaml", metavar="YAML", help=say("PaddleOCR training configuration"))
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--paddleocr", metavar="DIR", help=say("the PaddleOCR that will train"))
    which.add_argument("--release", metavar="X.Y.Z", help=say("its release, if it is not at hand"))
    parser.add_argument(
        "-o",
        "--opt",
        nargs="+",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=say("overrides, as tools/train.py takes them: of several -o the last one counts"),
    )
    parser.add_argument(
        "--cards", type=at_least_one, default=1, help=say("GPUs that train (default: 1)")
    )
    parser.add_argument(
        "--no-data", action="store_true", help=say("judge the YAML only; the data is not at hand")
    )


def open_context(args: argparse.Namespace) -> Context:
    """Read what the arguments name.

    Raises:
        YamlError, ReleaseError: with one line for the user.
    """
    overrides, lost = last_of(args.opt)
    source = read_yaml(args.yaml, overrides)
    tree = Path(args.paddleocr) if args.paddleocr else _tree_around(Path(args.yaml))
    behaviour: Optional[Behaviour] = None
    if args.release:
        behaviour = behaviour_of(args.release)
    elif args.paddleocr and not (Path(args.paddleocr) / "tools" / "train.py").is_file():
        recognise(args.paddleocr)  # says so if it is no PaddleOCR at all
        raise ReleaseError(
            say(
                "{folder}: there is no tools/train.py, so nothing can be trained with it; name a "
                "full clone, or --release",
                folder=args.paddleocr,
            )
        )
    elif tree is not None:
        behaviour = recognise(tree)
    bases = (Path(), tree) if tree is not None else (Path(),)
    return Context(source, behaviour, args.cards, bases, overrides, lost, tree=tree)


def _tree_around(config: Path) -> Optional[Path]:
    """The clone that the YAML lies in, or that the command runs in; None: neither."""
    for folder in (*config.resolve().parents, Path().resolve()):
        if all((folder / file).is_file() for file in ("tools/train.py", "ppocr/data/__init__.py")):
            return folder
    return None

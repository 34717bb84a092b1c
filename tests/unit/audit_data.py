"""A healthy configuration with data, for tests to break."""

from __future__ import annotations

import copy
import json
import struct
from pathlib import Path

import yaml

from ppocr_guard.audit import audit
from ppocr_guard.audit.context import Context
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.yaml_source import read_yaml

CONFIGS = Path(__file__).parent.parent / "data" / "configs"
HEALTHY = yaml.safe_load((CONFIGS / "db.yml").read_text(encoding="utf-8"))
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the faster one, where there is one
BOX = [[10, 10], [110, 10], [110, 40], [10, 40]]


def at(*path):
    """Setter of a value in the configuration: at("Global", "seed")(7) is a change."""

    def setter(value):
        def change(project):
            target = project.config
            for part in path[:-1]:
                target = target[part]
            target[path[-1]] = value

        return change

    return setter


def both(*changes):
    return lambda project: [change(project) for change in changes]


def text(points=BOX, transcription="word"):
    return {"transcription": transcription, "points": points}


def line(name, *texts, tab="\t"):
    return f"{name}{tab}{json.dumps(list(texts) or [text()])}"


def png(width=640, height=480):
    """The head of a PNG file: all that its size is read from."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)


class Project:
    """A folder with a configuration, label files and images, all healthy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "images").mkdir()
        self.config = copy.deepcopy(HEALTHY)
        images = [self.image(f"t{i}.png") for i in range(20)]
        self.write("train.txt", [line(name) for name in images * 20])  # 400 lines
        self.write("eval.txt", [line(self.image(f"e{i}.png")) for i in range(20)])
        for transform in self.transforms("Train"):
            for parameters in transform.values():
                (parameters or {}).pop("total_epoch", None)

    def image(self, name: str, width=640, height=480) -> str:
        (self.folder / "images" / name).write_bytes(png(width, height))
        return name

    def write(self, name: str, lines) -> None:
        (self.folder / name).write_text("".join(f"{item}\n" for item in lines), encoding="utf-8")

    def transforms(self, mode: str):
        return self.config[mode]["dataset"]["transforms"]

    def options(self, name: str, mode: str = "Train"):
        return next(t[name] for t in self.transforms(mode) if name in t)

    def context(self, release="2.10.0", overrides=(), **more) -> Context:
        path = self.folder / "my.yml"
        path.write_text(yaml.dump(self.config, Dumper=DUMPER, sort_keys=False), encoding="utf-8")
        behaviour = behaviour_of(release) if release else None
        source = read_yaml(path, overrides)
        return Context(source, behaviour, bases=(self.folder,), **more)

    def problems(self, release="2.10.0", **more):
        return audit(self.context(release, **more))

    def codes(self, release="2.10.0", **more):
        return {problem.code for problem in self.problems(release, **more)}

"""What rules ask about: the configuration, the PaddleOCR it is for, and the files it names."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from ppocr_guard.audit import lmdb_texts
from ppocr_guard.audit.labels import LabelFile, read_label_file
from ppocr_guard.audit.texts import TextLine, read_texts
from ppocr_guard.paddleocr import multi_scale
from ppocr_guard.paddleocr.releases import Behaviour
from ppocr_guard.paddleocr.schedule import MULTI_SCALE_DATASETS, SIMPLE_DATASETS
from ppocr_guard.paddleocr.vocabulary import Vocabulary, vocabulary
from ppocr_guard.yaml_source import YamlPath, YamlSource

# Data sets that read label files line by line: image, delimiter, label.
LABELLED = SIMPLE_DATASETS | MULTI_SCALE_DATASETS | {"PGDataSet"}


class Transform(NamedTuple):
    """One entry of a ``transforms`` list."""

    position: int
    name: str
    parameters: Mapping[str, Any]
    path: YamlPath


@dataclass
class Context:
    """One configuration under audit. Label files are read once, when first asked for."""

    source: YamlSource
    behaviour: Optional[Behaviour] = None  # None: the release is not known
    cards: int = 1
    bases: tuple[Path, ...] = (Path(),)  # folders to which relative paths may refer
    overrides: tuple[str, ...] = ()  # -o of the command line; applied in source already
    lost: tuple[str, ...] = ()  # of each -o of the command line but the last
    import_hooks: bool = False  # True: hooks that the Guard: section names are imported
    parse_labels: bool = True  # False: label files are counted, not parsed
    tree: Optional[Path] = None  # the PaddleOCR that will train, if it is at hand
    _labels: dict[str, list[LabelFile]] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)  # what rules found out for one another
    planned: dict[Path, str] = field(default_factory=dict)  # files that a fix will write
    _texts: dict[Path, list[TextLine]] = field(default_factory=dict)
    _words: Optional[Vocabulary] = None

    @property
    def config(self) -> Mapping[str, Any]:
        return self.source.config

    @property
    def words(self) -> Vocabulary:
        """The classes that this PaddleOCR has, read once, when first asked for."""
        if self._words is None:
            release = self.behaviour.release if self.behaviour is not None else None
            self._words = vocabulary(release, self.tree)
        return self._words

    def get(self, *path: Any, default: Any = None) -> Any:
        """The value at a path, or ``default`` where there is none (or it is null)."""
        value: Any = self.config
        for part in path:
            if isinstance(value, Mapping):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return default
        return default if value is None else value

    def number(self, *path: Any) -> Optional[float]:
        """The value at a path if it is a number."""
        value = self.get(*path)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def resolve(self, path: str) -> Path:
        """The file or folder that a path in the YAML means."""
        for base in self.bases:
            if os.path.exists(base / path):  # a name that is too long is no error
                return base / path
        return self.bases[0] / path

    def transforms(self, mode: str) -> Iterator[Transform]:
        """Entries of a mode's ``transforms`` that are what PaddleOCR expects: {name: options}."""
        entries = self.get(mode, "dataset", "transforms", default=[])
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, Mapping) and len(entry) == 1:
                name, parameters = next(iter(entry.items()))
                path = (mode, "dataset", "transforms", index, name)
                parameters = parameters if isinstance(parameters, Mapping) else {}
                yield Transform(index, str(name), parameters, path)

    def transform(self, mode: str, name: str) -> Optional[Transform]:
        return next((t for t in self.transforms(mode) if t.name == name), None)

    @property
    def is_db(self) -> bool:
        """Whether the model is trained on shrink maps (DB, DB++, and distillations of it).

        Most of its parts say so: one misspelt operator does not change it.
        """
        from ppocr_guard.audit.pipelines import candidates  # which reads a Context itself

        found = candidates(self)
        if found:
            return all(one.is_db for one in found)
        return {"MakeShrinkMap", "MakeBorderMap"} <= {t.name for t in self.transforms("Train")}

    def dataset(self, mode: str) -> str:
        return str(self.get(mode, "dataset", "name", default=""))

    def data_dir(self, mode: str) -> Path:
        """The folder that the images' names in a mode's label files start from."""
        return self.resolve(str(self.get(mode, "dataset", "data_dir", default="")))

    def label_paths(self, mode: str) -> list[str]:
        """``label_file_list`` as PaddleOCR reads it: a lone path counts as a list of one."""
        paths = self.get(mode, "dataset", "label_file_list", default=[])
        paths = [paths] if isinstance(paths, str) else paths
        return [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []

    def ratios(self, mode: str) -> list[float]:
        ratios = self.get(mode, "dataset", "ratio_list", default=1.0)
        paths = self.label_paths(mode)
        ratios = ratios if isinstance(ratios, list) else [ratios] * len(paths)
        usable = [r for r in ratios if isinstance(r, (int, float))]
        return usable if len(usable) == len(paths) else [1.0] * len(paths)

    def labels(self, mode: str) -> list[LabelFile]:
        """The label files of a mode, read; empty for data sets that have none."""
        if self.dataset(mode) not in LABELLED:
            return []
        if mode not in self._labels:
            detection = self.transform(mode, "DetLabelEncode") is not None
            delimiter = str(self.get(mode, "dataset", "delimiter", default="\t"))
            self._labels[mode] = [
                read_label_file(
                    self.resolve(path),
                    delimiter=delimiter,
                    detection=detection and self.parse_labels,
                )
                for path in self.label_paths(mode)
            ]
        return self._labels[mode]

    def label_files(self) -> Iterator[tuple[str, YamlPath, LabelFile]]:
        """The label files of both modes that can be read: (mode, where it is named, file)."""
        for mode in ("Train", "Eval"):
            for index, file in enumerate(self.labels(mode)):
                if not file.error:
                    yield mode, (mode, "dataset", "label_file_list", index), file

    def texts(self, mode: str) -> list[tuple[Path, list[TextLine]]]:
        """The label files (or folders of LMDB) of a mode with their lines, taken for labels of
        text recognition."""
        if self.dataset(mode) == lmdb_texts.NAME:
            return [(one.folder, lines) for one, lines in lmdb_texts.sets(self, mode)]
        if self.dataset(mode) not in LABELLED:
            return []
        delimiter = str(self.get(mode, "dataset", "delimiter", default="\t"))
        paths = [self.resolve(path) for path in self.label_paths(mode)]
        for path in paths:
            if path not in self._texts:
                self._texts[path] = read_texts(path, delimiter)
        return [(path, self._texts[path]) for path in paths]

    def images(self, mode: str) -> Optional[int]:
        """Images an epoch sees, ``ratio_list`` applied; None: not known here."""
        if self.dataset(mode) == lmdb_texts.NAME:
            # What is read is seen whole: LMDBDataSet takes no ratio_list.
            return sum(one.samples for one, _ in lmdb_texts.sets(self, mode)) or None
        files = self.labels(mode)
        if not files or any(file.error for file in files):
            return None
        return sum(round(file.lines * r) for file, r in zip(files, self.ratios(mode)))

    def steps_per_epoch(self) -> Optional[int]:
        """Steps of one epoch on each card; None: not known here."""
        images, batch = self.images("Train"), self.number("Train", "loader", "batch_size_per_card")
        sampler = self.get("Train", "sampler")
        if images is not None and isinstance(sampler, Mapping):
            known = sampler.get("name") == multi_scale.NAME
            return multi_scale.steps_per_epoch(sampler, images, self.cards) if known else None
        if images is None or not batch or batch < 1 or sampler:
            return None
        per_card = math.ceil(images / self.cards)
        drop = bool(self.get("Train", "loader", "drop_last"))
        return int(per_card // batch if drop else math.ceil(per_card / batch))

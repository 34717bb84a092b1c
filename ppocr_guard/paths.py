"""Where the guard writes: one folder inside PaddleOCR's ``Global.save_model_dir``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote


def guard_dir(save_model_dir: str) -> Path:
    """Folder of the guard's own files of a run (not created here)."""
    return Path(save_model_dir) / "ppocr_guard"


def journal_path(save_model_dir: str) -> Path:
    """The journal: one JSON record a line, appended over all launches of the run."""
    return guard_dir(save_model_dir) / "journal.jsonl"


def best_dir(save_model_dir: str) -> Path:
    """A copy of the best checkpoint that was seen, which PaddleOCR does not overwrite."""
    return guard_dir(save_model_dir) / "best"


def samples_dir(save_model_dir: str) -> Path:
    """Pictures of a validation sample: of the best evaluation and of the last."""
    return guard_dir(save_model_dir) / "samples"


def told_path(save_model_dir: str) -> Path:
    """What was announced of the conditions that are open, over all launches of the run."""
    return guard_dir(save_model_dir) / "announced.json"


def page_of(run: str, url: str) -> str:
    """``url`` with the name of the run where it says ``{run}``."""
    return url.replace("{run}", quote(run, safe=""))


def find_journal(directory: Path) -> Path | None:
    """The journal of a run, given its save_model_dir, its guard folder, or the file itself."""
    for path in (directory, directory / "journal.jsonl", journal_path(str(directory))):
        if path.is_file() and path.suffix == ".jsonl":
            return path
    return None

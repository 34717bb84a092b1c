"""Faults of disks and files."""

from __future__ import annotations

import json
import os
import shutil

from benchmarks.faults.fault import NO_JOURNAL, PART, Action, Fault, Place


def _state(text: str) -> Action:
    def write(place: Place) -> None:
        (place.folder / "latest.guard.json").write_text(text, "utf-8")

    return write


def _wrong_types(place: Place) -> None:
    path = place.folder / "latest.guard.json"
    saved = json.loads(path.read_text("utf-8"))
    saved["progress"] = {"evaluations": "many", "best": []}
    path.write_text(json.dumps(saved), "utf-8")


def _one_hooks_state(place: Place) -> None:
    path = place.folder / "latest.guard.json"
    saved = json.loads(path.read_text("utf-8"))
    saved["hooks"]["HmeanTrend"] = {"collapse": ["no", "mapping"]}
    path.write_text(json.dumps(saved), "utf-8")


def _folder_is_a_file(place: Place) -> None:
    place.folder.mkdir(parents=True)
    place.guard.write_text("not a folder", "utf-8")


def _dangling(place: Place) -> None:
    place.folder.mkdir(parents=True)
    place.guard.symlink_to(place.folder / "unmounted" / "share")


def _journal_is_a_folder(place: Place) -> None:
    place.journal.mkdir(parents=True)


def _disk_full(place: Place) -> None:
    place.guard.mkdir(parents=True)
    place.journal.symlink_to("/dev/full")


def _pipe(place: Place) -> None:
    place.guard.mkdir(parents=True)
    os.mkfifo(place.journal)


def _garbage(place: Place) -> None:
    whole = place.journal.read_bytes()
    place.journal.write_bytes(b'\x00\xff{"event": "eval", \n[[[[\n{}\n' + whole + b'{"event": "st')


def _best_cannot_be_kept(place: Place) -> None:
    place.guard.mkdir(parents=True)
    (place.guard / "best.new").write_text("a file where a folder is to be", "utf-8")


def _visualdl_is_a_file(place: Place) -> None:
    place.guard.mkdir(parents=True)
    (place.guard / "vdl").write_text("not a folder", "utf-8")


def _target_is_a_folder(place: Place) -> None:
    (place.folder / "target.json").mkdir(parents=True)


def _remove_guard_folder(place: Place) -> None:
    shutil.rmtree(place.guard)


def _remove_journal(place: Place) -> None:
    place.journal.unlink()


def _truncate_journal(place: Place) -> None:
    with open(place.journal, "r+b") as file:
        file.truncate(100)


FILES = [
    Fault("folder-is-a-file", "a file stands where the guard's folder is to be",
          "Journal: cannot write", lost=NO_JOURNAL, before=_folder_is_a_file),
    Fault("dangling-link", "the guard's folder is a link to a share that is not mounted",
          "Journal: cannot write", lost=NO_JOURNAL, before=_dangling),
    Fault("journal-is-a-folder", "a folder stands where the journal is to be",
          "Journal: cannot write", lost=NO_JOURNAL, before=_journal_is_a_folder),
    Fault("disk-full", "the disk of the journal is full",
          "Journal: .*not complete", lost=NO_JOURNAL, before=_disk_full),
    Fault("journal-blocks", "the journal is a pipe that nobody reads", before=_pipe,
          lost=NO_JOURNAL, says="Journal: cannot write .*it is a pipe"),
    Fault("journal-deleted", "the journal is deleted in mid-run",
          "Journal: .* was deleted", lost=PART, during=_remove_journal),
    Fault("folder-deleted", "the guard's folder is deleted in mid-run",
          "Journal: .* was deleted", lost=PART, during=_remove_guard_folder),
    Fault("journal-cut", "the journal is cut to 100 bytes in mid-run",
          lost=PART, during=_truncate_journal, says="Journal: .* was cut"),
    Fault("journal-garbage", "the journal of the first launch holds garbage and half a line",
          before=_garbage, resumes=True),
    Fault("state-garbage", "the saved state is no JSON", "the guard starts anew with this run",
          before=_state("\x00 not json"), resumes=True),
    Fault("state-empty", "the saved state is empty, as after a power cut",
          "the guard starts anew with this run", before=_state(""), resumes=True),
    Fault("state-types", "the saved state has the right keys and wrong types",
          r"progress\.evaluations.*the guard starts anew", before=_wrong_types, resumes=True),
    Fault("state-deep", "the saved state is 100 000 lists deep",
          "the guard starts anew with this run", before=_state("[" * 100_000), resumes=True),
    Fault("state-of-a-hook", "the saved state of one hook does not fit it",
          "hook HmeanTrend starts anew: its saved state does not fit", before=_one_hooks_state,
          resumes=True),
    Fault("state-missing", "the saved state was deleted",
          "the guard starts anew with this run",
          before=lambda place: (place.folder / "latest.guard.json").unlink(), resumes=True),
    Fault("announced-garbage", "the file of what was announced is no JSON", resumes=True,
          before=lambda place: (place.guard / "announced.json").write_text("{[", "utf-8")),
    Fault("best-not-kept", "the best checkpoint cannot be copied",
          "the best checkpoint could not be kept", before=_best_cannot_be_kept,
          hooks="{HmeanTrend: null}, {Journal: null}, "
          "{benchmarks.faults.hooks.PlayedMetric: {values: [0.5, 0.6]}}"),
    Fault("visualdl-is-a-file", "a file stands where VisualDL's folder is to be",
          "VisualDL: cannot write", before=_visualdl_is_a_file,
          hooks="{HmeanTrend: null}, {Journal: null}, {VisualDL: null}"),
    Fault("target-is-a-folder", "Prometheus' target file cannot be written",
          "Prometheus: .*target", before=_target_is_a_folder,
          hooks="{HmeanTrend: null}, {Journal: null}, {Prometheus: {target_file: TARGET}}"),
]  # fmt: skip

"""ppocr-guard doctor: each thing looked at, and the exit code."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from ppocr_guard.cli import main
from ppocr_guard.doctor import imports, look
from ppocr_guard.doctor.command import lines
from ppocr_guard.doctor.imports import ask_imports
from ppocr_guard.doctor.look import BROKEN, FINE, WEAK, Answer
from ppocr_guard.paddleocr.releases import behaviour_of
from ppocr_guard.paddleocr.seams import missing_seams

PROGRAM = """
from ppocr.utils.stats import TrainingStats
from ppocr.utils.save_load import save_model
from ppocr.data import build_dataloader

def train(config, train_dataloader, valid_dataloader, device, model, loss_class, optimizer,
          lr_scheduler, post_process_class, eval_class, pre_best_model_dict, logger): ...

def eval(model, valid_dataloader, post_process_class, eval_class): ...
"""
PADDLE = {"version": "3.3.1", "gpu": False, "devices": []}


def test_seams_are_read_from_the_source() -> None:
    assert missing_seams(PROGRAM) == []
    renamed = PROGRAM.replace("def train(", "def fit(")
    assert missing_seams(renamed) == ["train"]
    assert missing_seams(PROGRAM.replace("eval_class, pre_best", "pre_best")) == [
        "train(eval_class=)"
    ]


@pytest.mark.parametrize(
    ("packages", "name", "state"),
    [
        ({"numpy": "2.4.1"}, "numpy", BROKEN),
        ({"numpy": "2.0.0", "imgaug": "0.4.0"}, "imgaug", WEAK),
        ({"numpy": "1.26.4", "albumentations": "2.0.8"}, "albumentations", WEAK),
        ({"numpy": "1.26.4"}, "features", WEAK),
    ],
)
def test_packages_that_paddleocr_fails_with_are_named(packages, name, state) -> None:
    answer = next(a for a in look.packages(packages) if a.name == name)
    assert answer.state == state
    assert packages.get(name, "") in answer.text


def test_packages_that_work_together_are_fine() -> None:
    good = {"numpy": "1.26.4", "imgaug": "0.4.0", "albumentations": "1.4.10", "visualdl": "2.5.3"}
    answers = list(look.packages({**good, "psutil": "7.0"}))
    assert [a.state for a in answers] == [FINE]


def test_a_paddle_that_is_missing_broken_or_blind() -> None:
    missing = look.paddle({"error": "ModuleNotFoundError: No module named 'paddle'"})
    assert (missing.state, missing.text) == (BROKEN, "not installed")
    broken = look.paddle({"error": "ImportError: libcublas.so"})
    assert broken.text == "does not import: ImportError: libcublas.so"
    assert look.paddle({**PADDLE, "gpu": True}).state == WEAK
    assert look.paddle(PADDLE).text == "3.3.1, CPU only"


def test_a_package_that_paddle_needs_and_does_not_bring_is_the_way_out() -> None:
    answer = look.paddle({"error": "ModuleNotFoundError: No module named 'setuptools'"})
    assert answer.text == "does not import: ModuleNotFoundError: No module named 'setuptools'"
    assert answer.way_out.startswith("pip install setuptools:")
    half = look.paddle({"error": "ModuleNotFoundError: No module named 'paddle.base'"})
    assert half.way_out.startswith("pip install paddlepaddle")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch) -> Path:
    """A PaddleOCR whose ppocr.data imports imgaug, and a package of that name that fails as the
    real one does under numpy 2."""
    for name in ("data", "losses", "optimizer", "postprocess", "metrics", "modeling/architectures"):
        (tmp_path / "ppocr" / name).mkdir(parents=True)
    (tmp_path / "ppocr" / "data" / "__init__.py").write_text("import imgaug\n")
    (tmp_path / "ppocr" / "data" / "simple_dataset.py").write_text("class SimpleDataSet: ...\n")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "program.py").write_text(PROGRAM.replace("from ppocr", "# from ppocr"))
    (tmp_path / "tools" / "train.py").write_text("import tools.program\n")
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "imgaug.py").write_text("raise AttributeError('np.sctypes')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    return tmp_path


def test_what_paddleocr_cannot_import_is_told_with_the_package(tree: Path, monkeypatch) -> None:
    # The child takes what lies in this Python's site-packages for installed.
    here = imports._ASK.replace('sysconfig.get_path("purelib")', repr(str(tree / "installed")))
    monkeypatch.setattr(imports, "_ASK", here)
    found = ask_imports(tree)
    assert found == {"error": "AttributeError: np.sctypes", "missing": None,
                     "package": "imgaug", "inside": "imgaug"}  # fmt: skip
    answer = look.imports(found)
    assert answer.state == BROKEN
    assert answer.text == "PaddleOCR does not import: imgaug fails (AttributeError: np.sctypes)"
    assert "numpy<2" in answer.way_out
    (tree / "installed" / "imgaug.py").write_text("")
    assert look.imports(ask_imports(tree)).state == FINE
    (tree / "tools" / "train.py").write_text("from ppocr.data import set_signal_handlers\n")
    assert "(in its own code)" in look.imports(ask_imports(tree)).text  # a tree mixed from two
    (tree / "tools" / "train.py").write_text("")
    (tree / "installed" / "imgaug.py").write_text("import lmdb_of_no_one\n")
    assert look.imports(ask_imports(tree)).way_out == "pip install lmdb_of_no_one"


def test_a_package_that_wants_a_newer_numpy_is_named_with_the_one_that_imports_it() -> None:
    answer = look.imports({"error": "AttributeError: module 'numpy' has no attribute 'long'",
                           "missing": None, "package": "skimage", "inside": "scipy"})  # fmt: skip
    assert "scikit-image/scipy fails (AttributeError" in answer.text
    assert answer.way_out.endswith("pip install --upgrade 'numpy<2.4'")


def test_a_half_clone_and_a_fault_of_its_own_code() -> None:
    half = {"error": "ModuleNotFoundError: No module named 'ppocr.metrics'",
            "missing": "ppocr.metrics", "package": ""}  # fmt: skip
    assert look.imports(half).way_out == "take a whole clone"
    own = look.imports({"error": "SyntaxError: invalid syntax", "missing": None, "package": ""})
    assert (own.state, own.way_out) == (BROKEN, "")
    assert own.text.endswith("(in its own code)")


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("2.6", "knows no total_epoch"),
        ("2.7.0", "only if a ratio_list entry"),
        ("2.8.1", "from the seed (issue 13669)"),
        ("2.10.0", "has no effect"),
        ("3.7.0", "rises with the epoch"),
    ],
)
def test_what_total_epoch_does(release, words) -> None:
    assert words in look.ratio_in_words(behaviour_of(release))


@pytest.mark.parametrize(
    ("release", "state"),
    [
        *[(f"2.7.{patch}", WEAK if patch in (1, 4, 5) else FINE) for patch in range(6)],
        *[("2.6", FINE), ("2.8.0", WEAK), ("2.8.1", WEAK), ("2.9.0", FINE), ("3.7.0", FINE)],
    ],
)
def test_a_release_with_the_bug_gets_a_note_and_no_failure(release, state) -> None:
    answer = look.shrink_ratio(behaviour_of(release))
    assert answer.state == state
    assert ("ppocr-guard check YAML" in answer.way_out) == (state == WEAK)
    screen = lines([answer])
    assert screen[-1].startswith("A guarded training can run.")


def test_a_port_that_is_taken_is_no_problem() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = look.port(server.getsockname()[1])
    assert answer.state == FINE
    assert "is taken" in answer.text


def test_the_screen_ends_with_the_answer() -> None:
    answers = [Answer("a", FINE, "well"), Answer("bb", BROKEN, "not well", "do this")]
    screen = lines(answers)
    assert screen[1:] == [
        "  ok  a   well",
        "FAIL  bb  not well",
        "          -> do this",
        "A guarded training cannot run: bb.",
    ]


def test_no_paddleocr_there_is_a_problem(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(look, "ask_paddle", lambda: PADDLE)
    assert main(["doctor", "--paddleocr", str(tmp_path), "--json"]) == 1
    answers = {a["name"]: a for a in json.loads(capsys.readouterr().out)["answers"]}
    assert answers["PaddleOCR"]["state"] == BROKEN
    assert str(tmp_path) in answers["PaddleOCR"]["text"]


def test_paddle_is_asked_in_a_child(monkeypatch) -> None:
    monkeypatch.setattr(look, "_ASK", "raise ImportError('libcudnn.so.8')")
    assert look.ask_paddle() == {"error": "ImportError: libcudnn.so.8"}

"""The rehearsal's side in the user's Python, as far as it needs neither paddle nor PaddleOCR."""

from __future__ import annotations

import importlib
import io
import json
import signal
import subprocess
import sys
import time

import pytest

from ppocr_guard.paddleocr.rehearsal import compiled, keys, sampling
from ppocr_guard.paddleocr.rehearsal.channel import Channel
from ppocr_guard.paddleocr.rehearsal.loaders import FirstBatches
from ppocr_guard.paddleocr.rehearsal.weights import Loading, NotFetchedError, compare


class Base:
    def __init__(self, width=1, **kwargs):
        self.width = width


class Swallows:
    def __init__(self, alpha=5, beta=10, **kwargs):
        self.alpha = alpha


class Reads:
    def __init__(self, alpha=5, **kwargs):
        self.total = kwargs.get("total", 1)
        if "epoch" in kwargs:
            self.epoch = kwargs["epoch"]


class HandsOn(Base):
    def __init__(self, alpha=5, **kwargs):
        super().__init__(**kwargs)


class Keeps:
    def __init__(self, **kwargs):
        self.options = kwargs


class Strict:
    def __init__(self, alpha):
        self.alpha = alpha


@pytest.mark.parametrize(
    ("cls", "lost"),
    [
        (Swallows, ["alpa", "total", "width"]),
        (Reads, ["alpa", "width"]),
        (HandsOn, ["alpa", "total"]),
        (Keeps, []),  # what becomes of them cannot be told
        (Strict, []),  # it raises by itself
    ],
)
def test_what_only_kwargs_swallow_is_ignored(cls, lost):
    assert keys.ignored(cls, ["alpha", "alpa", "total", "width"])[0] == lost


def test_the_known_keys_are_those_of_all_that_get_them():
    assert keys.ignored(HandsOn, ["x"]) == (["x"], ["alpha", "width"])
    assert keys.ignored(Reads, ["x"]) == (["x"], ["alpha", "epoch", "total"])


def test_operators_are_judged_by_their_own_options():
    entries = [{"Swallows": {"alpa": 1}}, {"Strict": None}]
    (fact,) = keys.of_operators(("Train",), entries, [Swallows(), Strict(1)])
    assert fact == (("Train", 0, "Swallows"), ["alpa"], ["alpha", "beta"], "Swallows")


MODEL = {"backbone.a": (4, 3), "backbone.b": (4,), "head.c": (2, 4)}


def test_weights_are_compared_tensor_by_tensor():
    file = {"backbone.a": (8, 3), "backbone.b": (4,), "other": (1,)}
    found = compare(MODEL, file)
    assert (found["fit"], found["other_shape"], found["absent"], found["unused"]) == (1, 1, 1, 1)
    assert found["parts"]["head"] == {"fit": 0, "other_shape": 0, "absent": 1}
    assert found["examples"] == [{"name": "backbone.a", "model": [4, 3], "file": [8, 3]}]


def test_a_prefix_too_much_or_too_little_is_named():
    assert compare(MODEL, {f"Student.{k}": v for k, v in MODEL.items()})["prefix"] == "Student."
    assert compare(MODEL, {"a": (4, 3), "b": (4,)})["prefix"] == "-backbone."


class Data:
    """As PaddleOCR's SimpleDataSet: tries another sample when one fails."""

    def __init__(self, *operators):
        self.ops = list(operators)
        self.logger = None
        self.data_lines = [b"a.png\t[]\n", b"b.png\t[]\n", b"c.png\t[]\n"]
        self.data_idx_order_list = [0, 1, 2]

    def __len__(self):
        return 3

    def __getitem__(self, index):
        try:
            data = {"index": index}
            for operator in self.ops:
                data = operator(data)
                if data is None:
                    break
        except:  # noqa: E722 - as PaddleOCR has it
            self.logger.error("When parsing line x, error happened with msg: ...")
            data = None
        return self.__getitem__((index + 1) % 3) if data is None else data


class Fails:
    def __call__(self, data):
        return data["polys"]


class Gives:
    ext_data_num = 2

    def __call__(self, data):
        return None if data["index"] == 1 else data


class Hangs:
    def __call__(self, data):
        while data["index"] == 2:
            time.sleep(0.01)
        return data


def take(*operators):
    stream = io.StringIO()
    data = Data(*operators)
    found = sampling.take(data, [0, 1, 2], "Train", Channel(stream), seconds=60)
    assert data.ops == list(operators)  # put back
    assert "__getitem__" not in vars(data)
    facts = [json.loads(line) for line in stream.getvalue().splitlines()]
    return found, facts[-1], facts


def test_an_operator_that_raises_is_named_for_each_sample():
    found, fact, _ = take(Gives(), Fails())
    assert (found.samples, fact["failed"], fact["tried"]) == ([], 3, 3)
    assert [f["operator"] for f in fact["failures"]] == ["Fails", "Gives", "Fails"]
    assert fact["failures"][0]["what"] == "KeyError: 'polys'"
    assert fact["failures"][1]["what"] == "none"
    assert fact["failures"][0]["line"] == "a.png\t[]\n"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs SIGALRM")
def test_a_sample_that_hangs_ends(monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE_SECONDS", 0.2)
    found, fact, facts = take(Hangs())
    assert len(found.samples) == 2
    assert fact["failures"][0]["what"] == "timeout"
    assert [f for f in facts if f.get("operator") == "Hangs"]


def test_operators_keep_their_attributes():
    with sampling._watched(Data(Gives()), lambda _: None):
        pass
    watched = sampling.Watched(Gives(), 0, sampling.Watch(lambda _: None))
    assert watched.ext_data_num == 2
    assert not hasattr(watched, "epoch")


def test_the_first_batch_is_small_and_the_others_too_where_time_is_short():
    batches = [[list(range(8)), list(range(8))] for _ in range(5)]
    seen: list[int] = []

    def sizes(step_seconds: float) -> list[int]:
        seen.clear()
        loader = FirstBatches(
            batches,
            3,
            40.0,
            lambda: None,
            lambda _batch, images, _of, _wait: seen.append(images),
            lambda _number: step_seconds,
            lambda: False,
        )
        assert len(loader) == 3
        assert [len(batch[1]) for batch in loader] == seen
        return list(seen)

    assert sizes(1.0) == [2, 8, 8]
    assert sizes(5.0) == [2, 2, 2]


def test_a_rehearsal_ends_with_the_process_that_started_it(tmp_path):
    temporary = tmp_path / "ppocr_guard-1"
    (temporary / "output").mkdir(parents=True)
    code = (
        "import os, subprocess, sys, threading, time\n"
        "from ppocr_guard.paddleocr.rehearsal.child import end_with_parent\n"
        "threading.Thread(target=end_with_parent, args=sys.argv[1:], daemon=True).start()\n"
        "worker = subprocess.Popen(['sleep', '60'], stdin=subprocess.DEVNULL)\n"
        "print(worker.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(temporary)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline()  # the worker runs
    assert child.poll() is None
    child.stdin.close()  # what a killed parent leaves
    assert child.wait(20) == -signal.SIGKILL
    assert child.stdout.read() == b""  # the worker had it too
    assert not temporary.exists()


COMPILES = """\
import os, subprocess, sys
before = os.getcwd()
os.chdir("made_for_test/postprocess/pse")
if subprocess.call([sys.executable, "setup.py"]) != 0:
    raise RuntimeError("Cannot compile pse: " + os.path.dirname(os.path.realpath(__file__)))
os.chdir(before)
from .pse import area
"""


@pytest.fixture
def compiling(tmp_path, monkeypatch):
    """A tree with a package that makes a module beside itself when it is imported, as PSE does."""
    package = tmp_path / "tree" / "made_for_test" / "postprocess" / "pse"
    package.mkdir(parents=True)
    for folder in (package.parent.parent, package.parent):
        (folder / "__init__.py").touch()
    (package / "__init__.py").write_text(COMPILES, encoding="utf-8")
    (package / "setup.py").write_text("open('pse.py', 'w').write('area = 7')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path / "tree"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield package
    for name in [name for name in sys.modules if name.startswith("made_for_test")]:
        del sys.modules[name]


def test_what_compiles_itself_does_so_in_a_copy(compiling, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "tree")
    compiled.install(str(tmp_path / "tree"), str(tmp_path / "copies"))
    assert importlib.import_module("made_for_test.postprocess.pse").area == 7
    assert sorted(path.name for path in compiling.iterdir()) == ["__init__.py", "setup.py"]
    assert sys.modules["made_for_test.postprocess"].__file__.startswith(str(tmp_path / "tree"))


def test_what_a_training_would_not_find_is_not_found(compiling, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # PSE names its folder from that of the clone
    compiled.install(str(tmp_path / "tree"), str(tmp_path / "copies"))
    with pytest.raises(FileNotFoundError):
        importlib.import_module("made_for_test.postprocess.pse")


def test_weights_that_would_be_downloaded_are_told_and_the_rest_is_rehearsed():
    facts = []

    class Module:
        @staticmethod
        def load_pretrained_params(model, path):
            raise NotFetchedError(path)

        @staticmethod
        def load_model(config, model):
            raise NotFetchedError("https://a.b/else")

    paddle = type("paddle", (), {"load": staticmethod(dict)})
    Loading(lambda fact, **values: facts.append((fact, values))).install(Module, paddle)
    assert Module.load_pretrained_params(object(), "https://a.b/c.pdparams") is False
    assert facts == [("weights_not_fetched", {"url": "https://a.b/c.pdparams"})]
    with pytest.raises(NotFetchedError, match=r"does not download https://a\.b/else"):
        Module.load_model({}, object())

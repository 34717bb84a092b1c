"""The picture of a validation sample: what it shows, when it is made, and where it goes."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional

import cv2
import numpy as np
import pytest

from ppocr_guard.events import EvalSample, EvalTexts, RunStart
from ppocr_guard.guard import Guard
from ppocr_guard.hook import Hook
from ppocr_guard.hooks.journal import Journal
from ppocr_guard.hooks.visualdl import FILE_NAME, VisualDL
from ppocr_guard.logs.journal import read_journal
from ppocr_guard.paddleocr.loop import Loop
from ppocr_guard.paddleocr.ratios import RatioReader
from ppocr_guard.paddleocr.releases import Behaviour
from ppocr_guard.paddleocr.rescoring import record_predictions
from ppocr_guard.paddleocr.samples import (
    MAX_SIDE,
    Normalisation,
    Sample,
    SampleDrawer,
    picture,
)
from ppocr_guard.paddleocr.session import Session
from ppocr_guard.paddleocr.texts import Pair, Texts
from ppocr_guard.records import from_record, to_record

NORMAL = Normalisation()
SOURCE = (200, 120, 40)  # BGR
TRANSFORMS: list[dict[str, Any]] = [
    {"DecodeImage": {"img_mode": "BGR"}},
    {"DetLabelEncode": None},
    {"NormalizeImage": {"scale": "1./255.", "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}},
]


def config(transforms: list[dict[str, Any]] = TRANSFORMS) -> dict[str, Any]:
    return {"Eval": {"dataset": {"transforms": transforms}}, "Global": {"save_model_dir": "out"}}


def box(x: int, y: int, width: int, height: int) -> np.ndarray:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


def normalised(bgr: np.ndarray, how: Normalisation) -> np.ndarray:
    """H x W x 3, BGR, 0..255 -> 3 x H x W, as NormalizeImage and ToCHWImage leave it."""
    pixels = bgr[..., ::-1] if how.rgb else bgr
    scaled = (pixels * how.scale - np.array(how.mean)) / np.array(how.std)
    return scaled.transpose(2, 0, 1).astype(np.float32)


def sample(height: int = 64, width: int = 96, how: Normalisation = NORMAL) -> Sample:
    """The original is twice as large as what the network sees."""
    probability = np.zeros((height, width), np.float32)
    probability[10:20, 10:50] = 0.9
    return Sample(
        image=normalised(np.full((height, width, 3), SOURCE), how),
        shape=np.array([2 * height, 2 * width, 0.5, 0.5]),
        polygons=np.array([box(20, 20, 80, 20), box(20, 60, 80, 20)]),
        ignored=np.array([False, True]),
        boxes=[box(24, 28, 80, 20).tolist()],
        probability=probability,
    )


def decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


def test_it_shows_the_image_the_truth_the_prediction_and_the_shrink_map() -> None:
    shown = decoded(picture(sample(), NORMAL))
    assert shown.shape == (128, 96, 3)  # a wide image: one above the other
    image, heat = shown[:64], shown[64:]
    assert tuple(image[5, 90]) == SOURCE
    for row, colour in (
        (20 // 2, (0, 200, 0)),  # true text
        (60 // 2, (160, 160, 160)),  # true text that does not count
        (28 // 2, (0, 0, 255)),  # predicted text
    ):
        assert image[row, 40].astype(int) == pytest.approx(colour, abs=30)
    assert heat[15, 30].sum() > 10 * max(1, heat[40, 30].sum())


@pytest.mark.parametrize("how", [NORMAL, Normalisation(1.0, (100, 110, 120), (50, 60, 70), False)])
def test_colours_are_the_originals_whatever_the_normalisation(how: Normalisation) -> None:
    shown = decoded(picture(sample(how=how), how))
    assert tuple(shown[5, 90]) == SOURCE


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (960, 736, (626, 960)),  # a tall image: side by side
        (736, 1280, (960, 834)),
        (32, 2000, (30, 960)),
        (64, 32, (64, 64)),  # never larger than it is
    ],
)
def test_its_size_is_bounded(height: int, width: int, expected: tuple[int, int]) -> None:
    shape = decoded(picture(sample(height, width), NORMAL)).shape[:2]
    assert max(shape) <= MAX_SIDE
    assert shape == pytest.approx(expected, abs=2)


def test_no_texts_and_a_map_of_nan_can_be_drawn() -> None:
    one = replace(sample(), polygons=[], ignored=[], boxes=np.zeros((0, 4, 2), np.int32))
    one = replace(one, probability=np.full((64, 96), np.nan, np.float32))
    shown = decoded(picture(one, NORMAL))
    assert (shown[:64] == SOURCE).all()
    assert (shown[64:] == shown[64, 0]).all()


def test_paddle_tensors_are_brought_to_the_host() -> None:
    one = sample()
    names = ("image", "shape", "probability")
    tensors = {n: SimpleNamespace(numpy=lambda n=n: getattr(one, n)) for n in names}
    assert picture(replace(one, **tensors), NORMAL) == picture(one, NORMAL)


def test_the_normalisation_is_that_of_the_evaluation() -> None:
    found = Normalisation.of(config())
    assert found == Normalisation(pytest.approx(1 / 255), [0.5] * 3, [0.25] * 3, rgb=False)
    assert Normalisation.of(config([{"NormalizeImage": None}])) == NORMAL
    assert Normalisation.of(config([{"NormalizeImage": {"scale": 2}}])).scale == 2


class Keeps(Hook):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[EvalSample] = []

    def on_eval_sample(self, event: EvalSample) -> None:
        self.seen.append(event)


class DBPostProcess:
    unclip_ratio = 1.5

    def __call__(self, predicted: Any, shapes: Any) -> Any:
        return [{"points": [box(24, 28, 80, 20)]} for _ in predicted["maps"]]


class DetMetric:
    main_indicator = "hmean"

    def __call__(self, result: Any, batch: Any) -> None:
        pass


def evaluate(session: Session, ones: list[Sample]) -> Optional[Sample]:
    """What ``program.eval`` does with batches of one image."""
    arguments: dict[str, Any] = {"post_process_class": DBPostProcess(), "eval_class": DetMetric()}
    predictions = record_predictions(arguments)
    assert predictions is not None
    for one in ones:
        maps = {"maps": one.probability[None, None]}
        result = arguments["post_process_class"](maps, one.shape[None])
        batch = [one.image[None], one.shape[None], one.polygons[None], one.ignored[None]]
        arguments["eval_class"](result, batch)
    session.evaluated({"hmean": 0.5, "precision": 0.5}, 1.0, predictions)
    return predictions.sample


def session(*hooks: Hook, transforms: list[dict[str, Any]] = TRANSFORMS) -> Session:
    arguments = {
        "config": {**config(transforms), "Global": {"save_model_dir": "out", "epoch_num": 1}},
        "eval_class": DetMetric(),
        "logger": logging.getLogger("test_samples"),
    }
    loop, guard = Loop(arguments, 0, 1), Guard(hooks)
    return Session(loop, guard, RatioReader(loop, Behaviour("2.10.0"), guard.post))


def test_an_evaluation_gives_one_picture_of_its_first_image() -> None:
    hook = Keeps()
    run = session(hook)
    first = evaluate(run, [sample(), sample(32, 32)])
    run.end("finished")
    (event,) = hook.seen
    assert (event.evaluation, event.global_step) == (1, 0)
    assert first is not None
    assert event.png == picture(first, Normalisation.of(config()))
    assert decoded(event.png).shape == (128, 96, 3)


def test_nothing_is_drawn_that_no_hook_wants() -> None:
    assert not Guard([Hook(), Journal(samples=False)]).handlers("eval_sample")
    assert Guard([Hook(), VisualDL()]).handlers("eval_sample")
    assert not Guard([Hook(), VisualDL(images=0)]).handlers("eval_sample")
    run = session(Journal(samples=False))
    evaluate(run, [sample()])
    assert run._samples._queue._thread is None
    run.end("finished")


def test_texts_are_compared_only_for_a_hook_that_hears_of_them() -> None:
    class Hears(Hook):
        def on_eval_texts(self, event: EvalTexts) -> None:
            pass

    for hook, compared in ((Hears(), True), (Hook(), False)):
        run = session(hook)
        texts = Texts(None)
        texts.pairs.append(Pair("a", 0.9, "a"))
        run.evaluated({"hmean": 0.5, "precision": 0.5}, 1.0, texts=texts)
        assert (run._texts._queue._thread is not None) is compared
        run.end("finished")


def test_our_mistakes_stay_with_us(caplog: pytest.LogCaptureFixture) -> None:
    hook = Keeps()
    run = session(hook, transforms=[{"NormalizeImage": {"scale": "one"}}])
    evaluate(run, [sample()])
    evaluate(run, [sample()])
    run.end("finished")
    assert hook.seen == []
    assert caplog.text.count("drawing of a validation sample failed") == 1


def test_drawing_does_not_hold_up_the_caller() -> None:
    def host() -> np.ndarray:
        time.sleep(0.3)
        return sample().image

    posted: list[Any] = []
    drawer = SampleDrawer(config(), posted.append)
    started = time.perf_counter()
    drawer.draw(replace(sample(), image=SimpleNamespace(numpy=host)), 2, 30, 3)
    assert time.perf_counter() - started < 0.2
    assert posted == []
    drawer.close()
    (event,) = posted
    assert (event.epoch, event.global_step, event.evaluation) == (2, 30, 3)


EVENT = EvalSample(1007.0, 1, 6, 1, picture(sample(), NORMAL))


def test_its_record_is_json_and_the_journal_leaves_it_out(tmp_path: Path) -> None:
    assert from_record(json.loads(json.dumps(to_record(EVENT)))) == EVENT
    hook = Journal()
    guard = Guard([hook])
    start = RunStart(1000.0, "r", "DB", "2.8.1", config(), str(tmp_path), 5)
    guard.dispatch(start)
    guard.dispatch(EVENT)
    guard.close(5)
    journal = tmp_path / "ppocr_guard" / "journal.jsonl"
    assert [type(event) for event in read_journal(journal)] == [RunStart]


def test_visualdl_shows_the_very_pixels(tmp_path: Path) -> None:
    visualdl = pytest.importorskip("visualdl")
    hook = VisualDL()
    hook.on_run_start(RunStart(1000.0, "r", "DB", "2.8.1", config(), str(tmp_path), 5))
    hook.on_eval_sample(EVENT)
    black = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    hook.on_eval_sample(replace(EVENT, global_step=12, png=black))
    hook.close(time.monotonic() + 10)
    reader = visualdl.LogReader(file_path=str(tmp_path / "ppocr_guard" / "vdl" / FILE_NAME))
    shown, dark = reader.get_data("image", "eval/sample")
    assert (shown.id, shown.timestamp) == (6, 1007000)
    assert (decoded(shown.image.encoded_image_string) == decoded(EVENT.png)).all()
    assert dark.id == 12
    assert not decoded(dark.image.encoded_image_string).any()

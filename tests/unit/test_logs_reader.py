from __future__ import annotations

import math
import tracemalloc

import pytest

from ppocr_guard.events import CheckpointSaved, DataErrors, EvalEnd, RunStart, StepEnd
from ppocr_guard.logs.reader import LogReader

P = "[2022/08/27 14:18:08] ppocr INFO: "
LAUNCH = P + "train with paddle 2.3.1 and device CUDAPlace(0)\n"


def step(epoch, global_step=10, second=8, tail="", key="global_step"):
    return (
        f"[2022/08/27 14:18:{second:02d}] ppocr INFO: epoch: [{epoch}/40], {key}: {global_step}, "
        f"lr: 0.001000, loss: 1.500000, loss_shrink_maps: 0.700000, loss_threshold_maps: 0.500000, "
        f"loss_binary_maps: 0.300000, avg_reader_cost: 0.00606 s, avg_batch_cost: 1.50947 s, "
        f"avg_samples: 8.0, ips: 5.29986 samples/s, eta: 1 day, 0:00:45{tail}\n"
    )


def evaluation(hmean, second=9):
    return (
        f"[2022/08/27 14:18:{second:02d}] ppocr INFO: cur metric, precision: 0.5, recall: 0.4, "
        f"hmean: {hmean}, fps: 0.36\n"
    )


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        path = tmp_path / "train.log"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        reader = LogReader(path)
        return list(reader), reader

    return read


def of(events, kind):
    return [event for event in events if isinstance(event, kind)]


def values(events):
    return [event.value for event in of(events, EvalEnd)]


def test_a_training_line(read):
    events, _ = read(LAUNCH + step(3, 25))
    (event,) = of(events, StepEnd)
    assert (event.epoch, event.global_step, event.learning_rate) == (3, 25, 0.001)
    assert event.losses == {
        "loss": 1.5, "loss_shrink_maps": 0.7, "loss_threshold_maps": 0.5, "loss_binary_maps": 0.3,
    }  # fmt: skip
    assert (event.images, event.step_seconds, event.data_seconds) == (8, 1.50947, 0.00606)
    assert event.smoothed
    assert event.time == 1661609888.0


def test_release_2_0_calls_the_step_iter(read):
    events, _ = read(step(1, 7, key="iter").replace("ppocr", "root"))
    assert of(events, StepEnd)[0].global_step == 7


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (
            "ppocr INFO: cur metric, thr 0.3: precision:0.95637 recall:0.82069 hmean:0.88335, "
            "thr 0.35: precision:0.9 recall:0.8 hmean:0.8471, hmean: 0.89186295503212, fps: 0.41",
            "hmean",
            0.89186295503212,
        ),
        ("wzocr INFO: cur metric, precision: 0.0, recall: 0.0, hmean: 0, fps: 0.3", "hmean", 0.0),
        (
            "eval model:: 100%|#####| 290/290 [08:19<00:00,  1.72s/it][2022/08/27 14:18:08] "
            "ppocr INFO: cur metric, precision: 0, recall: 0.0, hmean: 0.25, fps: 1",
            "hmean",
            0.25,
        ),
        (
            "root INFO: cur metric, acc: 0.9486, norm_edit_dis: 0.98, acc_att: 0.0, "
            "norm_edit_dis_att: 1.0, fps: 533.7",
            "acc",
            0.9486,
        ),
        (
            "2020-08-15 04:36:33,168-INFO: Test iter: 144000, metrics:{'precision': 0.712, "
            "'recall': 0.6, 'hmean': 0.6666}, best_hmean:0.666683, best_iter: 140000",
            "hmean",
            0.6666,
        ),
        ("> \x1b[32m[2022/08/27 14:18:08]\x1b[0m ppocr INFO: cur metric, hmean: 0.5e-1, fps: 1",
         "hmean", 0.05),
        ("ppocr INFO: cur metric, psnr_avg: 21.5, fps: 3", "psnr_avg", 21.5),
        ("cur metric, precision: '0.7', recall: '0.8', hmean: '0.75'", "hmean", 0.75),
    ],
)  # fmt: skip
def test_evaluations_in_all_their_shapes(read, line, name, value):
    events, _ = read(line + "\n")
    (event,) = of(events, EvalEnd)
    assert (event.main_indicator, event.value) == (name, value)


def test_step_of_release_1(read):
    events, _ = read("INFO: Test iter: 144000, metrics:{'precision': 0.7, 'hmean': 0.6}\n")
    assert of(events, EvalEnd)[0].global_step == 144000


def test_padded_nan_and_inf(read):
    text = step(1).replace("loss: 1.500000", "loss: nanxxx").replace("0.700000", "infxxx")
    (event,) = of(read(text)[0], StepEnd)
    assert math.isnan(event.losses["loss"])
    assert event.losses["loss_shrink_maps"] == math.inf


def test_no_boxes_at_all_differs_from_no_match(read):
    text = "cur metric, precision: {}, recall: 0.0, hmean: 0, fps: 1\n"
    events, _ = read(text.format(0) + step(2) + text.format(0.0))
    assert [event.no_boxes for event in of(events, EvalEnd)] == [True, False]


def test_what_is_no_evaluation(read):
    text = (
        LAUNCH
        + P + "metric in ckpt *** hmean:0.852 precision:0.9\n"
        + step(1)
        + P + "best metric, hmean: 0.0000, precision: 0.0000, fps: 12.4978, best_epoch: 0.0000\n"
        + evaluation(0.5)
        + P + "best metric, hmean: 0.5, precision: 0.5, fps: 12.4978, best_epoch: 1\n"
    )  # fmt: skip
    events, _ = read(text)
    assert values(events) == [0.5]
    assert of(events, RunStart)[0].best == 0.852


def test_metrics_of_the_checkpoint_are_no_evaluation(read):
    listed = "".join(
        P + text + "\n"
        for text in (
            "resume from ./output/best_accuracy",
            "metric in ckpt ***************",
            "acc:0.6035998792800241",
            "norm_edit_dis:0.8053270782756357",
            "best_epoch:23",
        )
    )
    events, _ = read(LAUNCH + listed + step(24) + P + "cur metric, acc: 0.6, fps: 1\n")
    start = of(events, RunStart)[0]
    assert (start.best, start.resumed, start.start_epoch) == (0.6035998792800241, True, 24)
    assert values(events) == [0.6]


def test_a_best_line_stands_for_a_missing_evaluation(read):
    text = step(1) + evaluation(0.5) + step(2) + P + "best metric, hmean: 0.7, best_epoch: 2\n"
    events, _ = read(text)
    assert values(events) == [0.5, 0.7]
    assert of(events, EvalEnd)[1].epoch == 2


def test_carriage_returns_and_progress_bars(read):
    bar = "\r".join(f"eval model::  {i}%|##  | {i}/99 [00:01<00:00, 1.2it/s]" for i in range(50))
    events, reader = read(LAUNCH + step(1) + bar + "\r" + evaluation(0.5))
    assert values(events) == [0.5]
    assert reader.skipped == 50


def test_a_line_broken_in_two(read):
    whole = evaluation(0.5)
    cut = whole.index("recall:") + len("recall:")
    events, _ = read(step(1) + whole[:cut] + "\n" + whole[cut:] + step(2))
    (event,) = of(events, EvalEnd)
    assert event.metrics["recall"] == 0.4
    assert len(of(events, StepEnd)) == 2


def test_a_line_cut_off_is_skipped(read):
    events, reader = read(step(1) + P + "epoch: [2/40], global_st\n" + evaluation(0.5))
    assert values(events) == [0.5]
    assert reader.skipped == 1


def test_a_log_written_twice(read):
    """PaddleX tees what PaddleOCR appends to the same file."""
    text = "".join(line * 2 for line in (step(1), evaluation(0.5), step(2), evaluation(0.5, 20)))
    assert values(read(text)[0]) == [0.5, 0.5]  # of four lines


def test_the_same_value_at_the_next_epoch_is_another_evaluation(read):
    assert values(read(step(1) + evaluation(0.5) + step(2) + evaluation(0.5))[0]) == [0.5, 0.5]


def test_launches_appended_to_one_file(read):
    one = LAUNCH + step(1) + evaluation(0.5) + step(2) + evaluation(0.6)
    events, _ = read(one + one)
    starts = of(events, RunStart)
    assert [start.resumed for start in starts] == [False, False]
    assert [event.evaluation for event in of(events, EvalEnd)] == [1, 2, 1, 2]


def test_a_resume_goes_on(read):
    one = LAUNCH + step(1) + evaluation(0.5) + step(2) + evaluation(0.6)
    two = LAUNCH + P + "resume from ./output/latest\n" + step(3, 1) + evaluation(0.7)
    events, _ = read(one + two)
    starts = of(events, RunStart)
    assert [start.resumed for start in starts] == [False, True]
    assert starts[1].start_epoch == 3
    assert [event.evaluation for event in of(events, EvalEnd)] == [1, 2, 3]
    assert of(events, EvalEnd)[2].best == 0.7


def test_a_launch_without_its_first_lines(read):
    events, _ = read(step(1) + evaluation(0.5) + step(2) + step(1) + evaluation(0.1))
    assert [start.resumed for start in of(events, RunStart)] == [False, False]


def test_the_configuration(read):
    config = "".join(
        P + line + "\n"
        for line in (
            "Architecture : ",
            "    Backbone : ",
            "        name : MobileNetV3",
            "    algorithm : DB",
            "Global : ",
            "    epoch_num : 40",
            "    pretrained_model : None",
            "    save_model_dir : ./output/mine",
            "Train : ",
            "    dataset : ",
            "        ratio_list : [1.0]",
            "        transforms : ",
            "            MakeShrinkMap : ",
            "                shrink_ratio : 0.4",
        )
    )
    events, reader = read(config + LAUNCH + step(1))
    (start,) = of(events, RunStart)
    assert (start.run, start.model, start.epoch_num) == ("mine", "DB/MobileNetV3", 40)
    assert start.config["Global"]["pretrained_model"] is None
    dataset = start.config["Train"]["dataset"]
    assert dataset["ratio_list"] == [1.0]
    assert dataset["transforms"]["MakeShrinkMap"]["shrink_ratio"] == 0.4
    assert reader.skipped == 0


def test_checkpoints(read):
    text = (
        step(1) + P + "save best model is to ./o/best_accuracy\n" + P + "save model in ./o/latest"
    )
    found = of(read(text)[0], CheckpointSaved)
    assert [(c.path, c.kind, c.is_best) for c in found] == [
        ("./o/best_accuracy", "best_accuracy", True),
        ("./o/latest", "latest", False),
    ]


def test_samples_that_fail(read):
    line = P + "When parsing line b'a.jpg', error happened with msg: Traceback\n"
    events, _ = read(step(1) + line * 120 + step(2))
    assert [event.errors for event in of(events, DataErrors)] == [50, 100]
    assert of(events, StepEnd)[1].data_errors == 120


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gbk"])
def test_encodings(read, encoding):
    text = P + "数据 loaded\n" + step(1) + evaluation(0.5)
    assert values(read(text, encoding)[0]) == [0.5]


def test_bytes_that_are_no_text(read):
    noise = bytes(range(256)) * 20
    events, reader = read(
        noise + b"\n" + step(1).encode() + noise + b"\n" + evaluation(0.5).encode()
    )
    assert values(events) == [0.5]
    assert reader.skipped > 0


def test_memory_is_flat(tmp_path):
    path = tmp_path / "train.log"
    with path.open("w") as file:
        file.write(LAUNCH)
        for i in range(20_000):
            file.write(step(1 + i // 500, i))
        file.write("x" * 5_000_000)  # a line without end
    reader = LogReader(path)
    tracemalloc.start()
    count = sum(isinstance(event, StepEnd) for event in reader)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_250
    assert peak < 2_000_000


def test_long_logs_are_thinned_but_for_nan(read, monkeypatch):
    monkeypatch.setattr("ppocr_guard.logs.reader.ALL_STEPS", 100)
    text = "".join(step(1, i) for i in range(1, 301))
    text += step(1, 301).replace("loss: 1.500000", "loss: nanxxx")
    events, _ = read(text)
    steps = of(events, StepEnd)
    assert len(steps) == 100 + 5 + 1
    assert math.isnan(steps[-1].losses["loss"])

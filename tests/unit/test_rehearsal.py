"""What the facts of a rehearsal mean, and how they are merged with what rules found."""

from __future__ import annotations

import pytest
from rehearsed_facts import DB, only, samples, step, told

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.problem import Problem
from ppocr_guard.audit.rehearsal.found import Found, merged
from ppocr_guard.audit.rehearsal.judge import judge as really_judge
from ppocr_guard.audit.rehearsal.summary import summary
from ppocr_guard.wording import Sentence
from ppocr_guard.yaml_source import read_yaml


@pytest.fixture
def ctx() -> Context:
    return Context(read_yaml(DB))


def judge(ctx, told):
    """As the real one; all that it says can be said in another language."""
    found = really_judge(ctx, told)
    for one in found:
        assert isinstance(one.message, Sentence), one
        assert isinstance(one.advice, Sentence), one
    return found


def crash(stage, kind, message, file, text="", function="f", line=7):
    frame = {"file": file, "line": line, "function": function, "text": text}
    return {"fact": "crash", "stage": stage, "type": kind, "message": message, "frames": [frame]}


def test_a_missing_operator_is_named_by_what_it_would_have_made(ctx):
    one = only(judge(ctx, told(samples("EastRandomCropData", "KeyError: 'polys'"))))
    assert (one.code, one.severity) == ("samples_fail", "critical")
    assert one.path[-1] == "EastRandomCropData"
    assert "DetLabelEncode is not among the transforms" in one.advice
    assert "first: a.png" in one.message


def test_an_operator_in_the_wrong_place_is_told_as_that(ctx):
    fact = samples("MakeShrinkMap", "KeyError: 'polys'", operators=["DetLabelEncode"])
    assert "DetLabelEncode must stand before" in only(judge(ctx, told(fact))).advice


@pytest.mark.parametrize(
    ("failed", "operator", "what", "severity"),
    [
        (1, "CTCLabelEncode", "none", "info"),
        (9, "CTCLabelEncode", "none", "warning"),
        (1, "DecodeImage", "AssertionError: invalid input 'img' in DecodeImage", "warning"),
        (32, "DecodeImage", "none", "critical"),
        (8, "EASTProcessTrain", "none", "info"),  # crops without a text
        (12, "EASTProcessTrain", "none", "warning"),
    ],
)
def test_few_bad_samples_are_no_reason_to_stop(ctx, failed, operator, what, severity):
    found = only(judge(ctx, told(samples(operator, what, failed=failed, tried=32))))
    assert found.severity == severity


def test_a_hang_names_the_sample_and_the_operator(ctx):
    stage = {"fact": "stage", "stage": "sample", "mode": "Train", "number": 3, "of": 32}
    found = only(judge(ctx, told({**stage, "operator": "MakeShrinkMap"}, ended="silent")))
    assert found.code == "sample_hangs"
    assert "Sample 3 of Train.dataset hangs in MakeShrinkMap" in found.message
    assert found.path[-1] == "MakeShrinkMap"


def test_time_over_elsewhere_is_no_problem_of_the_configuration(ctx):
    found = only(judge(ctx, told({"fact": "stage", "stage": "step"}, ended="timeout")))
    assert (found.code, found.severity) == ("rehearsal_incomplete", "info")


@pytest.mark.parametrize(
    ("fact", "path"),
    [
        (
            crash(
                "saving",
                "ZeroDivisionError",
                "integer modulo by zero",
                "tools/program.py",
                "if dist.get_rank() == 0 and epoch > 0 and epoch % save_epoch_step == 0:",
            ),
            ("Global", "save_epoch_step"),
        ),
        (
            crash(
                "largest",
                "KeyError",
                "'acc'",
                "tools/program.py",
                "if cur_metric[main_indicator] >= best_model_dict[main_indicator]:",
            ),
            ("Metric", "main_indicator"),
        ),
        (crash("evaluation", "ValueError", "x", "ppocr/metrics/rec_metric.py"), ("Metric",)),
        (crash("evaluation", "KeyError", "'f'", "ppocr/postprocess/east.py"), ("PostProcess",)),
        (crash("step", "ValueError", "x", "ppocr/losses/det_db_loss.py"), ("Loss",)),
        (
            crash("build_model", "TypeError", "x", "ppocr/modeling/necks/db_fpn.py"),
            ("Architecture", "Neck"),
        ),
        (
            crash("data", "NameError", "name 'MakeShrinkMap' is not defined", "ppocr/data/x.py"),
            ("Train", "dataset", "transforms", 6, "MakeShrinkMap"),
        ),
    ],
)
def test_a_crash_leads_to_its_line(ctx, fact, path):
    found = only(judge(ctx, told(fact)))
    assert found.code == "training_crashes"
    assert found.path[:2] == path[:2]
    assert found.path[-1] == path[-1]


def test_a_name_that_paddleocr_does_not_know_gets_the_nearest(ctx):
    ctx.config["Loss"]["name"] = "DBLos"
    message = "loss only support ['PSELoss', 'DBLoss', 'CTCLoss']"
    fact = crash("build_loss", "AssertionError", message, "ppocr/losses/__init__.py")
    found = only(judge(ctx, told(fact)))
    assert found.path == ("Loss", "name")
    assert found.advice == "Did you mean DBLoss?"


def test_evaluation_of_images_that_are_not_normalized(ctx):
    batch = {
        "fact": "batch",
        "mode": "Eval",
        "size": 1,
        "items": [{"shapes": ["(3, 64, 64)"], "type": "uint8"}],
        "error": "",
    }
    fact = crash("evaluation", "RuntimeError", "uint8", "ppocr/modeling/backbones/x.py")
    found = only(judge(ctx, told(batch, fact)))
    assert found.path == ("Eval", "dataset", "transforms")
    assert "NormalizeImage" in found.advice


def test_a_model_that_fails_in_a_step_too_is_not_the_evaluations_fault(ctx):
    first = crash("evaluation", "ValueError", "x", "ppocr/modeling/necks/x.py")
    second = crash("step", "ValueError", "x", "ppocr/modeling/necks/x.py")
    assert only(judge(ctx, told(first, second))).path == ("Architecture", "Neck")


def test_memory(ctx):
    fact = crash("largest", "ResourceExhaustedError", "Out of memory error on GPU 0", "x.py")
    found = only(judge(ctx, told(fact)))
    assert (found.code, found.path[0]) == ("memory_short", "Eval")


def weights(key="pretrained_model", **parts):
    every = {name: dict(zip(("fit", "other_shape", "absent"), n)) for name, n in parts.items()}
    total = sum(sum(part.values()) for part in every.values())
    fit = sum(part["fit"] for part in every.values())
    return {
        "fact": "weights",
        "key": key,
        "path": "w.pdparams",
        "total": total,
        "fit": fit,
        "parts": every,
        "examples": [{"name": "backbone.a", "model": [4], "file": [8]}],
        "prefix": None,
    }


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (weights(backbone=(20, 155, 0), head=(26, 0, 0)), ("weights_mismatch", "critical")),
        (weights(backbone=(80, 20, 0), head=(26, 0, 0)), ("weights_mismatch", "warning")),
        (weights(backbone=(175, 0, 0), head=(0, 2, 0)), ("weights_partial", "info")),
        (
            weights("checkpoints", backbone=(9, 0, 0), head=(0, 2, 0)),
            ("weights_mismatch", "critical"),
        ),
        (weights(backbone=(175, 0, 0), head=(2, 0, 0)), None),
    ],
)
def test_weights(ctx, fact, expected):
    found = judge(ctx, told(fact))
    assert [(one.code, one.severity) for one in found] == ([expected] if expected else [])


def test_ignored_keys_get_the_nearest_name(ctx):
    fact = {"fact": "ignored", "path": ["Loss"], "keys": ["alpa", "mine"], "who": "DBLoss"}
    near, own = judge(ctx, told({**fact, "known": ["alpha", "beta"]}))
    assert (near.severity, near.advice, near.path) == (
        "warning",
        "Did you mean alpha?",
        ("Loss", "alpa"),
    )
    assert own.severity == "info"


def test_losses(ctx):
    assert only(judge(ctx, told(step(1, "nan")))).code == "loss_not_finite"
    assert only(judge(ctx, told(step(1, 1.0), step(2, 1.0)))).code == "loss_degenerate"
    assert not judge(ctx, told(step(1, 1.0), step(2, 0.9)))


def test_gradients(ctx):
    dead = {"fact": "gradients", "parts": {"backbone": [9, 9], "head": [4, 0]}}
    found = only(judge(ctx, told(dead)))
    assert (found.code, found.severity) == ("part_without_gradient", "warning")
    assert "head" in found.message
    none = {"fact": "gradients", "parts": {"backbone": [9, 0], "head": [4, 0]}}
    assert only(judge(ctx, told(none))).severity == "critical"


def test_ctc_and_postprocess(ctx):
    fact = {"fact": "ctc", "time_steps": 40, "width": 320, "needed": 55, "too_long": 3, "of": 8}
    assert only(judge(ctx, told(fact))).code == "ctc_steps_too_few"
    assert not judge(ctx, told({**fact, "too_long": 0}))
    ctx.config["PostProcess"]["thresh"] = 30
    found = only(judge(ctx, told({"fact": "perfect", "regions": 9, "boxes": 0})))
    assert found.path == ("PostProcess", "thresh")


def problem(code, severity, path):
    return Problem(code, severity, "my.yml", path, 3, "It is so.", "Do it.", "why")


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (problem("unknown_key", "warning", "Loss.alpa"), 0),
        (problem("other", "critical", "Loss"), 0),  # leads to the key
        (problem("other", "warning", "Loss"), 1),
        (problem("unknown_key", "warning", "Loss.beta"), 1),
        (problem("other", "critical", "Metric"), 1),
    ],
)
def test_one_mistake_is_told_once(ctx, rule, left):
    found = Found("unknown_key", "warning", ("Loss", "alpa"), "m", "a")
    assert len(merged(ctx, [rule], [found])) == 1 + left


def test_a_rule_about_the_data_explains_what_fails_on_it(ctx):
    found = Found("samples_fail", "critical", ("Eval", "dataset"), "m", "a", data="Eval")
    missing = problem("images_missing", "critical", "Eval.dataset.data_dir")
    assert len(merged(ctx, [missing], [found])) == 1
    elsewhere = problem("images_missing", "critical", "Train.dataset.data_dir")
    assert len(merged(ctx, [elsewhere], [found])) == 2


def test_what_paddleocr_printed_is_told_without_what_a_terminal_must_not_get(ctx):
    found = Found("training_crashes", "critical", (), "It ends with \x1b[31mred.", "Do it.")
    assert merged(ctx, [], [found])[0].message == "It ends with \ufffd[31mred."


def test_a_crash_without_a_word_shows_its_line_and_the_images(ctx):
    shapes = [{"shapes": ["(3, 64, 160)"], "type": "float32"}]
    batch = {"fact": "batch", "mode": "Train", "size": 8, "items": shapes, "error": ""}
    fact = crash("step", "AssertionError", "", "ppocr/modeling/necks/rnn.py", "assert H == 1")
    one = only(judge(ctx, told(batch, fact)))
    assert one.path == ("Architecture", "Neck")
    assert "on images of shape (3, 64, 160): AssertionError (" in one.message
    assert "necks/rnn.py:7: assert H == 1)" in one.message
    assert "image_shape" in one.advice


def test_a_download_is_no_mistake(ctx):
    url = "https://paddleocr.bj.bcebos.com/teacher.pdparams"
    message = f"a rehearsal does not download {url}"
    fact = crash("build_model", "RuntimeError", message, "ppocr/utils/network.py")
    one = only(judge(ctx, told(fact)))
    assert (one.code, one.severity) == ("rehearsal_incomplete", "info")
    assert url in one.message


@pytest.mark.parametrize(
    ("text", "reason", "advice"),
    [
        ("hello", "hello has 5 characters, and max_text_length 4 leaves 4", "Cut or remove"),
        ("XY", "no character of XY", "Name a dictionary"),
        # The text is the second column, whatever follows.
        ("XY\ta", "no character of XY", "Name a dictionary"),
        ("ab", "(first: a.png).", "empty,"),
    ],
)
def test_why_a_label_makes_no_sample(tmp_path, text, reason, advice):
    """The reason stands in the message; the advice says what to do."""
    (tmp_path / "dict.txt").write_text("a\nb\nXY\n")
    config = tmp_path / "rec.yml"
    config.write_text(
        "Global: {max_text_length: 4, character_dict_path: ./dict.txt}\n"
        "Train: {dataset: {transforms: [CTCLabelEncode: null]}}\n"
    )
    fact = samples("CTCLabelEncode", "none")
    fact["failures"] = [{**fact["failures"][0], "line": f"a.png\t{text}\n"}] * 8
    one = only(judge(Context(read_yaml(config), bases=(tmp_path,)), told(fact)))
    assert reason in one.message
    assert advice in one.advice
    assert reason not in one.advice


@pytest.mark.parametrize(
    ("train", "evaluation", "code"),
    [
        ((2.6, 640), (2.6, 736), None),
        ((2.6, 640), (255, 320), None),
        ((65025, 640), (2.6, 640), "images_unscaled"),
        (("nan", 640), (2.6, 640), "images_unscaled"),
        ((2.6, 640), (2.6, 32), "eval_images_small"),
    ],
)
def test_what_the_images_hold(ctx, train, evaluation, code):
    facts = [
        {"fact": "values", "mode": mode, "largest": largest, "side": side}
        for mode, (largest, side) in (("Train", train), ("Eval", evaluation))
    ]
    assert [one.code for one in judge(ctx, told(*facts))] == [code] * (code is not None)


def test_weights_that_would_be_downloaded_end_no_rehearsal(ctx):
    url = "https://paddleocr.bj.bcebos.com/pretrained/PPLCNetV3_x0_75_ocr_det.pdparams"
    ctx.config["Global"]["pretrained_model"] = url
    facts = (
        {"fact": "weights_not_fetched", "url": url},
        {"fact": "plan", "main_indicator": "hmean", "validation_images": 9},
        {"fact": "baseline", "metrics": {"hmean": 0.25}, "images": 8, "seconds": 2.0},
    )
    one = only(judge(ctx, told(*facts)))
    assert (one.code, one.severity) == ("rehearsal_incomplete", "info")
    assert one.path == ("Global", "pretrained_model")
    assert "with random weights" in one.message
    found = summary(told(*facts))
    assert (found["baseline"], found["baseline_metrics"]) == (None, None)
    assert summary(told(*facts[1:]))["baseline"] == 0.25

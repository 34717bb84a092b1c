"""The truth table of the effective shrink ratio; tests/train compares with the real classes."""

from __future__ import annotations

import copy

import pytest

from ppocr_guard.paddleocr.releases import OPERATORS, behaviour_of
from ppocr_guard.paddleocr.schedule import (
    ScheduleError,
    cause,
    expected_band,
    scheduled_ratio,
    shrink_options,
)

STATIC = ["2.6.0", "2.6.1.3", "2.9.0", "2.9.1", "2.10.0", "3.0.0", "3.3.0", "3.6.0"]
NO_SEED = ["2.7.0", "2.7.0.3", "2.7.2", "2.7.3"]
SEED = ["2.7.1", "2.7.4", "2.7.5", "2.8.0", "2.8.1"]
EPOCHS = (1, 2, 100, 500)
RAMP = [0.4004, 0.4008, 0.44, 0.6]


def config(total_epoch=500, ratio_list=(1.0,), name="SimpleDataSet", **settings):
    parameters = {} if total_epoch is None else {"total_epoch": total_epoch}
    dataset = {
        "name": name,
        "label_file_list": ["train.txt"],
        "transforms": [
            {"DecodeImage": {}},
            {"DetLabelEncode": None},
            {"CopyPaste": None},
            {"IaaAugment": {}},
            {"EastRandomCropData": {}},
            {"MakeBorderMap": {"shrink_ratio": 0.4, **parameters}},
            {"MakeShrinkMap": {"shrink_ratio": 0.4, **parameters}},
        ],
    }
    if ratio_list is not None:
        dataset["ratio_list"] = list(ratio_list) if isinstance(ratio_list, tuple) else ratio_list
    return {"Global": settings, "Train": {"dataset": dataset}}


def ratios(release, config, operator="MakeShrinkMap"):
    return [
        pytest.approx(scheduled_ratio(behaviour_of(release), config, operator, epoch), abs=1e-9)
        for epoch in EPOCHS
    ]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("ratio_list", [(1.0,), 1.0, 1, None])
@pytest.mark.parametrize(
    ("releases", "ratio"), [(STATIC, 0.4), (NO_SEED, 0.4), (SEED, 0.8096), (["3.7.0"], 0.4)]
)
def test_without_a_ratio_below_1(releases, ratio, ratio_list, operator):
    for release in releases:
        assert ratios(release, config(ratio_list=ratio_list), operator) == [ratio] * 4, release


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("ratio_list", [(0.99,), (1.0, 0.5), 0.99])
@pytest.mark.parametrize(
    ("releases", "expected"),
    [(STATIC, [0.4] * 4), (NO_SEED, RAMP), (SEED, RAMP), (["3.7.0"], RAMP)],
)
def test_with_a_ratio_below_1(releases, expected, ratio_list, operator):
    for release in releases:
        assert ratios(release, config(ratio_list=ratio_list), operator) == expected, release


@pytest.mark.parametrize("release", STATIC + NO_SEED + SEED + ["3.7.0"])
@pytest.mark.parametrize("ratio_list", [(1.0,), (0.5,)])
def test_without_total_epoch_it_is_the_base_everywhere(release, ratio_list):
    assert ratios(release, config(total_epoch=None, ratio_list=ratio_list)) == [0.4] * 4


@pytest.mark.parametrize(
    ("settings", "total_epoch", "ratio"),
    [
        ({"seed": 7}, 500, 0.4028),
        ({"seed": 2022}, 500, 1.2088),
        ({}, 300, 0.4 + 0.2 * 1024 / 300),
        ({}, 100, 2.448),
        ({}, 10000, 0.42048),
        ({}, 340, 0.4 + 0.2 * 1024 / 340),
        ({"seed": None}, 500, 0.4),
    ],
)
def test_seed_and_total_epoch_matter_where_the_seed_is_taken_for_the_epoch(
    settings, total_epoch, ratio
):
    given = config(total_epoch, **settings)
    assert ratios("2.8.1", given) == [pytest.approx(ratio)] * 4
    for release in ("2.6.0", "2.7.3", "2.10.0", "3.7.0"):
        assert ratios(release, given) == [0.4] * 4


@pytest.mark.parametrize("name", ["TextDetDataset", "MultiScaleDataSet"])
def test_other_names_and_heirs_of_simple_data_set_have_the_bug(name):
    assert ratios("2.8.1", config(name=name)) == [0.8096] * 4


@pytest.mark.parametrize("name", ["LMDBDataSet", "PGDataSet"])
@pytest.mark.parametrize("release", ["2.7.3", "2.8.1", "3.7.0"])
def test_other_data_sets_never_pass_an_epoch(name, release):
    assert ratios(release, config(name=name, ratio_list=(0.5,))) == [0.4] * 4


def test_multi_scale_of_3_7_passes_no_epoch():
    assert ratios("3.7.0", config(name="MultiScaleDataSet", ratio_list=(0.5,))) == [0.4] * 4


def moved(given):
    """One transform more in front, so that the operators are not at positions 5 and 6."""
    given["Train"]["dataset"]["transforms"].insert(0, {"ColorJitter": {}})
    return given


def test_2_7_0_finds_the_operators_at_their_stock_positions_only():
    assert ratios("2.7.0", moved(config(ratio_list=(0.5,)))) == [0.4] * 4
    assert ratios("2.7.2", moved(config(ratio_list=(0.5,)))) == RAMP
    assert ratios("2.8.1", moved(config())) == [0.8096] * 4


def test_an_operator_alone_or_without_parameters_gets_no_epoch():
    alone = config()
    del alone["Train"]["dataset"]["transforms"][5]
    assert ratios("2.8.1", alone) == [0.4] * 4
    bare = config()
    bare["Train"]["dataset"]["transforms"][5] = {"MakeBorderMap": None}
    assert ratios("2.8.1", bare) == [0.4] * 4
    bare = config()
    bare["Train"]["dataset"]["transforms"][6] = {"MakeShrinkMap": None}
    assert ratios("2.8.1", bare, "MakeBorderMap") == [0.8096] * 4
    assert ratios("2.8.1", bare) == [0.4] * 4


def test_operators_may_differ():
    given = config()
    del given["Train"]["dataset"]["transforms"][6]["MakeShrinkMap"]["total_epoch"]
    assert ratios("2.8.1", given) == [0.4] * 4
    assert ratios("2.8.1", given, "MakeBorderMap") == [0.8096] * 4


def test_keys_of_global_override_the_operator():
    assert ratios("2.8.1", config(shrink_ratio=0.5)) == [0.9096] * 4
    assert ratios("2.10.0", config(epoch=250)) == [0.5] * 4
    assert shrink_options(config(shrink_ratio=0.5))["MakeShrinkMap"]["shrink_ratio"] == 0.5


def test_an_epoch_written_into_the_operator_is_used_by_the_static_releases():
    given = config()
    given["Train"]["dataset"]["transforms"][6]["MakeShrinkMap"]["epoch"] = 250
    assert ratios("2.10.0", given) == [0.5] * 4
    assert ratios("2.10.0", given, "MakeBorderMap") == [0.4] * 4
    assert ratios("2.8.1", given) == [0.8096] * 4
    assert "the config gives" in cause(behaviour_of("2.10.0"), given, "MakeShrinkMap")


def test_the_default_base_is_0_4():
    given = config()
    del given["Train"]["dataset"]["transforms"][6]["MakeShrinkMap"]["shrink_ratio"]
    assert ratios("2.8.1", given) == [0.8096] * 4


def test_what_the_config_means():
    assert expected_band(config(), "MakeShrinkMap") == (0.4, pytest.approx(0.6))
    assert expected_band(config(total_epoch=None), "MakeBorderMap") == (0.4, 0.4)


def test_what_is_due_in_an_epoch():
    def due(epoch: int) -> float:
        return expected_band(config(), "MakeShrinkMap", epoch)[1]

    assert [due(epoch) for epoch in (1, 100, 500, 900)] == pytest.approx([0.4004, 0.44, 0.6, 0.6])


def test_cause_names_the_seed_and_shows_the_sum():
    text = cause(behaviour_of("2.8.1"), config(), "MakeShrinkMap")
    assert "random seed 1024" in text
    assert "0.4 + 0.2 * 1024 / 500 = 0.8096" in text
    assert "13669" in text
    assert "2.8.1" in text


def test_cause_tells_the_other_cases_apart():
    ramp = config(ratio_list=(0.5,))
    assert "grows with the epoch" in cause(behaviour_of("2.8.1"), ramp, "MakeShrinkMap", 100)
    assert "always the start" in cause(behaviour_of("3.7.0"), config(), "MakeShrinkMap")
    assert "no effect" in cause(behaviour_of("2.10.0"), config(), "MakeShrinkMap")
    assert cause(behaviour_of("2.8.1"), config(total_epoch=None), "MakeShrinkMap") is None


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (config(total_epoch=0), "total_epoch must not be 0"),
        (config(total_epoch="many"), "total_epoch must be a number, not 'many'"),
        (config(seed="x"), "seed must be a number"),
        (config(shrink_ratio=None), "shrink_ratio must be a number"),
    ],
)
def test_values_that_no_release_could_use(given, word):
    with pytest.raises(ScheduleError, match=word):
        scheduled_ratio(behaviour_of("2.8.1"), given, "MakeShrinkMap", 1)


def test_an_absent_operator_is_a_lookup_error():
    with pytest.raises(LookupError, match="MakeShrinkMap is not in"):
        scheduled_ratio(behaviour_of("2.8.1"), {}, "MakeShrinkMap", 1)


def test_the_config_is_left_alone():
    given = config()
    before = copy.deepcopy(given)
    ratios("2.8.1", given)
    assert given == before

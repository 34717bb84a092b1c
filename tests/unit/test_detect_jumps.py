from __future__ import annotations

import numpy as np

from ppocr_guard.detect.jumps import JumpDetector


def test_a_jump_has_a_time_and_noise_has_none():
    rng = np.random.default_rng(0)
    quiet = JumpDetector()
    assert all(quiet.update(v, i) is None for i, v in enumerate(rng.normal(1, 0.2, 2000), 1))
    jumping = JumpDetector()
    values = [*rng.normal(1, 0.1, 30), *rng.normal(-1, 0.1, 10)]
    found = [jumping.update(v, 10 * i) for i, v in enumerate(values, 1)]
    assert found[31] is None  # two could be an accident
    assert found[32] == 310
    assert found[-1] == 310


def test_a_single_odd_batch_is_no_jump():
    detector = JumpDetector()
    values = [1.0, 1.1, 0.9, 1.0, 1.1, 0.9, 1.0, 9.0, 1.0, 9.0, 9.0, 1.0, float("nan")]
    assert [detector.update(v, i) for i, v in enumerate(values)] == [None] * len(values)


def test_its_state_comes_back():
    first = JumpDetector()
    for i in range(20):
        first.update(1 + 0.01 * (i % 3), i)
    second = JumpDetector()
    second.load_state_dict(first.state_dict())
    assert [second.update(5.0, i) for i in (20, 21, 22)] == [None, None, 20]

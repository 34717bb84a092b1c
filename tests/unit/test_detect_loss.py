from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppocr_guard.detect.loss import PersistentNotFinite

NAN, INF = math.nan, math.inf


def settled(losses, detector=None):
    """Step (from 1) at which the loss is not finite to stay, or None."""
    detector = detector or PersistentNotFinite()
    for i, loss in enumerate(losses, 1):
        found = detector.update({"loss": loss})
        if found is not None and found.settled:
            return i
    return None


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_a_run_that_is_lost_is_told_within_a_few_steps(bad):
    assert settled([1.0, 0.9] + [bad] * 10) == 2 + 5


@pytest.mark.parametrize(
    "losses",
    [
        [1.0, NAN, 0.9, 0.8],
        [1.0, *[INF] * 4, 0.9] * 3,
        ([1.0] * 27 + [NAN] + [1.0] * 27) * 20,  # an epoch in which one step was not finite
        [NAN, 1.0] + [0.9] * 500,
    ],
)
def test_what_passes_is_no_end(losses):
    assert settled(losses) is None


def test_more_than_half_of_the_steps_is_an_end():
    at = settled([1.0] * 20 + [NAN, NAN, NAN, 1.0] * 100)
    assert at is not None
    assert 20 + 40 < at < 20 + 100


def test_it_is_told_in_passing_and_is_over_when_long_finite():
    detector = PersistentNotFinite(span=10)
    assert detector.update({"loss": 1.0}) is None
    found = detector.update({"loss": NAN, "loss_shrink_maps": NAN, "loss_binary_maps": 0.3})
    assert found is not None
    assert not found.settled
    assert (found.component, found.steps) == ("loss_shrink_maps", 1)
    after = [detector.update({"loss": 1.0}) for _ in range(10)]
    assert [f is not None for f in after] == [True] * 9 + [False]
    assert after[0].steps == 0


def test_weights_that_are_lost_end_it_at_once_also_with_a_finite_loss():
    detector = PersistentNotFinite()
    detector.update({"loss": NAN})
    detector.weights(finite=False)
    found = detector.update({"loss": 1.0})
    assert found.settled
    assert found.weights
    detector = PersistentNotFinite()
    detector.weights(finite=False)  # running statistics: the loss need not show it
    assert detector.update({"loss": 1.0}).settled


def test_weights_that_are_whole_buy_time():
    detector = PersistentNotFinite()
    detector.update({"loss": NAN})
    detector.weights(finite=True)
    assert settled([NAN] * 40, detector) == 4 * 5 - 1
    detector = PersistentNotFinite()
    detector.weights(finite=True)  # looked at while all was well: that says nothing of later
    assert settled([NAN] * 40, detector) == 5


@given(
    losses=st.lists(st.sampled_from([1.0, NAN, INF]), max_size=120),
    cut=st.integers(0, 120),
)
def test_a_resume_anywhere_changes_nothing(losses, cut):
    whole, first, second = (PersistentNotFinite(span=8) for _ in range(3))
    expected = [whole.update({"loss": v}) for v in losses]
    found = [first.update({"loss": v}) for v in losses[:cut]]
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    found += [second.update({"loss": v}) for v in losses[cut:]]
    assert [f and f.settled for f in found] == [f and f.settled for f in expected]

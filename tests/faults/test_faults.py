"""Each row of benchmarks/faults: the training is not hurt, and nothing is lost in silence."""

from __future__ import annotations

import pytest

from benchmarks.faults.bench import Bench
from benchmarks.faults.fault import Fault
from benchmarks.faults.faults import FAULTS


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    pytest.importorskip("paddle", reason="needs `pip install ppocr-guard[demo,test]`")
    return Bench(tmp_path_factory.mktemp("faults"))


@pytest.mark.train
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault(bench: Bench, fault: Fault) -> None:
    result = bench.run(fault)
    told = result.output[-5000:]
    assert result.training == fault.training, told
    assert not result.silent, told
    assert result.lost == fault.lost, told

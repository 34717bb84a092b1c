"""``python tests/fuzz.py KIND [-runs=N] [-max_total_time=S]``: one kind of unit/test_fuzz.py.

atheris (libFuzzer) chooses the bytes by the code of ours that they reach; hypothesis makes an input
of them, so that what fails here can be tried in the test. The rest of the line are libFuzzer's
options. An input that fails is written to ``crash-...``; ``KIND crash-...`` runs it again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent / "unit"))
with atheris.instrument_imports(include=["ppocr_guard", "yaml"]):
    import test_fuzz

KINDS = {
    name[len("test_") :]: test.hypothesis.fuzz_one_input
    for name, test in vars(test_fuzz).items()
    if name.startswith("test_")
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in KINDS:
        sys.exit(f"{__doc__}\nKIND is one of {', '.join(KINDS)}")
    kind = sys.argv.pop(1)
    atheris.Setup([*sys.argv, "-len_control=0", "-max_len=2048"], KINDS[kind])
    atheris.Fuzz()


if __name__ == "__main__":
    main()

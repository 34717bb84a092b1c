"""The label file of a recogniser's data set, and what PaddleOCR's own encoder makes of each line.

A line that the encoder refuses is replaced: by a random one in training, by the next one in
evaluation (LMDB: by a random one, too). Characters that the dictionary does not have are left out.
Neither is said anywhere.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple, Optional

from ppocr_guard.recognition.labels import steps_needed
from ppocr_guard.recognition.lmdb_set import KEY

MANY_LINES = 20000  # that are looked at, or up to twice as many, of a long file


class LabelLine(NamedTuple):
    image: str
    text: str


class Encoded(NamedTuple):
    """``label``: the text as it counts, without what the dictionary lacks; None: refused."""

    label: Optional[str]
    steps: int = 0  # that CTC needs: one a character, and one between equal neighbours


def label_lines(
    dataset: Any, *, spread: bool = False, most: Optional[int] = None
) -> list[LabelLine]:
    """Lines of a data set that reads label files or LMDB, in the order in which it is evaluated;
    at most the first ``most``.

    ``spread``: of a long file only every so many-th, ``MANY_LINES`` to twice as many in all.
    """
    if in_lmdb(dataset):
        order = dataset.data_idx_order_list
        step = max(1, len(order) // MANY_LINES) if spread else 1
        return list(_of_lmdb(dataset.lmdb_sets, order[::step][:most]))
    lines = getattr(dataset, "data_lines", None)
    if not isinstance(lines, list):
        return []
    order = getattr(dataset, "data_idx_order_list", None) or range(len(lines))
    delimiter = str(getattr(dataset, "delimiter", "\t"))
    step = max(1, len(order) // MANY_LINES) if spread else 1
    return [_line(lines[index], delimiter) for index in order[::step][:most]]


def in_lmdb(dataset: Any) -> bool:
    """Whether the lines stand in LMDB, as ``LMDBDataSet`` has them."""
    return isinstance(getattr(dataset, "lmdb_sets", None), Mapping) and hasattr(
        dataset, "data_idx_order_list"
    )


def _of_lmdb(sets: Mapping[int, Any], order: Any) -> Iterator[LabelLine]:
    """``order``: (number of the set, number of the sample from 1). A sample without a label is as
    good as an empty one: another takes its place."""
    with contextlib.ExitStack() as stack:
        # Transactions of our own: PaddleOCR's are those of another thread.
        opened = {n: stack.enter_context(one["env"].begin()) for n, one in sets.items()}
        for index, number in order:
            label = opened[int(index)].get(KEY.format("label", int(number)).encode()) or b""
            image = f"{sets[int(index)]['dirpath']}/{KEY.format('image', int(number))}"
            yield LabelLine(image, label.decode("utf-8", "replace"))


def _line(line: Any, delimiter: str) -> LabelLine:
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)
    image, *rest = text.strip("\n").split(delimiter)
    return LabelLine(image, rest[0] if rest else "")


def encoder(operators: Sequence[Any]) -> Optional[Callable[[str], Encoded]]:
    """What the encoder among ``operators`` makes of a text; None: there is none with a CTC
    label."""
    for one in operators:
        name = type(one).__name__
        ctc = getattr(one, "ctc_encode", one)
        if "LabelEncode" in name and "CTC" in type(ctc).__name__ and hasattr(ctc, "dict"):
            guide = getattr(one, "gtc_encode", None)
            return lambda text, ctc=ctc, guide=guide: _encoded(ctc, guide, text)  # type: ignore[misc]
    return None


def _encoded(ctc: Any, guide: Any, text: str) -> Encoded:
    codes = ctc.encode(text)
    if codes is None or (guide is not None and guide({"label": text}) is None):
        return Encoded(None)
    return Encoded("".join(ctc.character[code] for code in codes), steps_needed(codes))


@dataclass(frozen=True)
class LabelFacts:
    """What the labels of a data set are like; shares in 0..1 of the lines that were looked at.

    ``refused``: never seen by the network; ``altered``: characters are left out; ``unspaced``:
    nothing but spaces is left out. ``steps``: how many labels need how many time steps.
    """

    lines: int = 0
    refused: float = 0.0
    altered: float = 0.0
    unspaced: float = 0.0
    longest: int = 0
    steps: Counter[int] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)  # characters
    kinds: Counter[str] = field(default_factory=Counter)  # of characters, as written
    texts: frozenset[str] = frozenset()  # as they count

    def impossible(self, steps: float) -> Optional[float]:
        """Share of the encoded labels that need more than ``steps``."""
        total = sum(self.steps.values())
        return sum(n for need, n in self.steps.items() if need > steps) / total if total else None


def label_facts(lines: Sequence[LabelLine], encode: Callable[[str], Encoded]) -> LabelFacts:
    """Figures of all these lines."""
    if not lines:
        return LabelFacts()
    refused = altered = unspaced = longest = 0
    steps: Counter[int] = Counter()
    lost: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    texts: set[str] = set()
    for _, text in lines:
        label, need = encode(text)
        longest = max(longest, len(text))
        kinds.update(kind(character) for character in text)
        if label is None:
            refused += 1
            continue
        steps[need] += 1
        texts.add(label)
        if len(label) < len(text):
            gone = Counter(text) - Counter(label)
            lost.update(gone)
            unspaced += set(gone) <= {" "}
            altered += not set(gone) <= {" "}
    n = len(lines)
    return LabelFacts(
        n, refused / n, altered / n, unspaced / n, longest, steps, lost, kinds, frozenset(texts)
    )


def kind(character: str) -> str:
    """Of a character, coarsely: what tells two languages or two ways of labelling apart."""
    if character.isdigit():
        return "digit"
    if character.isspace():
        return "space"
    if not character.isalpha():
        return "sign"
    if character.isascii():
        return "upper" if character.isupper() else "lower"
    return f"letter {ord(character) >> 9}"  # blocks of 512: CJK takes many, and so does Hangul


def evaluated(
    lines: Sequence[LabelLine], encode: Callable[[str], Encoded], *, at_random: bool = False
) -> Iterator[tuple[Optional[LabelLine], str]]:
    """(line, its label as it counts) in the order of an evaluation: a line that is refused is
    evaluated as the next one that is not; ``at_random``: as any, and None stands for it. Endless
    refusal gives nothing."""
    labels = [encode(line.text).label for line in lines]
    if not any(label is not None for label in labels):
        return
    for start in range(len(lines)):
        index = start
        while labels[index] is None:
            index = (index + 1) % len(lines)
        if at_random and index != start:
            yield None, ""
        else:
            yield lines[index], labels[index] or ""

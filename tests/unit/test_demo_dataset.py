from __future__ import annotations

from pathlib import Path

import pytest

from ppocr_guard.demo import dataset

cv2 = pytest.importorskip("cv2")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dataset.Dataset:
    return dataset.make_dataset(tmp_path_factory.mktemp("data"), 12, 4, size=128, seed=3)


def signed_area(points: tuple[dataset.Point, ...]) -> float:
    following = points[1:] + points[:1]
    return sum(x * y2 - x2 * y for (x, y), (x2, y2) in zip(points, following)) / 2


def test_writes_one_line_and_one_image_each(data: dataset.Dataset) -> None:
    for labels, count in ((data.train_labels, 12), (data.val_labels, 4)):
        read = dataset.read_labels(labels)
        assert len(read) == count
        for label in read:
            image = cv2.imread(str(data.folder / label.image))
            assert image.shape == (128, 128, 3)


def test_texts_lie_inside_clockwise_and_contrast_with_the_ground(data: dataset.Dataset) -> None:
    import numpy as np

    texts = 0
    for label in dataset.read_labels(data.train_labels):
        image = cv2.imread(str(data.folder / label.image), cv2.IMREAD_GRAYSCALE)
        for text in label.texts:
            texts += 1
            assert len(text.points) == 4
            assert all(0 <= v < 128 for point in text.points for v in point)
            assert signed_area(text.points) > 0  # clockwise, as y points down
            inside = np.zeros_like(image)
            cv2.fillPoly(inside, [np.round(np.array(text.points)).astype(np.int32)], 1)
            pixels = image[inside == 1]
            assert np.percentile(pixels, 2) < np.median(image) - 20, text
    assert texts >= 24


def test_same_seed_same_bytes(data: dataset.Dataset, tmp_path: Path) -> None:
    again = dataset.make_dataset(tmp_path / "again", 12, 4, size=128, seed=3)
    other = dataset.make_dataset(tmp_path / "other", 12, 4, size=128, seed=4)
    assert again.train_labels.read_bytes() == data.train_labels.read_bytes()
    assert other.train_labels.read_bytes() != data.train_labels.read_bytes()
    one = "train/00003.png"
    assert (again.folder / one).read_bytes() == (data.folder / one).read_bytes()
    assert data.train_labels.read_bytes()[:200] != data.val_labels.read_bytes()[:200]


@pytest.mark.parametrize(("train", "val", "size"), [(0, 1, 128), (1, 0, 128), (1, 1, 64)])
def test_refuses_what_cannot_be_trained_on(tmp_path: Path, train: int, val: int, size: int) -> None:
    with pytest.raises(ValueError, match="96 px"):
        dataset.make_dataset(tmp_path, train, val, size=size)


LABEL = dataset.Label(
    "a.png", (dataset.Text("字", ((1.0, 2.0), (5.0, 2.0), (5.0, 4.0), (1.0, 4.0))),)
)


def test_labels_round_trip(tmp_path: Path) -> None:
    dataset.write_labels(tmp_path / "l.txt", [LABEL])
    line = (tmp_path / "l.txt").read_text(encoding="utf-8")
    assert line == (
        'a.png\t[{"transcription": "字", '
        '"points": [[1.0, 2.0], [5.0, 2.0], [5.0, 4.0], [1.0, 4.0]]}]\n'
    )
    assert dataset.read_labels(tmp_path / "l.txt") == [LABEL]


def test_faults_change_only_what_they_name() -> None:
    (shifted,) = dataset.shift([LABEL], 10, -1)
    assert shifted.texts[0].points == ((11.0, 1.0), (15.0, 1.0), (15.0, 3.0), (11.0, 3.0))
    (scaled,) = dataset.scale([LABEL], 2)
    assert scaled.texts[0].points == ((2.0, 4.0), (10.0, 4.0), (10.0, 8.0), (2.0, 8.0))
    assert shifted.texts[0].transcription == scaled.texts[0].transcription == "字"

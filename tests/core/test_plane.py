"""Decision areas, confusion and operating points in the probability plane."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix
from sklearn.svm import SVC

from core.domain import Label
from core.errors import UserError
from core.metrics import FrocImage, froc, operating_threshold
from core.plane import UNKNOWN, CallTable, FrocTable, class_of, confusion, decision_areas


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def clouds(rng):
    """60 positions around each class's place in Fig. 6: N at the origin, B at (0, 1), M at (1, 0.5)."""
    centres = np.array([[0.15, 0.15], [0.15, 0.85], [0.85, 0.5]])
    classes = np.repeat(np.arange(3), 60).astype(np.int8)
    return np.clip(centres[classes] + rng.normal(0, 0.12, (180, 2)), 0, 1), classes


def froc_images(rng, count=40):
    """Images with 6 regions, tied scores among them; every other one is positive, some without a hit."""
    images = []
    for number in range(count):
        positive = number % 2 == 0
        hit = (rng.random(6) < 0.3) & positive
        score = np.round(rng.random(6) * (1 + hit) / 2, 1)
        probability = float(np.round(0.4 * rng.random() + 0.4 * positive, 2))
        images.append(FrocImage(probability, positive, score, hit))
    return images


def test_m_and_mb_are_one_class_and_no_label_is_none():
    assert [class_of(label) for label in Label] == [0, 1, 2, 2]
    assert class_of(None) == UNKNOWN


def test_each_area_is_the_class_whose_own_svm_is_surest(clouds):
    position, classes = clouds
    areas = decision_areas(position, classes, cells=20)
    middle = (np.arange(20) + 0.5) / 20
    places = np.array([(x, y) for y in middle for x in middle])
    surest = np.stack(
        [
            SVC(kernel="rbf", class_weight="balanced").fit(position, classes == c).decision_function(places)
            for c in range(3)
        ]
    ).argmax(axis=0)
    assert (areas.cells.ravel() == surest).all()
    assert areas.cells[2, 2] == 0
    assert areas.cells[17, 2] == 1
    assert areas.cells[10, 18] == 2


def test_a_point_has_the_class_of_the_cell_that_it_lies_in_the_middle_of(clouds):
    areas = decision_areas(*clouds, cells=16)
    middle = (np.arange(16) + 0.5) / 16
    for row in (0, 7, 15):
        places = np.stack([middle, np.full(16, middle[row])], axis=1)
        assert (areas.classes_of(places) == areas.cells[row]).all()
    assert areas.classes_of(np.zeros((0, 2))).shape == (0,)


def test_images_without_a_label_teach_nothing(clouds):
    position, classes = clouds
    more = np.vstack([position, np.full((50, 2), 0.5)])
    unknown = np.append(classes, np.full(50, UNKNOWN, np.int8))
    assert (decision_areas(more, unknown, cells=12).cells == decision_areas(*clouds, cells=12).cells).all()


@pytest.mark.parametrize(("missing", "word"), [(0, "normal"), (1, "benign"), (2, "malignant")])
def test_a_class_that_is_missing_is_named(clouds, missing, word):
    position, classes = clouds
    kept = classes != missing
    with pytest.raises(UserError, match=f"labelled {word}"):
        decision_areas(position[kept], classes[kept])


def test_many_images_are_thinned_class_by_class_always_alike_and_that_is_told(clouds):
    position, classes = np.tile(clouds[0], (4, 1)), np.tile(clouds[1], 4)
    classes = np.where((classes == 2) & (np.arange(len(classes)) > 130), 0, classes).astype(np.int8)
    areas = decision_areas(position, classes, most=100, cells=12)
    assert areas.of == len(classes)
    assert abs(areas.trained_on - 100) <= 2
    assert (areas.cells == decision_areas(position, classes, most=100, cells=12).cells).all()
    assert set(areas.classifier.classes_) == {0, 1, 2}


def test_confusion_counts_as_scikit_learn_does_and_leaves_unknown_ones_out(rng):
    truth = rng.integers(-1, 3, 300).astype(np.int8)
    said = rng.integers(0, 3, 300).astype(np.int8)
    known = truth != UNKNOWN
    expected = confusion_matrix(truth[known], said[known], labels=[0, 1, 2])
    assert (confusion(truth, said) == expected).all()
    assert confusion(truth[:0], said[:0]).sum() == 0


def test_an_operating_point_counts_what_a_loop_counts(rng):
    score = np.round(rng.random(200), 2)
    positive = rng.random(200) < 0.3
    table = CallTable(score, positive)
    for threshold in (0.0, 0.25, 0.5, float(score[7]), 1.0, 1.5):
        point = table.at(threshold)
        called = [s >= threshold for s in score]
        true = sum(c and p for c, p in zip(called, positive, strict=True))
        false = sum(c and not p for c, p in zip(called, positive, strict=True))
        assert (point.called, point.true_positive) == (sum(called), true)
        assert point.sensitivity == pytest.approx(true / positive.sum())
        assert point.specificity == pytest.approx(1 - false / (~positive).sum())


def test_a_class_without_an_image_has_no_share():
    assert CallTable([0.2, 0.4], [False, False]).at(0.3).sensitivity is None
    assert CallTable([0.2, 0.4], [True, True]).at(0.3).specificity is None


def test_at_the_papers_operating_point_the_froc_is_that_of_the_tables(rng):
    images = froc_images(rng)
    threshold = operating_threshold([i.probability for i in images], [i.is_positive for i in images])
    expected = froc(images)
    curve = FrocTable(images).curve(threshold)
    for level in (0.0, 0.3, 0.5, 1.0, 2.0, 9.0):
        assert curve.sensitivity[curve.index_within(level)] == pytest.approx(expected.sensitivity_at(level))


def test_froc_at_any_threshold_counts_what_a_loop_counts(rng):
    images = froc_images(rng)
    table = FrocTable(images)
    for threshold in (0.0, 0.2, 0.45, 0.7):
        called = [image for image in images if image.probability >= threshold]
        positive = sum(image.is_positive for image in called)
        curve = table.curve(threshold)
        for index, shown_from in enumerate(curve.threshold):
            false = found = 0
            for image in called:
                shown = image.score >= shown_from
                hit = image.is_hit if image.is_positive else np.zeros(6, bool)
                false += int((shown & ~hit & (image.score > 0)).sum())
                found += bool((shown & hit & (image.score > 0)).any())
            assert curve.fppi[index] == pytest.approx(false / len(called))
            assert curve.sensitivity[index] == pytest.approx(found / positive)
            assert curve.index_at(shown_from) == index


def test_without_a_called_positive_image_there_is_no_froc(rng):
    images = froc_images(rng)
    assert FrocTable(images).curve(2.0) is None
    assert FrocTable([]).curve(0.0) is None
    assert FrocTable([image for image in images if not image.is_positive]).curve(0.0) is None

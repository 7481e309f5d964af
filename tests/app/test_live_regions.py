"""The line that tells a reader what the contour in hand does to the region labels."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.live_regions import LiveRegions
from core.domain import Contour, Finding, FindingClass, FindingId, FindingType, ImageId, RegionLabel
from core.recipe import GridSettings
from core.regions import region_grid, region_labels
from storage.project import Project

SHAPE = (900, 700)
BOXES = region_grid(np.ones(SHAPE, dtype=bool), scale=1.0, settings=GridSettings())
LARGE = [(150, 150), (550, 150), (550, 550), (150, 550)]


def finding(points, number=1, which=FindingClass.MALIGNANT):
    return Finding(
        FindingId(number), ImageId(1), "Dr A", which, FindingType.UNSPECIFIED, Contour.from_points(points), 1
    )


def live(*findings, new=FindingClass.MALIGNANT, boxes=BOXES):
    return LiveRegions(boxes, findings, shape=SHAPE, new_class=lambda: new)


def counts_in(line):
    words = line.replace(",", "").replace(".", "").split()
    return int(words[1]), int(words[3]), int(words[5])


@pytest.mark.parametrize("others", [[], [finding([(400, 600), (640, 600), (640, 850), (400, 850)])]])
def test_the_counts_are_those_of_the_stored_labels(others):
    line, is_warning = live(*others).line(LARGE)
    contours = [each.contour for each in others] + [Contour.from_points(LARGE)]
    labels = region_labels(BOXES, contours, alpha=0.5, shape=SHAPE)
    assert counts_in(line) == tuple(
        int((labels == which).sum()) for which in (RegionLabel.M, RegionLabel.IGNORED, RegionLabel.BN)
    )
    assert not is_warning


def test_a_finding_that_is_changed_does_not_count_twice():
    old = finding(LARGE)
    moved = [(x + 20, y + 300) for x, y in LARGE]
    line, _ = live(old).line(moved, changed=old)
    assert line == live().line(moved)[0]


def test_a_contour_that_makes_no_region_malignant_is_a_warning():
    boxes = BOXES[:1]
    large_beside = [(200, 200), (700, 200), (700, 900), (200, 900)]
    line, is_warning = live(boxes=boxes).line(large_beside)
    assert is_warning
    assert "makes no region malignant" in line


def test_a_contour_on_no_region_is_a_warning():
    line, is_warning = live(boxes=BOXES[:1]).line([(400, 400), (500, 400), (450, 500)])
    assert is_warning
    assert "meets no region" in line


def test_what_labels_no_region_has_no_line():
    assert live(new=FindingClass.BENIGN).line(LARGE) == ("", False)
    assert live().line(LARGE[:2]) == ("", False)
    benign = finding(LARGE, which=FindingClass.BENIGN)
    assert live(benign).line(LARGE, changed=benign) == ("", False)


def test_the_line_follows_the_hand_in_the_window(in_window, project_folder):
    told = []

    def steps(hand) -> None:
        told.append(hand.wait_for_image())
        hand.key(Qt.Key.Key_G)
        for x, y in ((60, 150), (250, 150), (250, 350)):
            hand.qtbot.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.at(x, y))
        told.append(hand.canvas._live_line()[0])
        hand.qtbot.mouseClick(hand.canvas, Qt.MouseButton.LeftButton, pos=hand.at(60, 350))
        told.append(hand.canvas._live_line()[0])
        hand.key(Qt.Key.Key_Return)
        hand.wait(lambda: len(hand.canvas.contours.findings) == 1)
        assert hand.canvas._live_line() == ("", False)

    assert in_window(project_folder, steps) == 0
    image, triangle, square = told
    assert counts_in(triangle) != counts_in(square)
    with Project.open(project_folder) as project:
        labels = project.store.region_labels(image)
    stored = tuple(int((labels == which).sum()) for which in (1, -1, 0))
    assert counts_in(square) == stored

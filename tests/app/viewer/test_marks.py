"""Parts of the heatmap, its colour bar, region dots, what a box tells under the mouse, and the way from mark to mark."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.viewer import ShownImage, Tool
from app.viewer.model_overlay import ModelOverlay
from app.viewer.shown import Layers
from core.domain import FindingClass, FindingId, ImageId, RegionLabel
from core.heatmap import HeatmapPart

M, B = FindingClass.MALIGNANT, FindingClass.BENIGN


@pytest.fixture
def parted(prediction):
    """The prediction of four boxes with class probabilities of which the scores can be products."""
    values, boxes = prediction
    cls = np.array([(0.1, 0.1, 0.8), (0.5, 0.3, 0.2), (0.4, 0.5, 0.1), (0.2, 0.5, 0.3)], np.float32)
    return replace(values, cls=cls), boxes


class FixedRegions:
    """Four regions with labels that do not depend on what is drawn."""

    def __init__(self, boxes: np.ndarray) -> None:
        self.boxes = boxes

    def labels(self, _points, *, changed=None):
        return np.array([RegionLabel.M, RegionLabel.BN, RegionLabel.IGNORED, RegionLabel.BN], np.int8)

    def line(self, _points, *, changed=None):
        return "", False


def test_each_part_has_its_own_map_and_the_bar_tells_what_is_strongest(parted):
    overlay = ModelOverlay(*parted, rows=400, columns=300)
    full = {part: overlay.full_value(Layers(part=part)) for part in HeatmapPart}
    assert full[HeatmapPart.CLASSIFICATION] == full[HeatmapPart.SELECTION] == 1.0
    assert full[HeatmapPart.SCORE] == pytest.approx(0.6, abs=0.02)
    assert full[HeatmapPart.DETECTION] == pytest.approx(0.6 / 0.8, abs=0.02)
    benign = overlay.full_value(Layers(part=HeatmapPart.SCORE, heatmap_class=B))
    assert benign == pytest.approx(0.3, abs=0.02)


def test_the_heatmap_changes_with_the_part_and_comes_back(opened, hand, parted):
    opened.set_prediction(*parted)
    opened.set_heatmap_visible(True)
    first = hand.screen()
    seen = []
    for part in list(HeatmapPart)[1:]:
        opened.set_heatmap_part(part)
        seen.append(hand.screen()[60:300])
        assert not np.array_equal(seen[-1], first[60:300])
    assert not np.array_equal(seen[0], seen[1])
    opened.set_heatmap_part(HeatmapPart.SCORE)
    assert np.array_equal(hand.screen(), first)


def test_all_overlays_go_with_one_switch_and_come_back_as_they_were(opened, hand, parted, square_finding):
    plain = hand.screen()
    opened.set_prediction(*parted)
    opened.set_findings([square_finding()])
    opened.set_heatmap_visible(True)
    shown = hand.screen()
    opened.set_overlays_hidden(True)
    assert np.array_equal(hand.screen()[50:300], plain[50:300])
    opened.set_overlays_hidden(False)
    assert np.array_equal(hand.screen(), shown)


def test_regions_have_a_dot_of_the_colour_of_their_label(opened, hand, parted):
    _, boxes = parted
    opened.set_live(FixedRegions(boxes))
    opened.set_regions_visible(True)
    shown = hand.screen()
    colours = []
    for x0, y0, x1, y1 in boxes:
        place = hand.place((x0 + x1) / 2, (y0 + y1) / 2)
        colours.append(shown[place.y(), place.x()].astype(int))
    malignant, bn, ignored, _ = colours
    assert malignant[0] > 200 > 120 > malignant[1]
    assert np.ptp(bn) < 10
    assert min(ignored[:2]) > 150
    assert ignored[2] < 130
    opened.set_regions_visible(False)
    assert not np.array_equal(hand.screen(), shown)


def test_a_box_under_the_mouse_tells_what_its_score_is_made_of(opened, hand, parted, monkeypatch):
    said = []
    monkeypatch.setattr("app.viewer.scene.draw_outlined", lambda _p, _at, text, **_o: said.append(text))
    opened.set_prediction(*parted)
    hand.move(80, 80)
    opened.canvas.grab()
    assert said[-1] == "d 0.600  p_cls 0.800  p_det 0.750"
    hand.move(140, 200)
    said.clear()
    opened.canvas.grab()
    assert not said
    opened.set_boxes_visible(False)
    hand.move(80, 80)
    opened.canvas.grab()
    assert not said


def middle(viewer) -> tuple[float, float]:
    return viewer.canvas.transform.to_image((250.0, 200.0))


def test_mark_by_mark_the_best_malignant_box_first_then_contours_then_benign_boxes(
    opened, parted, square_finding
):
    values, boxes = parted
    opened.set_prediction(values, boxes)
    opened.set_findings([square_finding(low=200.5, high=220.5)])
    opened.set_top_k(1)
    centres = [(80, 80), (210.5, 210.5), (200, 280)]
    for centre in (*centres, centres[0]):
        assert opened.go_to_mark(1)
        assert middle(opened) == pytest.approx(centre, abs=1)
    assert opened.go_to_mark(-1)
    assert middle(opened) == pytest.approx(centres[-1], abs=1)
    opened.go_to_mark(-1)
    assert opened.canvas.selected.id == FindingId(7)
    assert opened.zoom >= 1


def test_marks_of_overlays_that_are_off_are_passed_over(opened, parted, square_finding):
    opened.set_prediction(*parted)
    opened.set_boxes_visible(False)
    assert not opened.go_to_mark(1)
    opened.set_findings([square_finding()])
    assert opened.go_to_mark(1)
    assert middle(opened) == pytest.approx((100.5, 100.5), abs=1)


def test_another_image_begins_with_its_own_first_mark(opened, parted, grey_mammogram):
    opened.set_prediction(*parted)
    opened.go_to_mark(1)
    opened.go_to_mark(1)
    opened.show_image(ShownImage(ImageId(2), grey_mammogram, ""))
    opened.set_prediction(*parted)
    opened.go_to_mark(1)
    assert middle(opened) == pytest.approx((80, 80), abs=1)


def test_a_contour_in_hand_survives_the_way_to_a_mark(opened, hand, parted):
    opened.set_prediction(*parted)
    opened.set_tool(Tool.CONTOUR)
    hand.click(150.5, 150.5)
    hand.click(180.5, 150.5)
    opened.go_to_mark(1)
    assert opened.has_unfinished_drawing()
    assert len(opened.canvas.draft_points()) == 2

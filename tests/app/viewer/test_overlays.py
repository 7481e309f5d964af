from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.viewer import ShownImage, Tool
from app.viewer.inks import WARM, Inks
from app.viewer.model_overlay import ModelOverlay
from core.domain import FindingClass, FindingId, ImageId
from core.heatmap import top_boxes


def pixels_that_differ(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(height, width) bool, corner texts left out."""
    differ = (before.astype(int) != after).any(axis=-1)
    differ[-90:] = differ[:50, :180] = False
    return differ


def at(hand, shown: np.ndarray, x: float, y: float) -> tuple[int, int, int]:
    place = hand.place(x, y)
    return tuple(int(value) for value in shown[place.y(), place.x()])


def test_boxes_can_be_switched_on_and_off(opened, hand, prediction):
    opened.set_prediction(*prediction)
    with_boxes = hand.screen()
    opened.set_boxes_visible(False)
    without = hand.screen()
    assert pixels_that_differ(with_boxes, without).any()
    opened.set_boxes_visible(True)
    assert np.array_equal(hand.screen(), with_boxes)
    opened.set_prediction(None, None)
    assert not pixels_that_differ(hand.screen(), without).any()


def test_malignant_boxes_are_blue_and_benign_ones_green(opened, hand, prediction):
    opened.set_top_k(1)
    opened.set_prediction(*prediction)
    shown = hand.screen()
    left_edges = {"M": (40, range(60, 110)), "B": (160, range(260, 310))}
    colours = {name: np.array([at(hand, shown, x, y) for y in ys]) for name, (x, ys) in left_edges.items()}
    malignant, benign = (colours[name][np.ptp(colours[name], axis=1).argmax()] for name in "MB")
    assert malignant.argmax() == 2
    assert benign.argmax() == 1


def test_as_many_boxes_are_drawn_as_asked_for(prediction):
    overlay = ModelOverlay(*prediction, rows=400, columns=300)
    texts = {box.text for box in overlay.best(2)}
    assert texts == {"M1 0.60", "M2 0.10", "B1 0.30", "B2 0.10"}
    assert [box.text for box in overlay.best(1)] == ["B1 0.30", "M1 0.60"]
    assert overlay.best(0) == []


def test_a_region_that_scores_next_to_nothing_has_no_box(prediction):
    model, boxes = prediction
    faint = replace(model, score=model.score * np.float32(0.1))
    overlay = ModelOverlay(faint, boxes, rows=400, columns=300)
    assert [box.text for box in overlay.best(3)] == ["M1 0.06"]


def test_an_image_without_suspicion_has_no_hot_heatmap(opened, hand, prediction):
    model, boxes = prediction
    opened.set_boxes_visible(False)
    opened.set_heatmap_visible(True)
    opened.set_prediction(replace(model, score=model.score * np.float32(0.01)), boxes)
    faint = hand.screen()
    opened.set_heatmap_visible(False)
    assert not pixels_that_differ(hand.screen(), faint).any()


def test_boxes_are_those_of_the_core(prediction):
    model, boxes = prediction
    overlay = ModelOverlay(model, boxes, rows=400, columns=300)
    drawn = [box.rect for box in overlay.best(3) if box.finding_class is FindingClass.MALIGNANT]
    assert drawn == [tuple(boxes[i]) for i in top_boxes(boxes, model.score[:, 1], 3)]


def test_scores_that_do_not_fit_the_boxes_are_an_error(prediction):
    with pytest.raises(ValueError, match="do not fit"):
        ModelOverlay(prediction[0], prediction[1][:2], rows=400, columns=300)


def test_the_heatmap_tints_what_is_suspicious_and_nothing_else(opened, hand, prediction):
    opened.set_boxes_visible(False)
    opened.set_prediction(*prediction)
    plain = hand.screen()
    opened.set_heatmap_visible(True)
    tinted = hand.screen()
    red, green, blue = at(hand, tinted, 80, 80)
    assert red > green > blue
    assert at(hand, tinted, 200, 280) == at(hand, plain, 200, 280)
    opened.set_heatmap_class(FindingClass.BENIGN)
    assert at(hand, hand.screen(), 200, 280) != at(hand, plain, 200, 280)
    opened.set_heatmap_opacity(0)
    assert not pixels_that_differ(hand.screen(), plain).any()
    opened.set_heatmap_visible(False)
    assert np.array_equal(hand.screen(), plain)


def test_calcifications_stay_in_sight_under_the_strongest_heatmap(viewer, hand, make_mammogram, prediction):
    stored = np.full((400, 300), 1200, np.uint16)
    stored[80:83, 80:83] = 3800
    viewer.show_image(ShownImage(ImageId(1), make_mammogram(stored), ""))
    viewer.one_to_one()
    viewer.set_boxes_visible(False)
    viewer.set_prediction(*prediction)
    plain = hand.screen()
    viewer.set_heatmap_visible(True)
    viewer.set_heatmap_opacity(1)
    tinted = hand.screen()
    contrast = [at(hand, shown, 81.5, 81.5)[0] - at(hand, shown, 70, 70)[0] for shown in (plain, tinted)]
    assert contrast[0] > 140
    assert contrast[1] > 0.6 * contrast[0]


def test_the_warm_map_grows_lighter_all_the_way():
    lightness = Inks().heat_colours(np.linspace(0, 1, 50, dtype=np.float32)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > 0).all()
    assert len(WARM) > 2


def test_contours_can_be_switched_on_and_off(opened, hand, square_finding):
    plain = hand.screen()
    opened.set_findings([square_finding()])
    drawn = hand.screen()
    assert pixels_that_differ(plain, drawn).any()
    opened.set_contours_visible(False)
    assert not pixels_that_differ(hand.screen(), plain).any()
    opened.set_contours_visible(True)
    assert np.array_equal(hand.screen(), drawn)


def test_malignant_contours_are_red_and_benign_ones_grey(opened, hand, square_finding):
    opened.set_findings(
        [square_finding(), square_finding(8, finding_class=FindingClass.BENIGN, low=180, high=240)]
    )
    shown = hand.screen()
    red, green, blue = at(hand, shown, 60, 100)
    assert red > green + 80
    assert red > blue + 80
    assert np.ptp(at(hand, shown, 180, 210)) < 6


def test_findings_of_another_image_are_not_drawn_until_it_is_shown(
    opened, hand, square_finding, grey_mammogram
):
    plain = hand.screen()
    opened.set_findings([square_finding(image=2)])
    assert not pixels_that_differ(hand.screen(), plain).any()
    opened.show_image(ShownImage(ImageId(2), grey_mammogram, "Patient 7f3a"))
    opened.one_to_one()
    assert pixels_that_differ(hand.screen(), plain).any()


def test_a_prediction_does_not_outlive_its_image(opened, hand, prediction, make_mammogram):
    opened.set_prediction(*prediction)
    opened.show_image(ShownImage(ImageId(2), make_mammogram(np.full((400, 300), 2048, np.uint16)), ""))
    assert opened.canvas.picture.model is None


def test_a_contour_past_the_edge_is_drawn_only_inside_the_image(opened, hand, square_finding):
    plain = hand.screen()
    opened.set_findings([square_finding(low=-30, high=60)])
    differ = pixels_that_differ(plain, hand.screen())
    left, top = round(opened.canvas.transform.x), max(round(opened.canvas.transform.y), 0)
    assert differ.any()
    assert not differ[:, :left].any()
    assert top == 0


def test_a_click_selects_the_smallest_contour_there_and_a_click_beside_selects_none(
    opened, hand, qtbot, square_finding
):
    opened.set_findings([square_finding(1, low=40, high=220), square_finding(2)])
    with qtbot.waitSignal(opened.finding_selected) as selected:
        hand.click(100, 100)
    assert selected.args == [FindingId(2)]
    with qtbot.waitSignal(opened.finding_selected) as selected:
        hand.click(200, 200)
    assert selected.args == [FindingId(1)]
    with qtbot.waitSignal(opened.finding_selected) as selected:
        hand.click(280, 300)
    assert selected.args == [None]


def test_a_selected_contour_is_thicker_and_selecting_from_outside_tells_nobody(
    opened, hand, qtbot, square_finding
):
    opened.set_findings([square_finding()])
    thin = hand.screen()
    with qtbot.assertNotEmitted(opened.finding_selected):
        opened.select_finding(FindingId(7))
    thick = hand.screen()
    reddish = [(shown[..., 0].astype(int) - shown[..., 1]).clip(0).sum() for shown in (thin, thick)]
    assert reddish[1] > 1.3 * reddish[0]


def test_hidden_contours_cannot_be_selected_or_deleted(opened, hand, qtbot, square_finding):
    opened.set_findings([square_finding()])
    opened.select_finding(FindingId(7))
    opened.set_contours_visible(False)
    with qtbot.assertNotEmitted(opened.delete_requested):
        hand.key(Qt.Key.Key_Delete)
    opened.select_finding(None)
    with qtbot.assertNotEmitted(opened.finding_selected):
        hand.click(100, 100)


def test_delete_asks_for_the_selected_finding_to_go_and_escape_selects_none(
    opened, hand, qtbot, square_finding
):
    opened.set_findings([square_finding()])
    hand.click(100, 100)
    with qtbot.waitSignal(opened.delete_requested) as wanted:
        hand.key(Qt.Key.Key_Delete)
    assert wanted.args == [FindingId(7)]
    with qtbot.waitSignal(opened.finding_selected) as selected:
        hand.key(Qt.Key.Key_Escape)
    assert selected.args == [None]
    assert opened.tool is Tool.BROWSE

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.viewer.transform import MAX_ZOOM, ViewTransform, stepped_zoom
from app.viewer.viewport import ViewPort

places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))
scales = st.floats(0.01, 40)


@settings(deadline=None)
@given(scales, places, places)
def test_a_point_comes_back_from_the_screen_where_it_was(scale, corner, point):
    transform = ViewTransform(scale, *corner)
    assert transform.to_image(transform.to_view(point)) == pytest.approx(point, abs=1e-6)


@settings(deadline=None)
@given(scales, scales, places, places)
def test_zooming_keeps_the_image_point_under_the_cursor(before, after, corner, cursor):
    transform = ViewTransform(before, *corner)
    zoomed = transform.zoomed(after, at=cursor)
    assert zoomed.scale == after
    assert zoomed.to_view(transform.to_image(cursor)) == pytest.approx(cursor, abs=1e-4)


def test_a_fitted_image_touches_two_sides_and_lies_in_the_middle():
    transform = ViewTransform.fitting(rows=200, columns=100, width=500, height=400)
    assert (transform.scale, transform.x, transform.y) == (2.0, 150.0, 0.0)


@pytest.mark.parametrize(("zoom", "steps"), [(0.95, 1), (1.1, -1), (0.5, 20), (7, -30)])
def test_a_zoom_that_passes_1_to_1_stops_there(zoom, steps):
    assert stepped_zoom(zoom, steps, smallest=0.1) == 1.0


def test_zoom_has_a_smallest_and_a_largest_value():
    assert stepped_zoom(0.3, -50, smallest=0.2) == 0.2
    assert stepped_zoom(2.0, 50, smallest=0.2) == MAX_ZOOM


def test_an_image_cannot_be_pushed_off_the_canvas():
    port = ViewPort()
    port.set_image_size(200, 100)
    port.set_size(500, 400, device_ratio=1)
    port.pan(10_000, -10_000)
    left, bottom = port.transform.to_view((0, 200))
    assert left < 500
    assert bottom > 0


def test_a_fitted_image_stays_fitted_when_the_canvas_grows_and_a_panned_one_keeps_its_middle():
    port = ViewPort()
    port.set_image_size(200, 100)
    port.set_size(500, 400, device_ratio=1)
    port.set_size(500, 800, device_ratio=1)
    assert port.transform.scale == 4.0
    port.pan(30, 10)
    middle = port.transform.to_image(port.middle)
    port.set_size(700, 900, device_ratio=1)
    assert port.transform.to_image(port.middle) == pytest.approx(middle)

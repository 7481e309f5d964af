"""What the corners say of pixels that a reader must not take for more than they are."""

import pytest

from app.viewer.corner_text import marks
from core.pixels import ImageHeader, Unusable


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_synthetic": True}, "SYNTHETIC"),
        ({"is_for_processing": True}, "For Processing"),
        ({"is_resampled": True}, "Resampled pixels"),
        ({"is_lossy": True}, "Lossy"),
        ({"bits": 8}, "8 bit"),
        ({"frames": 3}, "Frame 1 of 3: not used in training"),
        ({"frames": 3, "frame": 2}, "Frame 3 of 3"),
        ({"is_from_tomosynthesis": True}, "Computed from tomosynthesis"),
    ],
)
def test_pixels_that_are_not_plain_are_marked(changes, words):
    (mark,) = marks(ImageHeader(rows=10, columns=10, **changes))
    assert words in mark


def test_a_plain_mammogram_has_no_mark():
    assert marks(ImageHeader(rows=10, columns=10)) == []


def test_what_a_file_says_and_no_display_can_follow_is_marked():
    (mark,) = marks(ImageHeader(rows=10, columns=10), unusable=(Unusable.WINDOW, Unusable.LUT))
    assert mark == "Not usable in this file, and not followed: window, VOI LUT"

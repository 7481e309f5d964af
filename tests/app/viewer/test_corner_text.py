"""What the corners say of pixels that a reader must not take for more than they are."""

import pytest

from app.viewer.corner_text import marks
from core.pixels import ImageHeader


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_synthetic": True}, "SYNTHETIC"),
        ({"is_for_processing": True}, "For Processing"),
        ({"is_resampled": True}, "Resampled pixels"),
        ({"is_lossy": True}, "Lossy"),
        ({"bits": 8}, "8 bit"),
        ({"frames": 3}, "1 of 3"),
    ],
)
def test_pixels_that_are_not_plain_are_marked(changes, words):
    (mark,) = marks(ImageHeader(rows=10, columns=10, **changes))
    assert words in mark


def test_a_plain_mammogram_has_no_mark():
    assert marks(ImageHeader(rows=10, columns=10)) == []

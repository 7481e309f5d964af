"""Active seconds come from a monotonic clock, and only from time in which something was done."""

from __future__ import annotations

import pytest

from core.domain import FindingClass, FindingType, Label
from storage.ledger import ActiveTime, effort_by_reader, seconds_by_image
from storage.records import EventKind


def test_pauses_count_up_to_the_idle_limit():
    clock = ActiveTime(idle_after_s=30)
    for moment in (100.0, 110.0, 120.0, 1000.0):
        clock.touch(moment)
    assert clock.take(1005.0) == pytest.approx(10 + 10 + 30 + 5)


def test_what_was_taken_is_not_counted_again():
    clock = ActiveTime()
    clock.touch(0.0)
    assert clock.take(4.0) == 4.0
    assert clock.take(5.0) == 1.0


def test_nothing_counts_while_paused_or_before_the_first_touch():
    clock = ActiveTime()
    assert clock.take(50.0) == 0.0
    clock.touch(52.0)
    clock.pause()
    clock.touch(70.0)
    assert clock.take(71.0) == 3.0


def test_a_clock_that_goes_back_makes_no_negative_time():
    clock = ActiveTime()
    clock.touch(100.0)
    clock.touch(90.0)
    assert clock.take(95.0) == 5.0


def test_effort_is_summed_by_reader_and_by_image(project, add_images, square):
    first, second = add_images(project, Label.MALIGNANT, Label.MALIGNANT)
    store = project.store
    for reader, image, seconds in (("A", first, 10.0), ("A", second, 5.0), ("B", first, 2.5)):
        store.log_event(EventKind.IMAGE_READ, reader=reader, image_id=image, seconds=seconds)
    store.add_finding(
        first,
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(5, 5),
        seconds=7.0,
    )
    a, b = effort_by_reader(store.events())
    assert (a.reader, a.seconds, a.findings_added, a.images) == ("A", 22.0, 1, 2)
    assert (b.reader, b.seconds, b.findings_added) == ("B", 2.5, 0)
    assert seconds_by_image(store.events()) == {first: 19.5, second: 5.0}

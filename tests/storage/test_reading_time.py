"""Times against a second count of the same events, and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import Arm, FindingId, ImageId
from storage.reading_time import (
    ImageReading,
    Times,
    contour_table,
    event_table,
    reading_table,
    readings,
    times_by_reader,
)
from storage.records import ReadingEvent, ReadingKind, SittingRecord

K = ReadingKind
MIDDLE = [kind for kind in K if kind not in (K.OPENED, K.CLOSED)]


def events(*steps, sitting=1, image=5, finding=9):
    ended = (K.STROKE_ENDED, K.EDIT_ENDED)
    return [
        ReadingEvent(sitting, at, kind, ImageId(image), FindingId(finding) if kind in ended else None)
        for at, kind in steps
    ]


def test_search_drawing_editing_idle_and_paused_by_hand():
    [reading] = readings(
        events(
            (10, K.OPENED),
            (14, K.INPUT),
            (15, K.STROKE_BEGUN),
            (20, K.INPUT),
            (22, K.STROKE_ENDED),
            (60, K.INPUT),  # 38 s without a sign
            (61, K.EDIT_BEGUN),
            (64, K.EDIT_ENDED),
            (65, K.PAUSED),
            (165, K.RESUMED),
            (166, K.MODEL_REQUESTED),
            (167, K.CLOSED),
        )
    )
    assert reading.times == Times(search=5 + 1 + 1 + 1 + 1, drawing=7, editing=3, idle=38, paused=100)
    assert reading.contours == {9: Times(drawing=7, editing=3)}
    assert (reading.first_stroke, reading.model_requested, reading.is_closed) == (5, 156, True)
    assert reading.first_input == 4


def test_another_cut_off_asks_the_same_events_again():
    steps = events((0, K.OPENED), (10, K.INPUT), (40, K.INPUT), (100, K.CLOSED))
    idle = {cut: readings(steps, idle_after_s=cut)[0].times.idle for cut in (5, 20, 35, 80)}
    assert idle == {5: 100, 20: 90, 35: 60, 80: 0}


def test_an_image_that_was_never_closed_counts_up_to_its_last_event():
    first = events((0, K.OPENED), (3, K.INPUT))
    second = events((1, K.OPENED), (2, K.CLOSED), sitting=2)
    one, other = readings([*first, *second])
    assert (one.times.search, one.is_closed) == (3, False)
    assert (other.times.search, other.is_closed) == (1, True)


gaps = st.lists(st.tuples(st.sampled_from(MIDDLE), st.floats(0, 120, allow_nan=False)), max_size=30)


@given(gaps, st.floats(1, 90))
def test_the_kinds_of_time_add_up_to_the_whole_and_no_idle_gap_is_short(steps, cut):
    at, said = 0.0, [(0.0, K.OPENED)]
    for kind, gap in steps:
        at += gap
        said.append((at, kind))
    said.append((at + 1.0, K.CLOSED))
    [reading] = readings(events(*said), idle_after_s=cut)
    whole = reading.times.active + reading.times.idle + reading.times.paused
    assert whole == pytest.approx(at + 1.0)
    assert reading.times.idle == 0 or reading.times.idle > cut
    of_contours = sum(each.drawing + each.editing for each in reading.contours.values())
    assert of_contours <= reading.times.drawing + reading.times.editing + 1e-9


def test_readers_are_summed_and_a_line_is_written_for_each_reading():
    found = readings(
        [*events((0, K.OPENED), (4, K.CLOSED)), *events((0, K.OPENED), (6, K.CLOSED), sitting=2)]
    )
    sittings = [SittingRecord(1, "A", Arm.HIDDEN, "t1"), SittingRecord(2, "A", Arm.SHOWN, "t2")]
    assert times_by_reader(found, sittings) == {"A": Times(search=10)}
    header, first, second = reading_table(found, sittings).splitlines()
    assert header.startswith("sitting,reader,arm,began,image,search_s,")
    assert first == "1,A,hidden,t1,5,4.000,0.000,0.000,0.000,0.000,0,,,,1"
    assert second.startswith("2,A,shown,t2,5,6.000")
    assert isinstance(found[0], ImageReading)


def test_every_contour_and_every_event_has_a_line_and_no_name_is_run_by_a_spreadsheet():
    steps = events(
        (0, K.OPENED),
        (4, K.STROKE_BEGUN),
        (6.5, K.STROKE_ENDED),
        (7, K.EDIT_BEGUN),
        (8, K.EDIT_ENDED),
        (9, K.CLOSED),
    )
    sittings = [SittingRecord(1, "=A", Arm.HIDDEN, "t1")]
    assert contour_table(readings(steps), sittings).splitlines() == [
        "sitting,reader,arm,image,finding,drawing_s,editing_s,idle_s,paused_s",
        "1,'=A,hidden,5,9,2.500,1.000,0.000,0.000",
    ]
    lines = event_table(steps, sittings).splitlines()
    assert len(lines) == 1 + len(steps)
    assert lines[3] == "1,'=A,hidden,6.500,,stroke ended,5,9,"
    assert reading_table(readings(steps), sittings).splitlines()[1].startswith("1,'=A,hidden,")

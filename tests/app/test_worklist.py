from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.worklist import Worklist, WorklistFilter, is_listed, state_text, tells, view_name
from core.domain import Decision, ImageId, Label, Laterality, Split, View
from storage.project import Project
from storage.records import ImageRecord


@pytest.fixture
def records(project: Project) -> list[ImageRecord]:
    return project.store.images()


@pytest.fixture
def worklist(qtbot: QtBot, records: list[ImageRecord]) -> Worklist:
    widget = Worklist()
    qtbot.addWidget(widget)
    widget.set_records(records)
    widget.show()
    return widget


def choose(worklist: Worklist, which: WorklistFilter) -> None:
    worklist.which.setCurrentText(which.value)


def test_the_list_stands_in_ranked_order(worklist: Worklist, records: list[ImageRecord]):
    ranks = {records[5].id: 1, records[2].id: 2, records[9].id: 3}
    worklist.set_records([replace(record, rank=ranks.get(record.id)) for record in records])
    choose(worklist, WorklistFilter.ALL)
    assert worklist.listed[:3] == list(ranks)
    assert sorted(worklist.listed) == sorted(record.id for record in records)


def test_each_filter_lists_what_it_says(worklist: Worklist, records: list[ImageRecord]):
    choose(worklist, WorklistFilter.TEST)
    assert set(worklist.listed) == {record.id for record in records if record.split is Split.TEST}
    choose(worklist, WorklistFilter.TO_ANNOTATE)
    expected = {r.id for r in records if r.split is Split.TRAIN and r.label in (Label.MALIGNANT, Label.BOTH)}
    assert set(worklist.listed) == expected != set()
    choose(worklist, WorklistFilter.WITH_CONTOURS)
    assert worklist.listed == []


def test_a_decided_or_drawn_image_is_no_longer_to_be_annotated(records: list[ImageRecord]):
    open_one = next(record for record in records if is_listed(record, WorklistFilter.TO_ANNOTATE))
    assert not is_listed(replace(open_one, decision=Decision.SKIPPED), WorklistFilter.TO_ANNOTATE)
    drawn = replace(open_one, malignant_findings=2)
    assert not is_listed(drawn, WorklistFilter.TO_ANNOTATE)
    assert is_listed(drawn, WorklistFilter.WITH_CONTOURS)


def test_typing_in_the_filter_keeps_images_that_hold_every_word(
    worklist: Worklist, records: list[ImageRecord], qtbot: QtBot
):
    choose(worklist, WorklistFilter.ALL)
    key = records[4].patient_key
    qtbot.keyClicks(worklist.text, f"{key} mlo")
    expected = [record.id for record in records if record.patient_key == key and record.view is View.MLO]
    assert worklist.listed == expected


def test_a_click_opens_the_image_once(worklist: Worklist, qtbot: QtBot):
    choose(worklist, WorklistFilter.ALL)
    opened: list[ImageId] = []
    worklist.image_chosen.connect(opened.append)
    index = worklist.table.model().index(3, 1)
    place = worklist.table.visualRect(index).center()
    qtbot.mouseClick(worklist.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert opened == [worklist.listed[3]]
    assert worklist.current_image == worklist.listed[3]


def test_the_open_image_stays_listed_until_the_reader_leaves_it(
    worklist: Worklist, records: list[ImageRecord], qtbot: QtBot
):
    by_id = {record.id: record for record in records}
    first, second = worklist.listed[:2]
    worklist.select(first)
    worklist.update_record(replace(by_id[first], decision=Decision.SKIPPED))
    assert worklist.current_image == first
    assert worklist.move(1)
    assert worklist.current_image == second
    qtbot.waitUntil(lambda: first not in worklist.listed)
    assert worklist.current_image == second


def test_filtering_never_opens_another_image(worklist: Worklist):
    worklist.select(worklist.listed[0])
    opened: list[ImageId] = []
    worklist.image_chosen.connect(opened.append)
    choose(worklist, WorklistFilter.TEST)
    choose(worklist, WorklistFilter.ALL)
    worklist.text.setText("nothing matches this")
    assert opened == []


def test_a_new_order_keeps_the_open_image_open(worklist: Worklist, records: list[ImageRecord]):
    choose(worklist, WorklistFilter.ALL)
    worklist.select(records[7].id)
    opened: list[ImageId] = []
    worklist.image_chosen.connect(opened.append)
    worklist.set_records([replace(record, rank=len(records) - n) for n, record in enumerate(records)])
    assert worklist.current_image == records[7].id
    assert opened == []


def test_moving_past_either_end_stays_where_it_is(worklist: Worklist):
    worklist.select(worklist.listed[-1])
    assert not worklist.move(1)
    worklist.select(worklist.listed[0])
    assert not worklist.move(-1)
    assert worklist.current_image == worklist.listed[0]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, ""),
        ({"malignant_findings": 1}, "1 contour"),
        ({"malignant_findings": 1, "benign_findings": 1}, "2 contours"),
        ({"malignant_findings": 1, "decision": Decision.ANNOTATED}, "1 contour ✓"),
        ({"decision": Decision.NOTHING_TO_DRAW}, "nothing to draw"),
        ({"decision": Decision.SKIPPED}, "skipped"),
        ({"failure": "It holds no pixels.", "rows": 0, "columns": 0}, "cannot be used"),
        ({"failure": "It holds 9 frames."}, "to look at only"),
    ],
)
def test_the_state_is_said_in_a_word(records: list[ImageRecord], changes: dict[str, object], text: str):
    assert state_text(replace(records[0], **changes)) == text


def test_an_image_is_named_by_pseudonym_side_and_view_only(records: list[ImageRecord]):
    record = replace(
        records[0], laterality=Laterality.RIGHT, view=View.UNKNOWN, rank=3, rank_reason="why not"
    )
    assert view_name(record) == "R-?"
    assert tells(record).startswith(f"{record.patient_key} R-?")
    assert "Rank 3: why not" in tells(record)
    assert record.path.name not in tells(record)


def test_moving_on_from_a_finished_image_tells_of_the_next_one(
    worklist: Worklist, records: list[ImageRecord], qtbot: QtBot
):
    by_id = {record.id: record for record in records}
    opened: list[ImageId] = []
    worklist.image_chosen.connect(opened.append)
    before = list(worklist.listed)
    for image_id in before[:3]:
        worklist.select(image_id)
        worklist.update_record(replace(by_id[image_id], decision=Decision.ANNOTATED))
    worklist.move(1)
    assert opened == before[:4]
    assert worklist.table.currentIndex().data() is not None
    qtbot.waitUntil(lambda: worklist.listed == before[3:])


def test_an_image_that_the_filter_hides_is_listed_while_it_is_open(
    worklist: Worklist, records: list[ImageRecord]
):
    hidden = next(record.id for record in records if record.split is Split.TEST)
    assert hidden not in worklist.listed
    worklist.select(hidden)
    assert worklist.current_image == hidden
    assert hidden in worklist.listed
    worklist.select(None)
    assert hidden not in worklist.listed

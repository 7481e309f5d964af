from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from app.plane_page import PlanePage, PlaneSplit
from core.domain import ImageId, Split
from storage.project import Project
from storage.records import ImageRecord


@pytest.fixture
def records(project: Project) -> list[ImageRecord]:
    """Scored images, well apart from each other in the plane; the last one is not scored."""
    images = project.store.images()
    scored = [
        replace(image, p_malignant=0.1 + 0.8 * (n % 5) / 4, p_benign=0.1 + 0.8 * (n // 5) / 4)
        for n, image in enumerate(images[:-1])
    ]
    return [*scored, images[-1]]


@pytest.fixture
def plane(qtbot: QtBot, records: list[ImageRecord]) -> PlanePage:
    page = PlanePage()
    qtbot.addWidget(page)
    page.resize(900, 800)
    page.set_records(records)
    with qtbot.waitExposed(page):
        page.show()
    return page


def test_every_scored_image_has_its_point_and_no_other(plane: PlanePage, records: list[ImageRecord]):
    assert sorted(plane.shown) == sorted(record.id for record in records[:-1])
    assert plane.position_of(records[-1].id) is None


def test_the_filter_keeps_one_split(plane: PlanePage, records: list[ImageRecord]):
    plane.which.setCurrentText(PlaneSplit.TEST.value)
    expected = [r.id for r in records if r.split is Split.TEST and r.p_malignant is not None]
    assert sorted(plane.shown) == sorted(expected) != []


def test_a_click_on_a_point_opens_its_image(plane: PlanePage, records: list[ImageRecord], qtbot: QtBot):
    wanted = records[7].id
    qtbot.waitUntil(lambda: plane.plot.getViewBox().viewRect().width() > 0.5)
    place = plane.position_of(wanted).toPoint()
    chosen: list[ImageId] = []
    plane.image_chosen.connect(chosen.append)
    qtbot.mouseMove(plane.plot.viewport(), place)
    qtbot.mouseClick(plane.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: chosen == [wanted])


def test_pointing_at_a_point_tells_whose_it_is(plane: PlanePage, records: list[ImageRecord], qtbot: QtBot):
    record = records[7]
    place = plane.position_of(record.id).toPoint()
    steps = itertools.cycle((QPoint(40, 40), QPoint(0, 0), QPoint(1, 1)))

    def told() -> bool:
        qtbot.mouseMove(plane.plot.viewport(), place + next(steps))
        return record.patient_key in plane.says.text()

    qtbot.waitUntil(told)
    assert f"p(M) {record.p_malignant:.2f}, p(B) {record.p_benign:.2f}" in plane.says.text()
    assert record.path.name not in plane.says.text()


def test_the_open_image_stands_out(plane: PlanePage, records: list[ImageRecord]):
    plane.set_current(records[3].id)
    sizes = {point.data(): point.size() for point in plane.scatter.points()}
    assert max(sizes, key=lambda image_id: sizes[image_id]) == records[3].id
    assert plane.shown[-1] == records[3].id

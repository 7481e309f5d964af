"""Hanging protocols, and where the images of a study hang."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hanging import Layout, Place, Protocol, hang, load_protocol, with_prior
from app.hanging.protocol import FILE, NAMES
from app.hung_study import PROTOCOL
from core.domain import ImageId, Laterality, PatientId, Split, StudyId, View
from core.errors import UserError
from storage.records import ImageRecord

OURS = Protocol.from_json(json.loads(PROTOCOL.read_text(encoding="utf-8")))


def image(number, side, view, failure=""):
    return ImageRecord(
        id=ImageId(number), patient_id=PatientId(1), patient_key="P0001", study_id=StudyId(1), file=f"{number}.dcm",
        content_hash="", laterality=Laterality(side), view=View(view), rows=10, columns=10, spacing_mm=None, scale=1.0,
        label=None, split=Split.TRAIN, regions=1, decision=None, malignant_findings=0, benign_findings=0,
        p_malignant=None, p_benign=None, rank=None, rank_score=None, rank_reason="", failure=failure,
    )  # fmt: skip


FOUR = [image(1, "L", "MLO"), image(2, "R", "CC"), image(3, "L", "CC"), image(4, "R", "MLO")]


def ids(hanging):
    return [None if each.image is None else each.image.id for each in hanging.hung]


def test_four_views_hang_right_breast_left_and_cc_over_mlo():
    hanging = hang(FOUR, OURS["four"], opened=ImageId(1))
    assert ids(hanging) == [2, 3, 4, 1]
    assert (hanging.columns, hanging.rest, hanging.text) == (2, (), "4 images, 4 hung")


@pytest.mark.parametrize(
    ("name", "hung", "rest"),
    [("cc", [2, 3], [1, 4]), ("row", [2, 3, 4, 1], []), ("single", [3], [1, 2, 4])],
)
def test_each_layout_hangs_its_views_and_tells_the_rest(name, hung, rest):
    hanging = hang(FOUR, OURS[name], opened=ImageId(3))
    assert ids(hanging) == hung
    assert [each.id for each in hanging.rest] == rest


def test_of_two_images_of_a_view_the_open_one_hangs_and_the_other_is_told():
    study = [*FOUR, image(5, "R", "CC"), image(6, "R", "CC")]
    assert ids(hang(study, OURS["four"], opened=ImageId(6))) == [6, 3, 4, 1]
    hanging = hang(study, OURS["four"], opened=ImageId(1))
    assert ids(hanging) == [2, 3, 4, 1]
    assert hanging.text == "6 images, 4 hung"


def test_an_image_that_can_only_be_looked_at_gives_way_to_one_that_can_be_used():
    study = [image(1, "R", "CC", failure="has many frames"), image(2, "R", "CC"), image(3, "L", "CC")]
    assert ids(hang(study, OURS["cc"], opened=ImageId(3))) == [2, 3]
    assert ids(hang(study, OURS["cc"], opened=ImageId(1))) == [1, 3]
    above = with_prior(hang(FOUR, OURS["cc"], opened=ImageId(2)), study, opened=FOUR[1])
    assert [each.image.id for each in above.hung if each.is_prior] == [2, 3]


def test_an_image_without_side_or_view_is_told_and_hangs_alone_when_it_is_open():
    study = [*FOUR, image(5, "?", "CC")]
    assert hang(study, OURS["four"], opened=ImageId(1)).text == "5 images, 4 hung, 1 without side or view"
    hanging = hang(study, OURS["four"], opened=ImageId(5))
    assert ids(hanging) == [5]
    assert len(hanging.rest) == 4


def test_a_place_that_no_image_fits_stays_empty():
    assert ids(hang(FOUR[:2], OURS["four"], opened=ImageId(2))) == [2, None, None, 1]


def test_an_image_that_cannot_be_read_keeps_its_place():
    study = [replace(FOUR[0], failure="damaged"), *FOUR[1:]]
    assert ids(hang(study, OURS["four"], opened=ImageId(2))) == [2, 3, 4, 1]


images = st.tuples(st.sampled_from("LR?"), st.sampled_from(["CC", "MLO", "other", "?"]))


@given(study=st.lists(images, min_size=1, max_size=9), name=st.sampled_from(NAMES), data=st.data())
def test_no_image_of_a_study_is_lost_or_hangs_twice(study, name, data):
    records = [image(i, side, view) for i, (side, view) in enumerate(study)]
    opened = data.draw(st.sampled_from(records)).id
    hanging = hang(records, OURS[name], opened=opened)
    assert sorted(each.id for each in (*hanging.images, *hanging.rest)) == [each.id for each in records]
    assert hanging.holds(opened)


def test_a_users_own_protocol_takes_the_place_of_ours(tmp_path):
    value = json.loads(PROTOCOL.read_text(encoding="utf-8"))
    value["layouts"][1]["places"] = ["R MLO", "L MLO", "R CC", "L CC"]
    (tmp_path / FILE).write_text(json.dumps(value), encoding="utf-8")
    protocol = load_protocol(tmp_path / FILE, ours=PROTOCOL)
    assert protocol["four"].places[0] == Place(Laterality.RIGHT, View.MLO)
    assert load_protocol(tmp_path / "none.json", ours=PROTOCOL) == OURS


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"layouts": []}', '{"layouts": [{"name": "four"}]}', "[" * 100_000,
        PROTOCOL.read_text(encoding="utf-8").replace("R CC", "R XX"),
        PROTOCOL.read_text(encoding="utf-8").replace('"columns": 2', '"columns": 0'),
        PROTOCOL.read_text(encoding="utf-8").replace("L CC", "R CC"),
        PROTOCOL.read_text(encoding="utf-8").replace('"row"', '"four"'),
    ],
)  # fmt: skip
def test_a_protocol_that_makes_no_sense_is_told(tmp_path, text):
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=FILE):
        load_protocol(tmp_path / FILE, ours=PROTOCOL)


def test_a_layout_knows_places_by_name():
    assert [place.name for place in OURS["cc"].places] == ["R CC", "L CC"]
    assert OURS["single"].places == (Place(),)
    with pytest.raises(ValueError, match="16 places"):
        Layout.from_json({"name": "x", "text": "x", "columns": 1, "places": []})

"""The plane without a window: what its points are, how they are coloured, found, enclosed and stamped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.plane.bench import made_up
from app.plane.colouring import SEVERAL, by_call, by_decision, by_fold, by_label, by_type, types_of
from app.plane.geometry import Frame, PlaneView, fitted, inside, panel_frames, tick_text, ticks
from app.plane.moves import moves
from app.plane.points import LABELS, NONE, SPLITS, points_of, positions_before
from app.plane.raster import ONE_BY_ONE, Stamp, paint
from app.plane.scene import LOOKS, Scene, nearest, next_towards, project, shown_points, stamps
from app.plane.sprites import sprite
from core.domain import Contour, Decision, Finding, FindingClass, FindingType, ImageId, Label
from storage.project import Project
from storage.records import ImageRecord

FRAME = Frame(50, 20, 400, 400)


@pytest.fixture
def records(project: Project) -> list[ImageRecord]:
    images = project.store.images()
    scored = [replace(r, p_malignant=n / 40, p_benign=1 - n / 50) for n, r in enumerate(images[:-1])]
    return [*scored, images[-1]]


def test_every_scored_image_is_a_point_at_its_two_probabilities(records: list[ImageRecord]):
    points = points_of(records)
    assert points.image_id.tolist() == [r.id for r in records[:-1]]
    assert points.x.tolist() == [r.p_malignant for r in records[:-1]]
    assert points.y.tolist() == [r.p_benign for r in records[:-1]]
    assert [LABELS[code] for code in points.label] == [r.label for r in records[:-1]]
    assert [SPLITS[code] for code in points.split] == [r.split for r in records[:-1]]
    assert points.is_malignant.tolist() == [r.label.is_malignant for r in records[:-1]]


def test_mb_lies_in_the_class_of_m_and_no_label_in_none(records: list[ImageRecord]):
    labels = [Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH, None]
    points = points_of([replace(r, label=label) for r, label in zip(records, labels, strict=False)])
    assert points.plane_class.tolist() == [0, 1, 2, 2, -1]
    assert points.has_label.tolist() == [True] * 4 + [False]


def test_colours_say_what_they_are_told_to_say(records: list[ImageRecord]):
    decided = [replace(records[0], decision=Decision.SKIPPED, label=None), *records[1:5]]
    points = points_of(decided)
    for made, name in (
        (by_label(points), "no label"),
        (by_decision(points), "skipped"),
        (by_type(points, {records[0].id: "mass"}), "mass"),
        (by_call(points, 0.5), "no label"),
    ):
        assert made.categories[made.codes[0]].name == name
    calls = by_call(points_of(records), 0.2)
    for index, record in enumerate(records[:-1]):
        told = calls.categories[calls.codes[index]].name
        kind = "malignant" if record.label.is_malignant else "other"
        called = record.p_malignant >= 0.2
        assert told == f"{kind}, {'called' if called else 'missed' if kind == 'malignant' else 'not called'}"


def test_folds_are_named_by_their_numbers():
    points = replace(made_up(6), fold=np.array([3, 1, 3, NONE, 7, 1], np.int16))
    made = by_fold(points)
    names = [made.categories[code].name for code in made.codes]
    assert names == ["fold 3", "fold 1", "fold 3", "no fold", "fold 7", "fold 1"]


def test_categories_differ_in_symbol_and_not_in_colour_alone(records: list[ImageRecord]):
    points = points_of(records)
    for made in (by_label(points), by_decision(points), by_type(points, {}), by_call(points, 0.5)):
        assert len({category.symbol for category in made.categories}) == len(made.categories)


def test_an_image_with_findings_of_two_types_is_of_several():
    square = Contour.from_points([(0, 0), (9, 0), (9, 9)])

    def finding(kind: FindingType) -> Finding:
        return Finding(1, ImageId(1), "A", FindingClass.MALIGNANT, kind, square, 1)

    mass, calcification = finding(FindingType.MASS), finding(FindingType.CALCIFICATION)
    told = types_of({ImageId(1): [mass, mass], ImageId(2): [mass, calcification], ImageId(3): []})
    assert told == {1: "mass", 2: SEVERAL}


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.2, 8), st.floats(-90, 90), st.floats(-90, 90))
def test_zooming_keeps_the_place_under_the_pointer(x, y, factor, dx, dy):
    view = fitted(FRAME).zoomed(4, at=FRAME.middle, frame=FRAME)
    at = (FRAME.middle[0] + dx, FRAME.middle[1] + dy)
    before = view.to_place(*at, FRAME)
    after = view.zoomed(factor, at=at, frame=FRAME)
    if 0 < after.x < 1 and 0 < after.y < 1:  # not held back at the edge
        assert after.to_place(*at, FRAME) == pytest.approx(before)
    assert after.to_place(*after.to_pixel(x, y, FRAME), FRAME) == pytest.approx((x, y))


def test_the_plane_stays_in_sight_however_far_it_is_dragged():
    view = PlaneView(scale=300).panned(99_999, -99_999)
    assert (view.x, view.y) == (0.0, 0.0)


@pytest.mark.parametrize(("width", "height", "columns"), [(1200, 400, 3), (400, 1200, 1), (700, 660, 2)])
def test_panels_are_arranged_so_that_their_squares_are_largest(width, height, columns):
    frames = panel_frames(3, width=width, height=height, margins=(40, 20, 10, 40))
    assert len({frame.left for frame in frames}) == columns
    assert len({(frame.width, frame.height) for frame in frames}) == 1
    for frame in frames:
        assert frame.left >= 40
        assert frame.left + frame.width <= width - 10 + 1e-9
        assert frame.top + frame.height <= height - 40 + 1e-9


def crossings(outline: np.ndarray, x: float, y: float) -> bool:
    """Whether a ray to the right crosses the outline an odd number of times."""
    odd = False
    for (ax, ay), (bx, by) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


def test_a_lasso_holds_the_points_that_a_ray_says_are_inside():
    rng = np.random.default_rng(0)
    angle = np.sort(rng.random(40)) * 2 * np.pi
    radius = 0.2 + 0.25 * rng.random(40)
    outline = np.stack([0.5 + radius * np.cos(angle), 0.5 + radius * np.sin(angle)], axis=1)
    x, y = rng.random(500), rng.random(500)
    expected = [crossings(outline, *place) for place in zip(x, y, strict=True)]
    assert inside(outline, x, y).tolist() == expected
    assert sum(expected) > 50


def test_a_lasso_that_crosses_itself_holds_both_loops_and_two_points_hold_nothing():
    eight = np.array([(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)])
    held = inside(eight, np.array([0.1, 0.9, 0.5]), np.array([0.5, 0.5, 0.9]))
    assert held.tolist() == [True, True, False]
    assert not inside(eight[:2], np.array([0.5]), np.array([0.5])).any()
    assert not inside(np.zeros((5, 2)), np.array([0.0]), np.array([0.0])).any()


def test_ticks_are_round_and_written_with_the_decimals_that_they_need():
    assert ticks(0, 1, about=5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(0.412, 0.438, about=6) == [0.415, 0.42, 0.425, 0.43, 0.435]
    assert [tick_text(v, 0.005) for v in (0.415, 0.42)] == ["0.415", "0.420"]


def test_the_nearest_point_is_found_as_a_loop_finds_it_and_none_out_of_reach():
    scene = Scene(points=made_up(400), is_apart=False)
    scene.colouring = by_label(scene.points)
    where = project(shown_points(scene), fitted(FRAME), [FRAME])
    rng = np.random.default_rng(5)
    for x, y in rng.uniform((50, 20), (450, 420), (50, 2)):
        distances = [np.hypot(px - x, py - y) for px, py in zip(where.x, where.y, strict=True)]
        best = int(np.argmin(distances))
        expected = int(where.index[best]) if distances[best] <= 9 else None
        assert nearest(where, x, y) == expected


def test_an_arrow_key_goes_to_a_point_in_its_direction():
    points = replace(made_up(3), x=np.array([0.5, 0.7, 0.5]), y=np.array([0.5, 0.5, 0.8]))
    scene = Scene(points=points, is_apart=False, colouring=by_label(points))
    where = project(shown_points(scene), fitted(FRAME), [FRAME])
    assert next_towards(where, 0, (1, 0)) == 1
    assert next_towards(where, 0, (0, -1)) == 2
    assert next_towards(where, 0, (-1, 0)) is None
    assert next_towards(where, None, (1, 0)) is not None


def test_hidden_categories_and_splits_are_not_shown():
    points = made_up(500)
    scene = Scene(points=points, colouring=by_label(points), hidden=frozenset({1}), splits=frozenset({0, 2}))
    expected = (points.label != 1) & (points.split != 1)
    assert (scene.shown == expected).all()
    assert scene.panels == [frozenset({0}), frozenset({2})]


def test_each_point_lies_in_the_panel_of_its_split():
    points = made_up(300)
    scene = Scene(points=points, colouring=by_label(points))
    frames = panel_frames(3, width=900, height=330, margins=(40, 20, 10, 40))
    where = project(shown_points(scene), fitted(frames[0]), frames)
    assert len(where.index) == 300
    for index, x, y in zip(where.index, where.x, where.y, strict=True):
        frame = frames[points.split[index]]
        assert frame.holds(float(x), float(y))
        expected = fitted(frame).to_pixel(points.x[index], points.y[index], frame)
        assert (x, y) == pytest.approx(expected, abs=1e-3)


def test_points_below_the_threshold_look_hollow_and_selected_ones_are_painted_last():
    points = made_up(200)
    selected = np.zeros(200, bool)
    selected[[3, 4]] = True
    scene = Scene(points=points, colouring=by_label(points), threshold=0.5, selected=selected, is_apart=False)
    looks = scene.looks(np.arange(200))
    assert ((looks % 2 == 1) == (points.x >= 0.5)).all()
    assert ((looks % LOOKS >= 2) == selected).all()
    assert (looks // LOOKS == points.label).all()
    where = project(shown_points(scene), fitted(FRAME), [FRAME])
    painted = stamps(scene, where, size=9, ratio=1.0, is_smooth=True)
    assert sum(len(stamp.x) for stamp in painted) == 200
    last = np.concatenate([stamp.x for stamp in painted])[-2:]
    assert sorted(last) == sorted(where.x[[3, 4]].astype(int))


@pytest.mark.usefixtures("qapp")
def test_stamping_many_points_paints_what_stamping_one_by_one_paints():
    rng = np.random.default_rng(2)
    look = sprite("s", "#ff0000", size=5, is_hollow=False, is_chosen=False, is_smooth=False)
    count = ONE_BY_ONE * 3
    x, y = rng.integers(10, 190, (2, count)).astype(np.int32)
    many = np.full((200, 200), 0xFF102030, np.uint32)
    paint(many, [Stamp(look, x, y)])
    loop = np.full((200, 200), 0xFF102030, np.uint32)
    for row, column in np.argwhere(look >> 24 == 255):
        for px, py in zip(x, y, strict=True):
            loop[py + row - 2, px + column - 2] = look[row, column]
    assert (many == loop).all()


@pytest.mark.usefixtures("qapp")
def test_soft_edges_mix_with_the_ground_within_a_grey_level_or_two():
    look = sprite("o", "#2458c6", size=11, is_hollow=False, is_chosen=False, is_smooth=True)
    x = y = np.full(ONE_BY_ONE + 1, 20, np.int32)
    stamped = np.full((40, 40), 0xFFC6CACF, np.uint32)
    paint(stamped, [Stamp(look, x, y)])
    ground = np.array([0xCF, 0xCA, 0xC6, 0xFF], float)
    over = look.view(np.uint8).reshape(11, 11, 4).astype(float)
    expected = over + ground * (1 - over[..., 3:] / 255)
    found = stamped[15:26, 15:26].copy().view(np.uint8).reshape(11, 11, 4).astype(float)
    assert np.abs(found - expected)[..., :3].max() <= 2
    assert (stamped[:14] == 0xFFC6CACF).all()


def test_arrows_are_the_longest_moves_and_of_the_selection_when_there_is_one():
    points = made_up(200)
    before = points.position.copy()
    before[:120, 0] += np.linspace(0.02, 0.6, 120)
    before[150] = np.nan
    none = np.zeros(200, bool)
    arrows, told = moves(points, before, shown=np.arange(200), selected=none)
    assert sorted(arrows[:, 0]) == list(range(70, 120))
    assert told == "The 50 longest moves of 120 shown images."
    assert (arrows[:, 3:] == points.position[arrows[:, 0].astype(int)]).all()
    selected = none.copy()
    selected[[5, 140, 150]] = True
    arrows, told = moves(points, before, shown=np.arange(200), selected=selected)
    assert arrows[:, 0].tolist() == [5]
    assert told == "1 of 3 selected images moved by 0.01 or more."


def test_where_a_model_had_not_scored_an_image_it_was_nowhere():
    points = replace(made_up(3), image_id=np.array([7, 8, 9]))
    before = positions_before(points, {ImageId(7): (0.2, 0.9), ImageId(9): (0.0, 0.1)})
    assert before[[0, 2]].tolist() == [[0.9, 0.2], [0.1, 0.0]]
    assert np.isnan(before[1]).all()

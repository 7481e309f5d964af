"""Unfinished contours in the store: one of each reader on each image, and no part of what was annotated."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import Label
from core.errors import UserError
from storage.project import Project

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(points=st.lists(st.tuples(finite, finite), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_points_come_back_as_they_were(project, add_images, points):
    images = [record.id for record in project.store.images()] or add_images(project, Label.MALIGNANT)
    project.store.keep_draft(images[0], reader="Dr A", tool="polygon", points=points)
    (draft,) = project.store.drafts(reader="Dr A")
    assert (draft.image_id, draft.tool, list(draft.points)) == (images[0], "polygon", points)


def test_each_reader_has_one_draft_an_image_and_it_is_no_annotation(project, add_images):
    store, (image, *_) = project.store, add_images(project, Label.MALIGNANT)
    events = len(store.events())
    store.keep_draft(image, reader="Dr A", tool="polygon", points=[(1, 2)])
    store.keep_draft(image, reader="Dr B", tool="freehand", points=[(3, 4)])
    store.keep_draft(image, reader="Dr A", tool="freehand", points=[(1, 2), (5, 6)])
    assert [(d.tool, d.points) for d in store.drafts(reader="Dr A")] == [("freehand", ((1, 2), (5, 6)))]
    assert store.findings(image) == []
    assert len(store.events()) == events
    store.drop_draft(image, reader="Dr A")
    store.drop_draft(image, reader="Dr A")
    assert store.drafts(reader="Dr A") == []
    assert len(store.drafts(reader="Dr B")) == 1
    assert store.drafts(reader="nobody") == []


@pytest.mark.parametrize("points", [[], [(math.nan, 1.0)], [(1.0, math.inf)]])
def test_what_is_no_contour_is_refused(project, add_images, points):
    (image, *_) = add_images(project, Label.MALIGNANT)
    with pytest.raises(ValueError, match="finite"):
        project.store.keep_draft(image, reader="Dr A", tool="polygon", points=points)


def test_a_draft_outlives_its_window_and_a_project_only_looked_at_takes_none(project, add_images):
    (image, *_) = add_images(project, Label.MALIGNANT)
    project.store.keep_draft(image, reader="Dr A", tool="polygon", points=[(1, 2)])
    with Project.open(project.folder, read_only=True) as other:
        assert [draft.points for draft in other.store.drafts(reader="Dr A")] == [((1, 2),)]
        with pytest.raises(UserError, match="read-only"):
            other.store.keep_draft(image, reader="Dr A", tool="polygon", points=[(1, 2)])

"""The worklist: what would feed training first, everything else after it with a reason, nothing lost."""

from __future__ import annotations

import numpy as np
import pytest

from core.domain import Decision, FindingClass, FindingType, Label, Split
from core.errors import UserError
from core.prediction import Prediction
from core.recipe import GridSettings, Recipe
from storage.records import NewImage, NewModel, PromotionKind
from storage.worklist import rank_worklist


def score(project, images, seed=0):
    number = project.store.next_model_id()
    model, _ = project.store.add_model(NewModel("m", Recipe(), str(number), "0" * 64, {}, annotated_images=0))
    random = np.random.default_rng(seed)
    project.store.add_predictions(
        model,
        {
            image: Prediction(
                random.random(2),
                random.random((12, 3), dtype=np.float32),
                random.random((12, 2), dtype=np.float32),
            )
            for image in images
        },
    )
    project.store.promote(model, kind=PromotionKind.FIRST)


def test_the_pool_comes_first_and_every_other_image_after_it_with_a_reason(
    project, add_images, square, tmp_path
):
    labels = [
        Label.MALIGNANT,
        Label.BOTH,
        Label.NORMAL,
        Label.MALIGNANT,
        Label.MALIGNANT,
        Label.MALIGNANT,
        None,
    ]
    free, both, normal, drawn, skipped, held_out, bare = add_images(project, *labels, per_patient=1)
    project.store.add_finding(
        drawn,
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(5, 5),
    )
    project.store.set_decision(skipped, reader="A", decision=Decision.SKIPPED)
    project.store.set_splits({project.store.image(held_out).patient_id: Split.TEST})
    project.store.add_inspected([NewImage(tmp_path / "x", "", "p", failure="broken")], grid=GridSettings())
    score(project, [free, both, normal, drawn, skipped, held_out, bare])
    ranked = rank_worklist(project.store)
    order = [image for image, _, _ in project.store.ranking()]
    reasons = {image: reason for image, _, reason in project.store.ranking()}
    assert ranked.pool == 2
    assert set(order[:2]) == {free, both}
    assert order[2:] == [bare, normal, skipped, drawn, held_out]
    assert reasons[held_out] == "test patient: never trained on"
    assert all(reasons.values())
    assert project.store.images()[-1].failure == "broken"


def test_a_ranking_tells_how_many_first_places_changed(project, add_images):
    images = add_images(project, *[Label.MALIGNANT] * 4, per_patient=1)
    score(project, images)
    assert rank_worklist(project.store, strategy="random").moved_in_top == 4
    assert rank_worklist(project.store, strategy="random").moved_in_top == 0
    before = [image for image, _, _ in project.store.ranking()]
    project.store.set_decision(before[0], reader="A", decision=Decision.SKIPPED)
    assert rank_worklist(project.store, strategy="random").moved_in_top == 4  # each moved up by one


def test_images_not_scored_yet_follow_those_that_are(project, add_images):
    first, second, third = add_images(project, *[Label.MALIGNANT] * 3, per_patient=1)
    score(project, [second, third])
    rank_worklist(project.store, strategy="uncertainty")
    assert project.store.ranking()[2] == (first, 0.0, "not scored by the current model yet")


def test_without_a_model_only_strategies_that_need_none_can_rank(project, add_images):
    images = add_images(project, *[Label.MALIGNANT] * 3, per_patient=1)
    with pytest.raises(UserError, match="no prediction yet"):
        rank_worklist(project.store, strategy="uncertainty")
    assert project.store.ranking() == []
    rank_worklist(project.store, strategy="random")
    assert {image for image, _, _ in project.store.ranking()} == set(images)


def test_a_strategy_that_does_not_exist_is_one_sentence(project, add_images):
    add_images(project, Label.MALIGNANT)
    with pytest.raises(UserError, match="no ranking strategy called"):
        rank_worklist(project.store, strategy="magic")

"""Evidence in the store, and rankings of a project that need it."""

import numpy as np
import pytest

from core.domain import FindingClass, FindingType, Label, Split
from core.errors import UserError
from core.prediction import Prediction
from core.ranking.evidence import Evidence, from_arrays, to_arrays
from core.recipe import Recipe
from storage.records import NewModel, PromotionKind
from storage.worklist import rank_worklist

NEEDING = ["badge", "bald", "bald-region", "core-set", "cover", "expected-change", "typical", "value"]


def evidence(images, seed=0):
    rng = np.random.default_rng(seed)
    return {
        image: Evidence(
            rng.random(6).astype(np.float32), rng.normal(size=3).astype(np.float32), *rng.random(3).tolist()
        )
        for image in images
    }


def predictions(images, seed=0):
    rng = np.random.default_rng(seed)
    return {
        image: Prediction(
            rng.random(2), rng.random((12, 3), dtype=np.float32), rng.random((12, 2), dtype=np.float32)
        )
        for image in images
    }


@pytest.fixture
def scored(project, add_images):
    """Six malignant images of training patients, two normal ones, and what a promoted model says of all."""
    images = add_images(project, *[Label.MALIGNANT] * 6, Label.NORMAL, Label.NORMAL, per_patient=1)
    store = project.store
    store.set_splits({store.image(image).patient_id: Split.TRAIN for image in images})
    number = store.next_model_id()
    model, _ = store.add_model(NewModel("m", Recipe(), str(number), "0" * 64, {}, annotated_images=0))
    store.add_predictions(model, predictions(images))
    store.promote(model, kind=PromotionKind.FIRST)
    return store, model, images


def same(one, other):
    first, second = to_arrays(one), to_arrays(other)
    return all(np.array_equal(first[name], second[name]) for name in first)


def test_evidence_is_read_as_it_was_written(scored):
    store, model, images = scored
    said = evidence(images)
    store.add_evidence(model, said)
    assert same(store.evidence(), said)
    assert same(from_arrays(to_arrays(said)), said)


def test_evidence_goes_with_the_prediction_that_it_belongs_to(scored):
    store, model, images = scored
    store.add_evidence(model, evidence(images))
    store.add_predictions(model, predictions(images[:2], seed=1))  # scored anew: what was said before is gone
    assert set(store.evidence()) == set(images[2:])


def test_evidence_of_an_image_that_was_not_scored_is_refused(scored, add_images, project):
    store, model, _ = scored
    [other] = add_images(project, Label.MALIGNANT)
    with pytest.raises(Exception, match="FOREIGN KEY"):
        store.add_evidence(model, evidence([other]))


@pytest.mark.parametrize("strategy", NEEDING)
def test_a_project_is_ranked_by_every_strategy_once_the_model_has_said_enough(scored, square, strategy):
    store, model, images = scored
    store.add_evidence(model, evidence(images))
    store.add_finding(
        images[0],
        reader="A",
        finding_class=FindingClass.MALIGNANT,
        finding_type=FindingType.MASS,
        contour=square(5, 5),
    )
    ranked = rank_worklist(store, strategy=strategy, seed=7)
    order = [image for image, _, _ in store.ranking()]
    assert ranked.pool == 5
    assert set(order[:5]) == set(images[1:6])
    assert set(order) == set(images)
    assert store._row("SELECT seed FROM ranking WHERE is_current = 1") == (7,)


def test_without_evidence_such_a_strategy_says_what_to_do(scored):
    store, _, _ = scored
    with pytest.raises(UserError, match="Score again"):
        rank_worklist(store, strategy="value")

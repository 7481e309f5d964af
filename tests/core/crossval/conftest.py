"""A small cohort with a planted answer: one direction of the features means malignant, another benign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.control import Control
from core.crossval import Cohort, CohortImage, KnownFinding, Plan, evaluate_recipes
from core.crossval.arms import Arm
from core.crossval.inputs import feature_keys, open_store
from core.domain import Contour, FindingType, Label
from core.recipe import Method, Normalisation, Recipe

RECIPE = Recipe(
    normalisation=Normalisation.STANDARDISE,
    epochs=40,
    components=0,
    hidden=16,
    batch_images=64,
    dense_epochs=10,
    threads=1,
    learning_rate=1e-2,
)
GRID = RECIPE.grid.key
REGIONS, WIDTH = 6, 100
LABELS = (Label.NORMAL, Label.BENIGN, Label.MALIGNANT, Label.BOTH)
TYPES = (FindingType.MASS, FindingType.CALCIFICATION)


def square(index: int) -> Contour:
    """A contour in the middle of a region."""
    x = index * WIDTH + 30.0
    return Contour.from_points([(x, 30), (x + 40, 30), (x + 40, 70), (x, 70)])


def make_cohort(patients: int = 16, seed: int = 0) -> Cohort:
    """Two breasts of one view each a patient; the label of a breast goes round by patient."""
    rng = np.random.default_rng(seed)
    left = np.arange(REGIONS) * float(WIDTH)
    boxes = np.column_stack([left, np.zeros(REGIONS), left + WIDTH, np.full(REGIONS, float(WIDTH))])
    images = []
    for number in range(2 * patients):
        label = LABELS[(number // 2 + 2 * (number % 2)) % 4]
        malignant, benign = label.targets
        places = rng.permutation(REGIONS)
        images.append(
            CohortImage(
                image_id=number + 1,
                patient=100 + number // 2,
                breast=1000 + number,
                label=label,
                content_hash=f"{number:064x}",
                scale=1.0,
                shape=(WIDTH, REGIONS * WIDTH),
                boxes={GRID: boxes},
                malignant=(KnownFinding(square(places[0]), TYPES[number % 2]),) if malignant else (),
                benign=(KnownFinding(square(places[1])),) if benign else (),
                spacing_mm=0.1,
            )
        )
    return Cohort(tuple(images))


def write_features(folder: Path, cohort: Cohort, *, strength: float = 3.0, seed: int = 0) -> None:
    """Noise, and in the regions that hold a finding a step along the direction of its class."""
    rng = np.random.default_rng(seed)
    with open_store(folder, RECIPE) as store:
        for image in cohort.images:
            features = rng.normal(size=(REGIONS, store.dimension)).astype(np.float32)
            features[:, 8:] = 0.0  # features that never vary
            features[image.hits(image.malignant, grid_key=GRID), 0] += strength
            features[image.hits(image.benign, grid_key=GRID), 1] += strength
            store.images.put(feature_keys(cohort, RECIPE)[image.image_id], features)


def arm(text: str, *, method: Method = Method.CLS_DET_RS, fraction: float = 0.0, **changes: object) -> Arm:
    """An arm on the small recipe."""
    return Arm(text, replace(RECIPE, method=method, **changes), fraction)


WEAK = arm("Cls-Det-RS")
FULL = arm("SS-Cls-Det-RS@.5", method=Method.SS_CLS_DET_RS, fraction=0.5)


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    return make_cohort()


@pytest.fixture(scope="session")
def features_folder(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    write_features(folder, cohort)
    return folder


Run = Callable[..., tuple[list[object], dict | None]]


@pytest.fixture(scope="session")
def run(features_folder: Path) -> Run:
    """Run an evaluation to its end; the events, and the content of evaluation.json."""

    def ran(
        out: Path, cohort: Cohort, plan: Plan, *, jobs: int = 1, control: Control | None = None, folder=None
    ):
        events = evaluate_recipes(
            cohort,
            plan,
            out=out,
            features_folder=folder or features_folder,
            jobs=jobs,
            control=control or Control(),
        )
        told = []
        while True:
            try:
                told.append(next(events))
            except StopIteration as end:
                return told, end.value

    return ran


@pytest.fixture(scope="session")
def evaluated(run: Run, cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """Two recipes, two folds, two seeds."""
    out = tmp_path_factory.mktemp("evaluated") / "out"
    plan = Plan((WEAK, FULL), folds=2, seeds=(0, 1), resamples=100)
    _, value = run(out, cohort, plan)
    return out, value

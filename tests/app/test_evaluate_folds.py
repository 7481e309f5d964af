"""`lesionloop evaluate --recipes` and `--demo`, through the program's own main()."""

import json
import shutil
from types import SimpleNamespace

import pytest

from app.__main__ import main
from app.trunk_list import ListedTrunk, TrunkList
from core.domain import FindingClass, FindingType, Label, Split
from core.errors import UserError
from core.recipe import GridSettings
from storage.edits import AddFinding
from storage.project import Project

SHORT = {"epochs": 6, "components": 8, "hidden": 16, "dense_epochs": 2}


@pytest.fixture
def run(capsys):
    """Run a command; returns (exit code, standard output, standard error)."""

    def command(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture(autouse=True)
def reports(monkeypatch):
    """Reports that were asked for; drawing one takes seconds and has tests of its own."""
    asked = []

    def write_report(out, *, is_synthetic):
        asked.append(is_synthetic)
        return [out / "report.html"]

    monkeypatch.setattr("core.report.write_report", write_report)
    return asked


@pytest.fixture
def recipes(tmp_path):
    """Two recipe files that train in no time."""
    for name, method in (("weak", "Cls-Det-RS"), ("full", "SS-Cls-Det-RS")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"method": method, **SHORT}))
    return f"{tmp_path / 'weak.json'},{tmp_path / 'full.json'}@.5"


def square(image):
    from core.domain import Contour

    x, y = image.columns * 0.3, image.rows * 0.4
    return Contour.from_points([(x, y), (x + 90, y), (x + 90, y + 90), (x, y + 90)])


@pytest.fixture
def annotated(project_folder):
    """A project with a malignant contour on every malignant image."""
    with Project.open(project_folder) as project:
        for image in project.store.images():
            if image.label and image.label.is_malignant:
                AddFinding(
                    image.id,
                    reader="A",
                    finding_class=FindingClass.MALIGNANT,
                    finding_type=FindingType.MASS,
                    contour=square(image),
                ).apply(project.store)
    return project_folder


def test_recipes_are_cross_validated_on_a_project_without_its_test_patients(
    run, annotated, recipes, reports, tmp_path
):
    words = ("evaluate", annotated, "--recipes", recipes, "--folds", 2, "--jobs", 1, "--resamples", 20)
    code, out, err = run(*words, "--out", tmp_path / "out", "--json")
    assert code == 0, err
    value = json.loads(out)
    assert [row["recipe"] for row in value["recipes"]] == ["weak.json", "full.json@.5"]
    assert {row["state"] for row in value["cells"]} == {"done"}
    with Project.open(annotated, read_only=True) as project:
        test = {image.id for image in project.store.images() if image.split is Split.TEST}
        usable = len(project.store.images()) - len(test)
    rows = (tmp_path / "out" / "predictions.csv").read_text().splitlines()[1:]
    assert test
    assert not test & {int(row.split(",")[3]) for row in rows}
    assert value["cohort"]["images"] == usable
    assert any("test patients are left out" in note for note in value["notes"])
    code, out, err = run(*words, "--out", tmp_path / "out")
    assert code == 0, err
    assert "full.json@.5" in out
    assert "2 of 2" in out
    assert reports == [False, False]


def test_the_demo_makes_a_cohort_in_which_every_patient_is_held_out(
    run, images_folder, recipes, reports, tmp_path, monkeypatch
):
    made = []

    def make_cohort(folder, *, images, seed, progress):
        made.append((images, seed))
        shutil.copytree(images_folder, folder / "images")
        rows = (images_folder / "labels.csv").read_text().splitlines()
        (folder / "labels.csv").write_text("\n".join([rows[0], *(f"images/{row}" for row in rows[1:])]))
        names = [row.split(",")[0] for row in rows[1:] if Label(row.split(",")[-1]).is_malignant]
        square = [[100, 200, 190, 200, 190, 290, 100, 290]]
        value = {
            "images": [{"id": n, "file_name": f"images/{name}"} for n, name in enumerate(names)],
            "categories": [{"id": 1, "name": "malignant"}],
            "annotations": [
                {"id": n, "image_id": n, "category_id": 1, "segmentation": square} for n in range(len(names))
            ],
        }
        (folder / "contours.json").write_text(json.dumps(value))
        progress(24, 24)
        return SimpleNamespace(notice="")

    monkeypatch.setattr("core.phantom.make_cohort", make_cohort)
    words = ("evaluate", "--demo", "--images", 24, "--recipes", recipes, "--folds", 2, "--jobs", 1)
    for _ in range(2):
        code, out, err = run(*words, "--demo-seed", 5, "--resamples", 20, "--out", tmp_path / "out")
        assert code == 0, err
    assert made == [(24, 5)]
    assert reports == [True, True]
    assert "SYNTHETIC" in out
    assert "24 images of 12 patients" in out
    with Project.open(tmp_path / "out" / "demo" / "project", read_only=True) as project:
        images = project.store.images()
        readers = {f.reader for found in project.store.all_findings().values() for f in found}
    assert {image.split for image in images} == {Split.TRAIN}
    assert readers == {"simulated reader"}
    code, _, err = run(*words[:3], 40, "--out", tmp_path / "out")
    assert code == 3
    assert "holds a demo of 24 images, seed 5:" in err
    code, _, err = run(*words, "--out", tmp_path / "out")
    assert code == 3
    assert "holds a demo of 24 images, seed 5:" in err


def test_a_folder_of_images_with_its_labels_is_evaluated_without_a_project_of_its_own(
    run, images_folder, recipes, tmp_path
):
    weak = recipes.partition(",")[0]
    words = (
        "evaluate",
        images_folder,
        "--csv",
        images_folder / "labels.csv",
        "--recipes",
        weak,
        "--folds",
        2,
    )
    for _ in range(2):
        code, out, err = run(*words, "--jobs", 1, "--resamples", 20, "--out", tmp_path / "out")
        assert code == 0, err
        assert "24 images of 12 patients" in out
    assert not (images_folder / "project.db").exists()
    with Project.open(tmp_path / "out" / "project", read_only=True) as project:
        assert {image.split for image in project.store.images()} == {Split.TRAIN}


def test_images_are_imported_with_the_working_spacing_of_the_recipes(run, images_folder, tmp_path):
    grid = {"working_spacing_mm": 0.14}
    for name, more in (("coarse", {"grid": grid}), ("usual", {})):
        (tmp_path / f"{name}.json").write_text(json.dumps({"method": "Cls-Det-RS", **SHORT, **more}))
    words = ("evaluate", images_folder, "--csv", images_folder / "labels.csv", "--folds", 2, "--jobs", 1)
    more = ("--resamples", 20, "--out", tmp_path / "out")
    code, _, err = run(*words, "--recipes", f"{tmp_path / 'coarse.json'},{tmp_path / 'usual.json'}", *more)
    assert code == 3
    assert "evaluate them apart" in err
    code, _, err = run(*words, "--recipes", tmp_path / "coarse.json", *more)
    assert code == 0, err
    with Project.open(tmp_path / "out" / "project", read_only=True) as project:
        assert len(project.store.grids(GridSettings(**grid).key)) == 24


def test_a_recipe_with_a_trunk_of_the_list_takes_its_weights_along(
    run, annotated, settings_folder, tmp_path, monkeypatch
):
    given = []

    def prepare_job(project, *, steps, recipe, weights_file):
        given.append((recipe.trunk.name, recipe.trunk.weights_sha256, weights_file))
        raise UserError("That is enough.")

    monkeypatch.setattr("app.cli.evaluate_folds.prepare_job", prepare_job)
    recipe, file = tmp_path / "mine.json", tmp_path / "mine.safetensors"
    recipe.write_text(json.dumps({"method": "Cls-Det-RS", **SHORT, "trunk": {"name": "mine"}}))
    words = ("evaluate", annotated, "--recipes", recipe, "--folds", 2, "--out", tmp_path / "out")
    code, _, err = run(*words)
    assert code == 3
    assert "mine" in err
    assert not (tmp_path / "out").exists()
    TrunkList(settings_folder).add(ListedTrunk("mine", "resnet18", str(file), "ab" * 32))
    assert "That is enough." in run(*words)[2]
    assert given == [("resnet18", "ab" * 32, file)]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["PROJECT", "--csv", "labels.csv", "--out", "OUT"], "--csv belongs to a folder of images"),
        (["--recipes", "Cls-Det-RS"], "Say which project"),
        (["PROJECT", "--recipes", "Cls-Det-RS"], "--out FOLDER"),
        (["PROJECT", "--demo", "--out", "OUT"], "leave the project out"),
        (["PROJECT", "--folds", "2", "--out", "OUT", "--seeds", "a"], "not a list of whole numbers"),
        (
            ["PROJECT", "--folds", "2", "--out", "OUT", "--model", "1"],
            "--model belongs to the measure of one",
        ),
        (["PROJECT", "--folds", "2", "--out", "OUT", "--recipes", "nonsense"], "There is no recipe"),
        (["PROJECT", "--folds", "99", "--out", "OUT", "--recipes", "Cls-Det"], "99 folds need at least"),
        (["PROJECT", "--out", "OUT"], "belongs to a cross-validation"),
        ([], "Say which project"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run, project_folder, tmp_path, words, why):
    places = {"PROJECT": project_folder, "OUT": tmp_path / "out"}
    code, _, err = run("evaluate", *(places.get(word, word) for word in words))
    assert code == 3
    told = [line for line in err.splitlines() if line.startswith("lesionloop: ")]
    assert len(told) == 1
    assert why in told[0]

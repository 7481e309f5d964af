"""Every command through the program's own main(), on a small real project; and what it says when input is bad."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.__main__ import main
from app.cli.arguments import make_parser
from core.domain import Arm, Contour, Decision, FindingClass, FindingType, Label, Split
from core.feature_file import SUFFIX
from core.job import Step
from storage.jobs import prepare_job
from storage.project import Project
from storage.records import ReadingEvent, ReadingKind

IMAGES = 12  # of six patients, in the trained project
ROOT = Path(__file__).resolve().parents[2]
COMMANDS = [
    "demo",
    "import",
    "features",
    "train",
    "score",
    "rank",
    "models",
    "trunks",
    "label",
    "evaluate",
    "export",
    "doctor",
    "bench",
    "gui",
]


@pytest.fixture(scope="module")
def trained_template(images_folder, tmp_path_factory):
    """A project made and trained by the commands themselves."""
    folder = tmp_path_factory.mktemp("trained") / "project"
    lines = (images_folder / "labels.csv").read_text().splitlines()
    labels = folder.with_name("labels.csv")
    labels.write_text("\n".join(lines[: 1 + IMAGES]))
    assert main(["import", str(folder), str(images_folder), "--csv", str(labels)]) == 0
    assert main(["train", str(folder), "--method", "Cls-Det-RS", "--epochs", "15", "--threads", "1"]) == 0
    return folder


@pytest.fixture
def trained(trained_template, tmp_path):
    return Path(shutil.copytree(trained_template, tmp_path / "trained"))


@pytest.fixture
def run(capsys):
    """Run a command; returns (exit code, standard output, standard error)."""

    def command(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def asked(run):
    """Run a command that must succeed, for machines; returns its object."""

    def command(*words):
        code, out, err = run(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    return command


def refused(result, *parts, code=3):
    """A command was refused in exactly one sentence on standard error that holds all the parts."""
    assert result[0] == code
    told = [line for line in result[2].splitlines() if line.startswith("lesionloop: ")]
    assert len(told) == 1
    assert "Traceback" not in result[2]
    for part in parts:
        assert part in told[0]


def malignant_image(project_folder, split=Split.TRAIN):
    with Project.open(project_folder, read_only=True) as project:
        images = sorted(project.store.images(), key=lambda image: image.id)
    return next(i for i in images if i.split is split and i.label and i.label.is_malignant)


def coco(path, name, *squares, category="malignant"):
    """A COCO file of squares (x, y, side) on one image."""
    annotations = [
        {
            "id": n,
            "image_id": 1,
            "category_id": 1,
            "segmentation": [[x, y, x + side, y, x + side, y + side, x, y + side]],
        }
        for n, (x, y, side) in enumerate(squares)
    ]
    categories = [{"id": 1, "name": category}]
    value = {"images": [{"id": 1, "file_name": name}], "categories": categories, "annotations": annotations}
    path.write_text(json.dumps(value))
    return path


# Usage


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_examples(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    out = capsys.readouterr().out
    assert ended.value.code == 0
    assert "examples:" in out
    assert f"lesionloop {command}" in out


def test_every_example_in_a_help_text_is_accepted_by_the_parser(capsys):
    examples = set()
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        lines = capsys.readouterr().out.partition("examples:")[2].splitlines()
        examples |= {line.partition("#")[0].strip() for line in lines if line.startswith("  lesionloop ")}
    assert len(examples) >= len(COMMANDS)
    for example in examples:
        words = example.replace("'Dr A'", "Dr_A").split()[1:]
        assert make_parser().parse_args(words).command in COMMANDS


def test_without_a_command_the_help_is_shown_and_the_code_says_wrong_usage(run):
    code, out, err = run()
    assert code == 2
    assert out == ""
    assert all(command in err for command in COMMANDS)


@pytest.mark.parametrize(
    "words", [["paint"], ["train"], ["train", "p", "--epochs", "0"], ["rank", "p", "--count", "x"]]
)
def test_wrong_usage_ends_with_code_2(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: lesionloop" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"lesionloop {version('lesionloop')}\n"


def test_asking_for_help_loads_no_heavy_library():
    program = (
        "import sys\nfrom app.__main__ import main\ntry: main(['train', '--help'])\nexcept SystemExit: pass\n"
    )
    program += "print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not set(done.stderr.split()) & {
        "torch",
        "PySide6",
        "onnxruntime",
        "numpy",
        "shapely",
        "sqlite_utils",
    }


# Import


def test_importing_twice_adds_once(asked, images_folder, tmp_path):
    words = ["import", tmp_path / "p", images_folder, "--csv", images_folder / "labels.csv"]
    first, second = asked(*words), asked(*words)
    assert (first["added"], first["already_there"], first["failed"]) == (24, 0, [])
    assert (second["added"], second["already_there"]) == (0, 24)
    assert sum(first["images_by_split"].values()) == 24


def test_bad_files_are_listed_with_their_reasons_and_the_good_one_goes_in(asked, images_folder, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    good = (images_folder / "00-CC.png").read_bytes()
    (folder / "good.png").write_bytes(good)
    (folder / "torn.png").write_bytes(good[: len(good) // 2])
    (folder / "foreign.dcm").write_bytes(b"MZ this is a program" * 100)
    Image.fromarray(np.zeros((400, 300), np.uint16)).save(folder / "empty.png")
    said = asked("import", tmp_path / "p", folder)
    assert said["added"] == 1
    reasons = {item["file"]: item["reason"] for item in said["failed"]}
    assert set(reasons) == {"torn.png", "foreign.dcm", "empty.png"}
    assert all(reason.endswith(".") and "Traceback" not in reason for reason in reasons.values())
    assert "no breast" in reasons["empty.png"]
    listed = asked("label", tmp_path / "p", "--list")["images"]
    assert sum(bool(image["failure"]) for image in listed) == 3


def test_an_unknown_label_is_told_with_its_row_and_the_other_rows_go_in(run, images_folder, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("file,patient,label\n00-CC.png,a,M\n01-CC.png,b,suspicious\n02-CC.png,c,N\n")
    code, out, _ = run("import", tmp_path / "p", images_folder, "--csv", labels)
    assert code == 0
    assert "2 images added" in out
    assert "Row 3 of labels.csv" in out
    assert "'suspicious'" in out


def test_an_import_that_cannot_start_leaves_no_project(run, images_folder, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(run("import", tmp_path / "p", tmp_path / "nowhere"), "nowhere", "no such folder")
    refused(run("import", tmp_path / "p", tmp_path / "empty"), "empty")
    bad = tmp_path / "bad.csv"
    bad.write_text("name;age\nx;3\n")
    refused(run("import", tmp_path / "p", images_folder, "--csv", bad), "bad.csv", "column file")
    refused(run("import", tmp_path / "p", images_folder, "--contours", bad), "bad.csv", "COCO")
    assert not (tmp_path / "p").exists()


# Projects that cannot be opened


def test_a_folder_that_is_no_project_is_refused(run, tmp_path):
    refused(run("train", tmp_path), "is not a Lesionloop project")


def test_a_project_of_a_newer_version_is_refused_and_stays_as_it_is(run, project_folder):
    with closing(sqlite3.connect(project_folder / "project.db")) as connection:
        connection.execute("PRAGMA user_version = 9999")
    before = (project_folder / "project.db").read_bytes()
    refused(run("rank", project_folder, "--strategy", "random"), "newer Lesionloop")
    assert (project_folder / "project.db").read_bytes() == before


def test_a_project_in_use_is_refused_with_a_code_of_its_own(run, project_folder):
    with Project.open(project_folder):
        refused(run("features", project_folder), "open in another Lesionloop", str(os.getpid()), code=4)
        assert run("label", project_folder, "--list")[0] == 0  # looking is allowed


# Training, scoring, ranking


def test_training_makes_a_current_model_with_predictions_and_an_order(asked, trained):
    said = asked("rank", trained, "--strategy", "missed", "--count", "3")
    assert said["pool"] >= len(said["images"]) > 0
    assert all(item["reason"].startswith("labelled malignant") for item in said["images"])
    with Project.open(trained, read_only=True) as project:
        assert project.store.current_model().recipe.method.value == "Cls-Det-RS"
        assert len(project.store.predictions()) == IMAGES
        assert project.store.ranking_strategy() == "missed"


def test_training_again_with_contours_uses_them_and_keeps_the_strategy(asked, run, trained, tmp_path):
    image = malignant_image(trained)
    asked("rank", trained, "--strategy", "confusable")
    file = coco(tmp_path / "one.json", image.path.name, (120, 200, 150))
    asked("label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A")
    said = asked("train", trained, "--epochs", "3", "--threads", "1")
    assert said["annotated_images"] == 1
    assert (said["method"], said["strategy"]) == ("SS-Cls-Det-RS", "confusable")
    again = asked("score", trained, "--model", "1")
    assert (again["model"], again["images_scored"], again["is_in_use"]) == (1, IMAGES, True)


def test_scoring_without_a_model_is_refused(run, project_folder):
    refused(run("score", project_folder), "train one first")
    refused(run("evaluate", project_folder), "train one first")
    refused(run("evaluate", project_folder, "--model", "7"), "no model number 7")


def test_strategies_are_listed_and_an_unknown_one_is_refused_before_any_work(asked, run, trained):
    assert "uncertainty" in asked("rank", "--list")["strategies"]
    refused(run("rank", trained, "--strategy", "best"), "'best'", "uncertainty")
    refused(run("train", trained, "--strategy", "best"), "'best'")
    refused(run("rank"), "which project")
    with Project.open(trained, read_only=True) as project:
        assert len(project.store.models()) == 1


def test_ranking_by_predictions_needs_some_and_random_does_not(run, project_folder):
    refused(run("rank", project_folder, "--strategy", "missed"), "no prediction yet")
    assert run("rank", project_folder, "--strategy", "random")[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for another process")
def test_ctrl_c_stops_training_and_leaves_the_project_as_it_was(trained):
    words = [sys.executable, "-m", "app", "train", str(trained), "--epochs", "1000000", "--threads", "1"]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr.readline().startswith(
            f"features: {IMAGES}"
        )  # there already: what follows is training
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Traceback" not in err
    with Project.open(trained) as project:
        assert len(project.store.models()) == 1
        assert len(list(project.models_folder.iterdir())) == 1


# Labels, contours, decisions


def test_contours_become_findings_once_and_can_be_taken_off(asked, trained, tmp_path):
    image = malignant_image(trained)
    file = coco(tmp_path / "one.json", "any name.png", (50, 60, 120), (200, 300, 60))
    words = ["label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A"]
    first, second = asked(*words), asked(*words)
    assert [f["class"] for f in first["findings"]] == ["malignant", "malignant"]
    assert {f["reader"] for f in first["findings"]} == {"Dr A"}
    assert len(second["findings"]) == 2
    assert any("there already" in note for note in second["notes"])
    number = first["findings"][0]["finding"]
    left = asked("label", trained, "--image", image.id, "--delete-finding", number, "--reader", "Dr A")
    assert [f["finding"] for f in left["findings"]] == [first["findings"][1]["finding"]]
    with Project.open(trained, read_only=True) as project:
        assert len(project.store.history(number)) == 2


def test_a_contour_outside_the_image_is_refused_and_none_of_the_file_is_stored(run, trained, tmp_path):
    image = malignant_image(trained)
    file = coco(tmp_path / "out.json", image.path.name, (50, 60, 120), (9000, 9000, 50))
    words = ["label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A"]
    refused(run(*words), "outside", "not stored")
    with Project.open(trained, read_only=True) as project:
        assert project.store.findings(image.id) == []


def test_a_decision_and_a_label_are_stored_under_the_readers_name(asked, run, trained):
    image = malignant_image(trained)
    asked("label", trained, "--image", image.id, "--nothing-to-draw", "--reader", "Dr B")
    said = asked("label", trained, "--image", image.id, "--set-label", "B", "--reader", "Dr B")
    assert (said["decision"], said["label"]) == ("nothing to draw", "B")
    with Project.open(trained, read_only=True) as project:
        record = project.store.image(image.id)
        assert (record.decision, record.label) == (Decision.NOTHING_TO_DRAW, Label.BENIGN)
        assert project.store.events()[-1].reader == "Dr B"


def test_a_change_without_reader_image_or_fitting_contour_is_refused(run, trained, tmp_path):
    image = malignant_image(trained)
    refused(run("label", trained, "--image", image.id, "--skipped"), "--reader")
    refused(run("label", trained, "--skipped", "--reader", "Dr A"), "--image")
    refused(run("label", trained, "--image", "999", "--skipped", "--reader", "Dr A"), "no image number 999")
    empty = coco(tmp_path / "none.json", image.path.name)
    refused(run("label", trained, "--image", image.id, "--contours", empty, "--reader", "A"), "no contour")
    refused(
        run("label", trained, "--image", image.id, "--delete-finding", "5", "--reader", "A"), "no finding"
    )


def test_no_patient_identifier_of_the_csv_is_printed(run, images_folder, tmp_path):
    labels = tmp_path / "labels.csv"
    names = sorted(path.name for path in images_folder.glob("*.png"))[:4]
    labels.write_text(
        "file,patient,label\n" + "".join(f"{n},Hideous^Name{i // 2},M\n" for i, n in enumerate(names))
    )
    project = tmp_path / "p"
    said = [run("import", project, images_folder, "--csv", labels), run("label", project, "--list", "--json")]
    said.append(run("doctor", project))
    assert not any("Hideous" in out + err for _, out, err in said)


# Evaluation and export


def test_an_evaluation_has_both_tasks_and_froc_against_contours_of_a_file(asked, run, trained, tmp_path):
    image = malignant_image(trained, Split.TEST)
    file = coco(tmp_path / "truth.json", image.path.name, (50, 150, 250))
    said = asked("evaluate", trained, "--contours", file, "--intervals", "--resamples", "50")
    assert {(t["task"], t["level"]) for t in said["tasks"]} == {
        (task, level) for task in ("M vs. BN", "MB vs. N") for level in ("image", "breast")
    }
    assert said["split"] == "test"
    assert said["froc"]["without_contours"] == sum(said["labels"].get(name, 0) for name in ("M", "MB")) - 1
    code, out, _ = run("evaluate", trained, "--split", "all")
    assert code == 0
    assert "AUROC" in out
    assert "FROC needs at least one malignant image with true contours" in out
    assert asked("evaluate", trained, "--split", "all")["images"] == IMAGES


def test_the_contours_of_another_image_are_not_put_on_this_one(run, trained, tmp_path):
    image = malignant_image(trained)
    with Project.open(trained, read_only=True) as project:
        other = next(i for i in project.store.images() if i.id != image.id)
    file = coco(tmp_path / "other.json", other.path.name, (50, 60, 120))
    done = run("label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A")
    refused(done, f"holds no contour for image {image.id}")


def test_why_a_contour_cannot_be_used_is_told_where_none_can(run, trained, tmp_path):
    image = malignant_image(trained)
    file = coco(tmp_path / "one.json", image.path.name, (50, 60, 120))
    value = json.loads(file.read_text())
    value["annotations"][0]["segmentation"] = {"counts": "x", "size": [1, 1]}
    file.write_text(json.dumps(value))
    done = run("label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A")
    refused(done, "nothing was added", "annotation 1", "run lengths")


def test_a_name_that_is_too_long_is_one_sentence(run, tmp_path):
    refused(run("doctor", tmp_path / ("x" * 300)), "too long")


def test_evaluating_says_how_many_contours_belong_to_no_image(asked, trained, tmp_path):
    file = coco(tmp_path / "truth.json", "another study.png", (5, 5, 50))
    assert any(
        "belong to no image" in note for note in asked("evaluate", trained, "--contours", file)["left_out"]
    )


def test_an_export_holds_what_was_asked_for_and_never_overwrites(asked, run, trained, tmp_path):
    image = malignant_image(trained)
    file = coco(tmp_path / "one.json", image.path.name, (50, 60, 120))
    asked("label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A")
    said = asked("export", trained, tmp_path / "out", "--class", "malignant")
    assert (said["images"], said["findings"]) == (1, 1)
    written = json.loads((tmp_path / "out" / "contours.json").read_text())
    assert written["annotations"][0]["segmentation"] == [[50, 60, 170, 60, 170, 180, 50, 180]]
    refused(run("export", trained, tmp_path / "out"), "holds other files")
    refused(run("export", trained, tmp_path / "none", "--reader", "nobody"), "No image fits")
    tables = asked("export", trained, tmp_path / "tables", "--format", "csv", "--all-images")
    assert tables["images"] == IMAGES
    assert {path.name for path in (tmp_path / "tables").iterdir()} >= {
        "images.csv",
        "findings.csv",
        "regions.csv",
    }


# Doctor


def test_a_whole_project_is_all_right(run, trained):
    code, out, _ = run("doctor", trained)
    assert code == 0
    assert out.count("all right") == 6


def test_what_is_wrong_is_told_with_what_to_do(run, images_folder, tmp_path):
    mine = Path(shutil.copytree(images_folder, tmp_path / "mine"))
    project = tmp_path / "p"
    main(["import", str(project), str(mine)])
    (mine / "00-CC.png").unlink()
    (mine / "01-CC.png").write_bytes(b"something else")
    code, out, err = run("doctor", project, "--json")
    assert code == 3
    troubles = json.loads(out)["troubles"]["images"]
    assert [t["what"].rpartition(") ")[2] for t in troubles] == [
        "is missing or cannot be read.",
        "is not the one that was imported.",
    ]
    assert all(t["advice"].endswith(".") for t in troubles)
    assert "2 things need attention" in err


def test_damaged_features_and_models_are_found(run, trained):
    features = next((trained / "features").glob(f"*{SUFFIX}"))
    damage(features, at=-40)
    damage(next((trained / "models").glob("*/weights.safetensors")), at=-8)
    code, out, _ = run("doctor", trained, "--json")
    troubles = json.loads(out)["troubles"]
    assert code == 3
    assert len(troubles["features"]) == 1
    assert "lesionloop features" in troubles["features"][0]["advice"]
    assert "missing or changed" in troubles["models"][0]["what"]
    features.write_bytes(b"no feature file")
    assert (
        "cannot be read" in json.loads(run("doctor", trained, "--json")[1])["troubles"]["features"][0]["what"]
    )


def damage(path, *, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(bytes(content))


def test_work_that_finished_but_was_not_taken_in_is_told_and_taken_in_on_request(run, trained):
    from core.control import Control
    from core.pipeline import run_job

    with Project.open(trained) as project:
        folder = prepare_job(project, steps=[Step.SCORE], recipe=project.store.current_model().recipe)
    list(run_job(folder, Control()))  # and then the program died
    refused(run("doctor", trained), "1 things need attention")
    code, out, _ = run("doctor", trained, "--repair")
    assert code == 0
    assert f"Took in a finished job. {IMAGES} images scored." in out


def test_a_malignant_contour_on_an_image_without_malignant_label_is_told(asked, run, trained, tmp_path):
    image = malignant_image(trained)
    file = coco(tmp_path / "one.json", image.path.name, (50, 60, 120))
    asked("label", trained, "--image", image.id, "--contours", file, "--reader", "Dr A")
    asked("label", trained, "--image", image.id, "--set-label", "N", "--reader", "Dr A")
    code, out, _ = run("doctor", trained)
    assert code == 3
    assert f"Image {image.id} has a malignant contour but no malignant label" in out


# The window


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can lack a display")
def test_without_a_display_the_window_is_refused_in_one_sentence(run, monkeypatch, project_folder):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    refused(run("gui", project_folder), "There is no display here")
    refused(run("demo"), "There is no display here", "demo --headless")


def test_a_reader_that_leaves_early_ends_the_command_quietly(trained):
    program = f"from app.__main__ import main; raise SystemExit(main(['label', {str(trained)!r}, '--list']))"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_times_and_agreement_of_readers_are_told_in_words_and_as_json(
    project_folder: Path, tmp_path: Path, capsys
):
    with Project.open(project_folder) as project:
        store = project.store
        image = next(image for image in store.images() if not image.failure)
        for reader, low in (("A", 20.0), ("B", 30.0)):
            square = Contour.from_points([(low, low), (low + 40, low), (low + 40, low + 40), (low, low + 40)])
            store.add_finding(
                image.id,
                reader=reader,
                finding_class=FindingClass.MALIGNANT,
                finding_type=FindingType.MASS,
                contour=square,
            )
            store.set_decision(image.id, reader=reader, decision=Decision.ANNOTATED)
        number = store.begin_sitting(reader="A", arm=Arm.HIDDEN)
        store.add_reading(
            [
                ReadingEvent(number, 1.0, ReadingKind.OPENED, image.id),
                ReadingEvent(number, 41.0, ReadingKind.CLOSED, image.id),
            ]
        )
    table = tmp_path / "times.csv"
    assert main(["reading", str(project_folder), "--csv", str(table), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["readers"]["A"]["idle_s"] == 40.0
    assert table.read_text(encoding="utf-8").count("\n") == 2
    events = tmp_path / "events.csv"
    words = ["reading", str(project_folder), "--idle", "60", "--events", str(events)]
    assert main([*words, "--contours", str(tmp_path / "contours.csv")]) == 0
    assert [line.split(",")[5] for line in events.read_text().splitlines()] == ["kind", "opened", "closed"]
    assert (tmp_path / "contours.csv").read_text().count("\n") == 1
    assert "A: search 40 s" in capsys.readouterr().out
    assert main(["agreement", str(project_folder)]) == 0
    assert (
        "A and B, 1 images: kappa of decisions not defined; 1 pairs of contours, IoM 0.56"
        in capsys.readouterr().out
    )
    assert main(["reading", str(project_folder), "--csv", str(table)]) == 3  # never written over

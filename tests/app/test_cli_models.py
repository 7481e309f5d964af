"""Models on the command line: what a training says of them, the ledger, promotion by hand, going back, going on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from app.__main__ import main
from core.job import Step
from storage.jobs import prepare_job
from storage.project import Project
from storage.records import PromotionKind

IMAGES = 12
SHORT = ("--epochs", "3", "--threads", "1", "--method", "Cls-Det-RS")


@pytest.fixture(scope="module")
def two_template(images_folder, tmp_path_factory):
    """A project with a model in use and a candidate, made by the commands themselves."""
    folder = tmp_path_factory.mktemp("two") / "project"
    lines = (images_folder / "labels.csv").read_text().splitlines()
    labels = folder.with_name("labels.csv")
    labels.write_text("\n".join(lines[: 1 + IMAGES]))
    assert main(["import", str(folder), str(images_folder), "--csv", str(labels)]) == 0
    for seed in ("0", "1"):
        assert main(["train", str(folder), *SHORT, "--seed", seed]) == 0
    return folder


@pytest.fixture
def two(two_template, tmp_path):
    return Path(shutil.copytree(two_template, tmp_path / "two"))


@pytest.fixture
def run(capsys):
    def command(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def models(run, folder, *words):
    code, out, err = run("models", folder, *words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_the_ledger_tells_which_model_is_in_use_and_which_waits(run, two):
    second, first = models(run, two)["models"]
    assert (first["state"], second["state"]) == ("in use", "candidate")
    assert first["decided_by"] == "the first model"
    assert second["judged_against"] == 1
    assert first["snapshot"] == second["snapshot"]  # nothing was drawn in between
    assert len(first["split_hash"]) == 64
    assert first["train_images"] + first["validation_images"] + first["test_images"] == IMAGES
    code, out, _ = run("models", two)
    assert code == 0
    assert "Cls-Det-RS" in out
    assert first["snapshot"][:8] in out


def test_training_says_that_a_later_model_waits_and_how_to_use_it(run, two):
    code, out, _ = run("train", two, *SHORT, "--seed", "2")
    assert code == 0
    assert "Model 3 is a candidate" in out
    assert "Model 1 stays in use" in out
    assert "lesionloop models PROJECT promote 3" in out


def test_a_model_is_put_to_use_and_back_by_a_reader_who_gives_a_name(run, two):
    assert run("models", two, "promote", "2")[0] == 3
    said = models(run, two, "promote", "2", "--reader", "Dr A")
    assert said["models"][0]["state"] == "in use"
    assert said["models"][0]["decided_by"] == "Dr A, by hand"
    said = models(run, two, "rollback", "--reader", "Dr B")
    assert said["models"][1]["state"] == "in use"
    with Project.open(two, read_only=True) as project:
        decided = [(p.model_id, p.kind, p.reader) for p in project.store.promotions()]
    assert decided == [
        (1, PromotionKind.FIRST, None),
        (2, PromotionKind.BY_HAND, "Dr A"),
        (1, PromotionKind.ROLLED_BACK, "Dr B"),
    ]
    code, _, err = run("models", two, "rollback", "--reader", "Dr B")
    assert code == 3
    assert "nothing to go back to" in err


def test_a_refused_model_is_used_later_all_the_same_and_scores_anew_first(run, two):
    assert models(run, two, "refuse", "2", "--reader", "Dr A")["models"][0]["state"] == "not taken"
    said = models(run, two)["models"][0]
    assert not said["has_predictions"]
    said = models(run, two, "promote", "2", "--reader", "Dr A")["models"][0]
    assert (said["state"], said["has_predictions"]) == ("in use", True)


def test_training_with_promote_puts_the_model_to_use_by_hand(run, two):
    assert run("train", two, *SHORT, "--promote")[0] == 3
    code, out, err = run("train", two, *SHORT, "--seed", "3", "--promote", "--reader", "Dr A", "--json")
    assert code == 0, err
    assert json.loads(out)["is_in_use"]
    assert models(run, two)["models"][0]["decided_by"] == "Dr A, by hand"


def test_the_gate_is_set_in_the_project_and_nonsense_is_refused(run, two):
    said = models(run, two, "gate", "--margin", "0.1", "--by-hand")
    assert said["rules"] == {"margin": 0.1, "level": 0.95, "is_automatic": False}
    code, _, err = run("models", two, "gate", "--level", "1.5")
    assert code == 3
    assert "Nothing was changed" in err


def test_one_model_is_shown_with_its_recipe_and_what_the_gate_found(run, two):
    code, out, _ = run("models", two, "show", "2")
    assert code == 0
    assert '"epochs": 3' in out
    assert "Compared with model 1" in out or "cannot be measured" in out
    assert run("models", two, "show", "9")[0] == 3
    assert run("models", two, "show")[0] == 3


def test_an_interrupted_training_goes_on_and_without_one_that_is_said(run, two):
    code, _, err = run("train", two, "--resume")
    assert code == 3
    assert "nothing to go on with" in err
    with Project.open(two) as project:
        recipe = project.store.models()[0].recipe
        folder = prepare_job(project, steps=[Step.FEATURES, Step.FIT, Step.SCORE], recipe=recipe)
        (folder / "checkpoint").mkdir()
        (folder / "checkpoint" / "checkpoint.json").write_text('{"plain": {"epoch": 2}}')
    code, out, err = run("train", two, "--resume")
    assert code == 0, err
    assert "was interrupted at epoch 2 of 3. It goes on." in out
    with Project.open(two, read_only=True) as project:
        assert len(project.store.models()) == 3

"""From a cohort with features to a folder of results, stopped and gone on with, with failures told."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from core.augmentation import augmented
from core.control import Control
from core.crossval import Cohort, Plan, read_evaluation, text_report
from core.crossval.cells import read_cell
from core.crossval.folds import deal_folds
from core.crossval.inputs import Inputs, read_inputs
from core.crossval.measures import Truth, measure_cell
from core.crossval.plan import features_of_folds, lay_out
from core.errors import UserError
from core.events import Finished, Notice, Progress, Stopped
from core.recipe import Augmentation
from tests.core.crossval.conftest import FULL, GRID, WEAK, arm, make_cohort, square, write_features

RARE = arm("rare", augmentation=Augmentation.RARE, variants=2)


def stamps(out):
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("cells/*/cell.json")}


def table(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def figure(value, recipe, level, name, task="M vs. BN"):
    keys = ("recipe", "task", "level", "name")
    return next(r for r in value["figures"] if tuple(r[k] for k in keys) == (recipe, task, level, name))


def test_the_planted_findings_are_found_on_held_out_patients(evaluated):
    _, value = evaluated
    assert figure(value, "SS-Cls-Det-RS@.5", "image", "auroc")["mean"] > 0.75
    assert figure(value, "SS-Cls-Det-RS@.5", "froc", "sensitivity_at_1")["mean"] > 0.75


def test_nothing_is_learnt_from_features_that_say_nothing(run, cohort, tmp_path):
    write_features(tmp_path / "noise", cohort, strength=0.0)
    plan = Plan((WEAK,), folds=2, seeds=(0, 1), resamples=0)
    _, value = run(tmp_path / "out", cohort, plan, folder=tmp_path / "noise")
    assert 0.2 < figure(value, "Cls-Det-RS", "image", "auroc")["mean"] < 0.8


def test_the_folder_holds_every_run_and_every_held_out_prediction(evaluated, cohort):
    out, value = evaluated
    assert {path.name for path in out.iterdir()} >= {
        "evaluation.json",
        "predictions.csv",
        "images.csv",
        "cells",
    }
    assert read_evaluation(out) == value
    rows = table(out / "predictions.csv")
    assert list(rows[0]) == ["recipe", "seed", "fold", "image_id", "split_role", "p_benign", "p_malignant"]
    for recipe in ("Cls-Det-RS", "SS-Cls-Det-RS@.5"):
        for seed in ("0", "1"):
            held_out = [
                int(r["image_id"])
                for r in rows
                if (r["recipe"], r["seed"], r["split_role"]) == (recipe, seed, "test")
            ]
            assert sorted(held_out) == [image.image_id for image in cohort.images]


def test_every_figure_of_the_documentation_is_in_the_json(evaluated):
    _, value = evaluated
    assert set(value) == {
        "version", "cohort", "folds", "seeds", "resamples", "reference", "recipes", "cells", "figures", "froc", "roc",
        "comparisons", "confusion", "calibration", "breakdown", "worst", "nested", "notes",
    }  # fmt: skip
    levels = {(row["task"], row["level"]) for row in value["figures"]}
    assert levels == {(t, level) for t in ("M vs. BN", "MB vs. N") for level in ("image", "breast", "froc")}
    assert {row["state"] for row in value["cells"]} == {"done"}
    assert value["reference"] == "Cls-Det-RS"
    json.dumps(value, allow_nan=False)


def test_figures_can_be_redone_from_the_folder_alone(evaluated, cohort):
    out, value = evaluated
    with np.load(next(out.glob("truth-*.npz"))) as truth:
        cuts = truth["offsets"][1:-1]
        hits = zip(np.split(truth["hit_malignant"], cuts), np.split(truth["hit_benign"], cuts), strict=True)
        known = {int(i): Truth(*both) for i, both in zip(truth["image_id"], hits, strict=True)}
    row = figure(value, "Cls-Det-RS", "froc", "sensitivity_at_1", task="MB vs. N")
    for cell in row["by_cell"]:
        result = read_cell(out / "cells" / f"Cls-Det-RS_s{cell['seed']}_f{cell['fold']}")
        again = measure_cell(result, cohort.by_id(), known, resamples=0)
        names = {(k.task.value, k.level.value, k.name): v for k, v in again.values.items()}
        assert names["MB vs. N", "froc", "sensitivity_at_1"] == cell["value"]


def test_no_patient_number_of_the_project_is_in_the_folder(evaluated, cohort):
    out, _ = evaluated
    patients = {row["patient"] for row in table(out / "images.csv")}
    assert not patients & {str(image.patient) for image in cohort.images}
    assert len(patients) == cohort.patients


def test_the_text_shows_every_recipe_with_mean_deviation_and_runs(evaluated):
    _, value = evaluated
    text = text_report(value)
    auroc = figure(value, "SS-Cls-Det-RS@.5", "image", "auroc")
    assert f"{auroc['mean']:.3f} ({auroc['sd']:.3f})" in text
    assert text.count("4 of 4") >= 4
    assert "p (Holm)" in text
    assert "nan" not in text.lower().split()


def test_the_nested_choice_names_a_recipe_for_every_fold_from_its_inner_folds(
    evaluated, run, cohort, tmp_path
):
    out = shutil.copytree(evaluated[0], tmp_path / "nested")
    before = stamps(out)
    told, value = run(out, cohort, Plan((WEAK, FULL), folds=2, inner_folds=2, resamples=0))
    new = {name for name in stamps(out) if name not in before}
    assert len(new) == 8
    assert all("_i" in name for name in new)
    assert told[0] == Progress("cross-validation", 4, 12, note="4 there already")
    nested = value["nested"]
    assert [(choice["seed"], choice["fold"]) for choice in nested["choices"]] == [(0, 0), (0, 1)]
    assert sum(nested["times_chosen"].values()) == 2
    chosen = [choice["chosen"] for choice in nested["choices"]]
    outer = [
        figure(value, name, "image", "auroc")["by_cell"][fold]["value"] for fold, name in enumerate(chosen)
    ]
    row = next(
        r for r in nested["figures"] if (r["task"], r["level"], r["name"]) == ("M vs. BN", "image", "auroc")
    )
    assert row["mean"] == pytest.approx(np.mean(outer))
    assert "Chosen in 2 inner folds" in text_report(value)


def test_the_same_command_again_runs_nothing_anew_and_gives_the_same(evaluated, run, cohort, tmp_path):
    out = shutil.copytree(evaluated[0], tmp_path / "again")
    before = stamps(out)
    plan = Plan((WEAK, FULL), folds=2, seeds=(0, 1), resamples=100)
    told, value = run(out, cohort, plan)
    assert stamps(out) == before
    assert value == evaluated[1]
    assert told[0] == Progress("cross-validation", 8, 8, note="8 there already")
    assert isinstance(told[-1], Finished)


def test_a_changed_contour_trains_anew_only_what_saw_it(evaluated, run, cohort, tmp_path):
    out = shutil.copytree(evaluated[0], tmp_path / "changed")
    before = stamps(out)
    images = list(cohort.images)
    for index, image in enumerate(images):
        if image.is_annotated:
            images[index] = replace(image, malignant=(replace(image.malignant[0], contour=square(0)),))
    run(out, Cohort(tuple(images)), Plan((WEAK, FULL), folds=2, seeds=(0, 1), resamples=0))
    after = stamps(out)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {name for name in before if name.startswith("SS-")}


def test_a_damaged_run_is_done_anew(evaluated, run, cohort, tmp_path):
    out = shutil.copytree(evaluated[0], tmp_path / "damaged")
    (out / "cells" / "Cls-Det-RS_s0_f0" / "predictions.npz").write_bytes(b"half")
    before = stamps(out)
    _, value = run(out, cohort, Plan((WEAK, FULL), folds=2, seeds=(0, 1), resamples=100))
    assert {name for name, at in stamps(out).items() if at != before[name]} == {"Cls-Det-RS_s0_f0"}
    assert value["figures"] == evaluated[1]["figures"]


def test_a_stop_keeps_what_is_finished_and_the_next_run_goes_on(run, cohort, tmp_path):
    control = Control()
    plan = Plan((WEAK,), folds=2, seeds=(0,), resamples=0)

    class StopsAfterTheFirst(Control):
        @property
        def is_stopping(self):
            return bool(stamps(tmp_path / "out"))

    told, value = run(tmp_path / "out", cohort, plan, control=StopsAfterTheFirst())
    assert value is None
    assert told[-1] == Stopped(kept=True)
    assert len(stamps(tmp_path / "out")) == 1
    assert not (tmp_path / "out" / "evaluation.json").exists()
    told, value = run(tmp_path / "out", cohort, plan, control=control)
    assert told[0].done == 1
    assert value["recipes"][0]["cells"] == 2


def test_a_run_that_fails_is_listed_and_the_table_says_how_many_there_are(run, cohort, tmp_path, monkeypatch):
    whole = Inputs.bags

    def failing(self, parts, recipe):
        if recipe.seed == 1 and 1 in parts.test:
            raise UserError("The first image cannot be used.")
        return whole(self, parts, recipe)

    monkeypatch.setattr(Inputs, "bags", failing)
    told, value = run(tmp_path / "out", cohort, Plan((WEAK,), folds=2, seeds=(0, 1), resamples=0))
    failed = [cell for cell in value["cells"] if cell["state"] == "failed"]
    assert [(cell["seed"], cell["reason"]) for cell in failed] == [(1, "The first image cannot be used.")]
    assert any(isinstance(event, Notice) and "cannot be used" in event.text for event in told)
    assert (value["recipes"][0]["cells"], value["recipes"][0]["planned"]) == (3, 4)
    assert "3 of 4" in text_report(value)
    assert any("failed: The first image" in note for note in value["notes"])


def test_a_fault_of_ours_is_told_by_its_type_alone(run, cohort, tmp_path, monkeypatch, capsys):
    def failing(_self, parts, _recipe):
        if 1 in parts.test:
            raise ValueError("".join(["SEC", "RET"]))
        return whole(_self, parts, _recipe)

    whole = Inputs.bags
    monkeypatch.setattr(Inputs, "bags", failing)
    _, value = run(tmp_path / "out", cohort, Plan((WEAK,), folds=2, resamples=0))
    reasons = [cell["reason"] for cell in value["cells"] if cell["reason"]]
    assert reasons == ["a fault of the program (ValueError)."]
    assert "SECRET" not in capsys.readouterr().err


def test_where_no_run_succeeds_the_reason_of_the_first_is_told(run, cohort, tmp_path, monkeypatch):
    def failing(*_):
        raise UserError("No room.")

    monkeypatch.setattr(Inputs, "bags", failing)
    with pytest.raises(UserError, match=r"No recipe could be run\. The first: No room\."):
        run(tmp_path / "out", cohort, Plan((WEAK,), folds=2, resamples=0))


def test_images_without_features_are_left_out_for_every_recipe_and_counted(
    run, cohort, features_folder, tmp_path
):
    extra = make_cohort(17).images[32:]
    larger = Cohort((*cohort.images, *extra))
    _, value = run(tmp_path / "out", larger, Plan((WEAK,), folds=2, resamples=0))
    assert value["cohort"]["images"] == len(cohort.images)
    assert any(note.startswith("2 images have no region features") for note in value["notes"])


def test_where_no_image_has_features_it_is_one_sentence(run, cohort, tmp_path):
    with pytest.raises(UserError, match="No image has the region features of every recipe"):
        run(tmp_path / "out", cohort, Plan((WEAK,), folds=2), folder=tmp_path / "empty")


def test_features_that_go_while_it_works_are_told_in_a_sentence(cohort, tmp_path):
    plan = Plan((WEAK,), folds=2)
    cell = lay_out(plan, cohort, features_folder=tmp_path / "empty", scratch=tmp_path / "inputs").cells[0]
    with pytest.raises(UserError, match="Run the same command again"):
        read_inputs(cell.inputs).bags(cell.parts, cell.recipe)


def test_a_folder_of_other_things_is_left_alone(run, cohort, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        run(tmp_path, cohort, Plan((WEAK,), folds=2))


def test_a_recipe_that_needs_contours_is_refused_where_none_is_drawn(run, cohort, tmp_path):
    bare = Cohort(tuple(replace(image, malignant=()) for image in cohort.images))
    with pytest.raises(UserError, match="learns from contours"):
        run(tmp_path / "out", bare, Plan((WEAK, FULL), folds=2))
    _, value = run(tmp_path / "out", bare, Plan((WEAK,), folds=2, resamples=0))
    assert figure(value, "Cls-Det-RS", "froc", "sensitivity_at_1")["mean"] is None
    assert "is not measured" in text_report(value)


def test_contours_of_validation_and_held_out_images_never_train(cohort, features_folder, tmp_path):
    whole = arm("SS-Cls-Det-RS", method=FULL.recipe.method, fraction=1.0)
    plan = Plan((whole,), folds=4, inner_folds=2)
    layout = lay_out(plan, cohort, features_folder=features_folder, scratch=tmp_path)
    for cell in layout.cells:
        assert cell.parts.annotated
        assert set(cell.parts.annotated) <= set(cell.parts.train)


def test_every_recipe_and_seed_sees_the_same_folds(cohort, features_folder, tmp_path):
    plan = Plan((WEAK, FULL), folds=2, seeds=(0, 1))
    layout = lay_out(plan, cohort, features_folder=features_folder, scratch=tmp_path)
    parts = {}
    for cell in layout.cells:
        parts.setdefault(cell.fold, set()).add((cell.parts.train, cell.parts.validation, cell.parts.test))
    assert [len(found) for found in parts.values()] == [1, 1]


def test_two_processes_give_what_one_gives(evaluated, run, cohort, tmp_path):
    plan = Plan((WEAK,), folds=2, seeds=(0,), resamples=0)
    _, value = run(tmp_path / "out", cohort, plan, jobs=2)
    one = figure(evaluated[1], "Cls-Det-RS", "image", "auroc")["by_cell"]
    two = figure(value, "Cls-Det-RS", "image", "auroc")["by_cell"]
    assert two == [cell for cell in one if cell["seed"] == 0]


def test_an_unfinished_evaluation_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="holds no finished evaluation"):
        read_evaluation(tmp_path)
    (tmp_path / "evaluation.json").write_text('{"version": 99}')
    with pytest.raises(UserError, match="another version"):
        read_evaluation(tmp_path)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"seeds": (0, 0)}, "named twice"),
        ({"reference": "no-such"}, "not among them"),
        ({"inner_folds": 1}, "at least 2 inner folds"),
    ],
)
def test_a_plan_that_makes_no_sense_is_told_in_a_sentence(changes, why):
    with pytest.raises(UserError, match=why):
        Plan((WEAK, FULL), **changes)


def test_regions_are_those_of_the_grid(cohort):
    image = next(image for image in cohort.images if image.is_annotated)
    assert image.hits(image.malignant, grid_key=GRID).sum() == 1


def test_features_are_made_of_every_image_that_is_augmented_in_some_fold():
    balanced = Cohort(tuple(i for i in make_cohort(20).images if i.label.is_malignant == i.patient % 2))
    plans = [Plan((RARE,), folds=3, fold_seed=seed) for seed in range(4)]
    for plan in plans:
        (recipe,) = features_of_folds(plan, balanced)
        labels = {image.image_id: image.label for image in balanced.images}
        made = dict(zip(labels, augmented(list(labels.values()), recipe), strict=True))
        for fold in deal_folds(balanced, count=3, seed=plan.fold_seed):
            chosen = augmented([labels[i] for i in fold.train], RARE.recipe)
            assert all(made[i] for i, is_so in zip(fold.train, chosen, strict=True) if is_so)
    # Which side is rarer depends on the fold where half of the images are malignant, and not where a third is.
    assert {recipe.augmentation for p in plans for recipe in features_of_folds(p, balanced)} == {
        Augmentation.ALL
    }
    third = Cohort(tuple(i for i in make_cohort(20).images if not i.label.is_malignant or i.patient % 2))
    assert [recipe.augmentation for recipe in features_of_folds(plans[0], third)] == [Augmentation.RARE]


def test_a_run_without_any_of_its_variants_fails_and_says_so(run, cohort, tmp_path):
    bare = arm("augmented", augmentation=Augmentation.ALL, variants=2)
    _, value = run(tmp_path / "out", cohort, Plan((WEAK, bare), folds=2, resamples=0))
    failed = {cell["recipe"] for cell in value["cells"] if cell["state"] == "failed"}
    assert failed == {"augmented"}
    assert any("None of the turned, mirrored or shifted copies" in note for note in value["notes"])

"""Training: what enters, what it learns, when it ends, and that it can be repeated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

import core.training_run
from core.calibration import Scaling, fit_temperature, logit
from core.domain import Label, RegionLabel, Split
from core.errors import UserError
from core.events import Epoch, Notice
from core.recipe import Method, Normalisation, Recipe
from core.scoring import score
from core.training import Bag, Control, fit
from core.training_run import member_seeds

D = 12
TRUE, DECOY = 7, 2  # places in the image of the lesion and of what merely goes along with it
QUICK = Recipe(
    normalisation=Normalisation.STANDARDISE,
    method=Method.CLS_DET_RS,
    k=5,
    hidden=64,
    dense_epochs=20,
    components=0,
    dropout=0.2,
    learning_rate=1e-2,
    epochs=60,
    threads=1,
)


def make_bags(images, *, seed=0, split=Split.TRAIN, first_id=0, decoy=0.0, stray=0.0, annotated=0.0):
    """Half N, a quarter B, a quarter M; a malignant image has its lesion in direction 0 of region TRUE.

    decoy: strength of direction 2, in region DECOY of each malignant image and nowhere else.
    stray: share of the images without malignancy that have direction 0 somewhere too.
    annotated: share of the malignant images whose lesion is drawn.
    """
    rng = np.random.default_rng(seed)
    bags = []
    for i in range(images):
        label = (Label.NORMAL, Label.MALIGNANT, Label.NORMAL, Label.BENIGN)[i % 4]
        features = rng.normal(size=(int(rng.integers(12, 25)), D)).astype(np.float32)
        if label is Label.MALIGNANT:
            features[TRUE, 0] += 5.0
            features[DECOY, 2] += decoy
        elif rng.random() < stray:
            features[9, 0] += 5.0
        if label is Label.BENIGN:
            features[4, 1] += 5.0
        labels = None
        if label is Label.MALIGNANT and (i // 4 + 0.5) / (images / 4) < annotated:
            labels = np.full(len(features), RegionLabel.BN, np.int8)
            labels[TRUE] = RegionLabel.M
            labels[TRUE + 1] = RegionLabel.IGNORED
        bags.append(Bag(first_id + i, features, label, split, labels))
    return bags


def run(bags, recipe=QUICK, control=None):
    """All events, and the fitted model."""
    events = []
    generator = fit(bags, recipe, control=control or Control())
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def epochs_of(events):
    return [event for event in events if isinstance(event, Epoch)]


def notices_of(events):
    return [event.text for event in events if isinstance(event, Notice)]


def held_out_auroc(model, bags):
    scores = [score(model, bag.features).p_malignant for bag in bags]
    return roc_auc_score([bag.label.is_malignant for bag in bags], scores)


def share_pointing_at(model, bags, place):
    malignant = [bag for bag in bags if bag.label.is_malignant]
    hits = [int(score(model, bag.features).score[:, 1].argmax()) == place for bag in malignant]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("method", list(Method))
def test_every_method_learns_which_images_hold_a_lesion_and_where_it_is(method):
    _, fitted = run(make_bags(80, annotated=0.5), replace(QUICK, method=method, hidden=128))
    unseen = make_bags(80, seed=1)
    assert held_out_auroc(fitted.model, unseen) > 0.9
    assert share_pointing_at(fitted.model, unseen, TRUE) > 0.8


def test_selection_that_starts_after_some_dense_epochs_finds_lesions_that_it_would_miss_from_the_start():
    """With this seed the untrained network ranks the lesions last, so they are never selected."""
    bags, unseen = make_bags(80), make_bags(80, seed=1)
    recipe = replace(QUICK, hidden=32)
    _, at_once = run(bags, replace(recipe, dense_epochs=0))
    _, later = run(bags, recipe)
    assert share_pointing_at(at_once.model, unseen, TRUE) < 0.1
    assert share_pointing_at(later.model, unseen, TRUE) > 0.9


def test_at_least_half_of_the_epochs_select_regions():
    bags = make_bags(12)
    _, all_asked = run(bags, replace(QUICK, epochs=6, dense_epochs=6))
    _, half = run(bags, replace(QUICK, epochs=6, dense_epochs=3))
    assert torch.equal(all_asked.model.fc3.weight, half.model.fc3.weight)


def test_local_annotations_point_the_model_at_the_lesion_where_image_labels_mislead_it():
    """Each malignant image also has a stronger mark that no other image has; the lesion's own sign is common."""
    problem = {"decoy": 9.0, "stray": 0.4}
    bags = make_bags(80, annotated=1.0, **problem)
    unseen = make_bags(80, seed=1, **problem)
    _, weak = run(bags, replace(QUICK, method=Method.CLS_DET_RS))
    _, semi = run(bags, replace(QUICK, method=Method.SS_CLS_DET_RS))
    assert share_pointing_at(weak.model, unseen, DECOY) > 0.9
    assert share_pointing_at(semi.model, unseen, TRUE) > 0.9


def test_the_same_seed_gives_the_same_model_bit_for_bit():
    bags = [*make_bags(40, annotated=0.5), *make_bags(20, seed=2, split=Split.VALIDATION)]
    recipe = replace(
        QUICK, method=Method.SS_CLS_DET_RS, components=8, batch_images=16, epochs=2, dropout=0.5, threads=2
    )
    (events, first), (again, second) = run(bags, recipe), run(bags, recipe)
    assert events == again
    for a, b in zip(first.model.state_dict().values(), second.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_another_seed_gives_another_model():
    bags = make_bags(20)
    recipe = replace(QUICK, epochs=2)
    _, first = run(bags, recipe)
    _, second = run(bags, replace(recipe, seed=1))
    assert not torch.equal(first.model.fc3.weight, second.model.fc3.weight)


def test_the_count_of_threads_is_put_back():
    before = torch.get_num_threads()
    run(make_bags(8), replace(QUICK, epochs=1, threads=before + 1))
    assert torch.get_num_threads() == before


def test_one_epoch_is_told_after_each_pass_with_both_curves():
    bags = [*make_bags(20), *make_bags(20, seed=2, split=Split.VALIDATION)]
    events, fitted = run(bags, replace(QUICK, epochs=4))
    epochs = epochs_of(events)
    assert [(epoch.number, epoch.total) for epoch in epochs] == [(i, 4) for i in (1, 2, 3, 4)]
    assert fitted.curves == tuple(epochs)
    assert all(epoch.validation_auroc is not None and epoch.train_auroc is not None for epoch in epochs)
    assert epochs[-1].train_loss < epochs[0].train_loss


def test_validation_auroc_of_the_last_epoch_is_that_of_the_model_returned():
    validation = make_bags(40, seed=2, split=Split.VALIDATION)
    events, fitted = run([*make_bags(20), *validation], replace(QUICK, epochs=6))
    assert epochs_of(events)[-1].validation_auroc == pytest.approx(
        held_out_auroc(fitted.model, validation), abs=1e-9
    )


def test_without_validation_images_or_with_one_class_the_figures_are_none():
    normal = [bag for bag in make_bags(20, seed=2, split=Split.VALIDATION) if bag.label is Label.NORMAL]
    events, _ = run([*make_bags(20), *normal], replace(QUICK, epochs=1))
    assert epochs_of(events)[0].validation_auroc is None
    assert epochs_of(events)[0].validation_loss is not None
    events, _ = run(make_bags(20), replace(QUICK, epochs=1))
    assert epochs_of(events)[0].validation_loss is None


def test_validation_images_do_not_move_the_model():
    bags = make_bags(20)
    recipe = replace(QUICK, epochs=3, components=6)
    _, alone = run(bags, recipe)
    _, watched = run([*bags, *make_bags(20, seed=2, split=Split.VALIDATION, annotated=1.0)], recipe)
    for a, b in zip(alone.model.state_dict().values(), watched.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_a_test_patients_image_is_refused():
    with pytest.raises(ValueError, match="test patient"):
        run([*make_bags(8), *make_bags(1, split=Split.TEST)])


def test_images_without_a_label_are_left_out_and_told():
    bags = make_bags(12)
    loose = [replace(bag, label=None, image_id=99 + i) for i, bag in enumerate(make_bags(2, seed=5))]
    recipe = replace(QUICK, epochs=2)
    events, with_loose = run([*bags, *loose], recipe)
    _, without = run(bags, recipe)
    assert notices_of(events) == ["2 images without a label: left out of training."]
    assert torch.equal(with_loose.model.fc3.weight, without.model.fc3.weight)


def test_no_labelled_training_image_is_told_in_a_sentence():
    with pytest.raises(UserError, match="nothing to train on"):
        run(make_bags(8, split=Split.VALIDATION))


def test_one_class_alone_is_told():
    normal = [bag for bag in make_bags(12) if bag.label is Label.NORMAL]
    events, _ = run(normal, replace(QUICK, epochs=1))
    assert any("cannot learn the difference" in text for text in notices_of(events))


def test_an_annotated_image_without_a_malignant_region_is_told_once_and_trained_on():
    bags = make_bags(12, annotated=1.0)
    bags[1] = replace(bags[1], region_labels=np.zeros(len(bags[1].features), np.int8))
    recipe = replace(QUICK, method=Method.SS_CLS_DET_RS, epochs=3)
    events, fitted = run(bags, recipe)
    assert [text for text in notices_of(events) if "no region overlaps" in text] == [
        (
            "1 image annotated, but no region overlaps a malignant contour enough: "
            "left out of the detection term (image 1)."
        )
    ]
    assert fitted.metrics["annotated_images"] == 3
    assert np.isfinite(fitted.metrics["train_loss"])


def test_malignant_contours_on_an_image_without_a_malignant_label_are_told_and_not_used():
    bags = make_bags(12, annotated=1.0)
    contrary = replace(bags[0], region_labels=np.ones(len(bags[0].features), np.int8))
    recipe = replace(QUICK, method=Method.SS_CLS_DET_RS, epochs=2)
    events, with_contrary = run([contrary, *bags[1:]], recipe)
    _, without = run(bags, recipe)
    assert any("without a malignant label" in text for text in notices_of(events))
    assert torch.equal(with_contrary.model.fc3.weight, without.model.fc3.weight)


def test_a_semi_supervised_method_without_annotations_says_that_it_trains_weakly():
    events, fitted = run(make_bags(12), replace(QUICK, method=Method.SS_CLS_DET_RS, epochs=2))
    _, weak = run(make_bags(12), replace(QUICK, method=Method.CLS_DET_RS, epochs=2))
    assert any("image labels alone" in text for text in notices_of(events))
    assert torch.equal(fitted.model.fc3.weight, weak.model.fc3.weight)


def test_a_weak_method_does_not_look_at_contours():
    recipe = replace(QUICK, method=Method.CLS_DET_RS, epochs=2)
    _, with_contours = run(make_bags(12, annotated=1.0), recipe)
    _, without = run(make_bags(12), recipe)
    assert torch.equal(with_contours.model.fc3.weight, without.model.fc3.weight)


def test_cancel_keeps_nothing():
    control = Control()
    generator = fit(make_bags(12), QUICK, control=control)
    next(generator)
    control.cancel()
    with pytest.raises(StopIteration) as end:
        next(generator)
    assert end.value.value is None


def test_stop_early_keeps_the_last_whole_epoch():
    control = Control()
    recipe = replace(QUICK, dense_epochs=0)
    generator = fit(make_bags(12), recipe, control=control)
    next(generator)
    next(generator)
    control.stop_early()
    with pytest.raises(StopIteration) as end:
        next(generator)
    _, two = run(make_bags(12), replace(recipe, epochs=2))
    fitted = end.value.value
    assert fitted.metrics["epochs"] == 2
    assert fitted.metrics["was_stopped_early"]
    assert torch.equal(fitted.model.fc3.weight, two.model.fc3.weight)


class StopAtStep(Control):
    """Asks to stop the moment a number of batches has been looked at."""

    def __init__(self, steps):
        super().__init__()
        self.steps, self.asked = steps, 0

    @property
    def is_stopping(self):
        self.asked += 1
        return self.asked > self.steps


def test_a_stop_within_an_epoch_ends_after_that_batch_and_keeps_whole_epochs_only():
    bags = make_bags(16)
    recipe = replace(QUICK, batch_images=4, dense_epochs=0)
    _, one = run(bags, replace(recipe, epochs=1))
    # Asked once while the regions are projected, before each epoch, and after each of its four batches.
    events, fitted = run(bags, recipe, control=StopAtStep(1 + 5 + 3))
    assert len(epochs_of(events)) == 1
    assert torch.equal(fitted.model.fc3.weight, one.model.fc3.weight)


def test_a_stop_before_the_first_epoch_is_over_keeps_nothing():
    control = Control()
    control.stop_early()
    assert run(make_bags(12), control=control) == ([], None)


def test_patience_ends_training_and_keeps_the_best_epoch():
    rng = np.random.default_rng(0)
    noise = [
        Bag(i, rng.normal(size=(10, D)).astype(np.float32), (Label.MALIGNANT, Label.NORMAL)[i % 2], split)
        for i, split in enumerate([Split.TRAIN] * 20 + [Split.VALIDATION] * 20)
    ]
    events, fitted = run(noise, replace(QUICK, epochs=200, patience=4, dense_epochs=0))
    curve = [epoch.validation_auroc for epoch in epochs_of(events)]
    best = int(np.argmax(curve))
    assert len(curve) == best + 1 + 4
    assert fitted.metrics["kept_epoch"] == best + 1
    assert held_out_auroc(fitted.model, noise[20:]) == pytest.approx(curve[best], abs=1e-9)


def test_patience_counts_only_epochs_that_select_regions():
    bags = make_bags(16) + make_bags(8, seed=1, split=Split.VALIDATION, first_id=100)
    # Nothing is learnt at this rate: the first epoch stays the best.
    still = replace(QUICK, learning_rate=1e-12, patience=1, dense_epochs=6)
    assert len(epochs_of(run(bags, still)[0])) == 6 + 1
    assert len(epochs_of(run(bags, replace(still, method=Method.CLS_DET))[0])) == 1 + 1


def test_with_patience_and_no_validation_image_all_epochs_are_done_and_the_last_is_kept():
    events, fitted = run(make_bags(16), replace(QUICK, epochs=6, patience=1))
    assert len(epochs_of(events)) == 6
    assert fitted.metrics["kept_epoch"] == 6


def test_a_device_that_is_not_there_is_told_in_a_sentence():
    with pytest.raises(UserError, match="no usable device 'xpu'"):
        run(make_bags(8), replace(QUICK, device="xpu"))


def test_features_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="image 3 has a feature that is not a number"):
        Bag(3, np.full((2, D), np.nan), Label.NORMAL, Split.TRAIN)


def test_region_labels_must_fit_the_regions():
    with pytest.raises(ValueError, match="one label a region"):
        Bag(3, np.zeros((2, D)), Label.MALIGNANT, Split.TRAIN, np.zeros(3, np.int8))


SMALL = replace(QUICK, epochs=6, dense_epochs=2, batch_images=16)


def test_members_are_what_each_seed_alone_gives_and_the_curve_is_of_their_mean_probability():
    validation = make_bags(24, seed=2, split=Split.VALIDATION)
    bags = [*make_bags(24, annotated=0.5), *validation]
    recipe = replace(SMALL, method=Method.SS_CLS_DET_RS, members=3, seed=5)
    _, together = run(bags, recipe)
    alone = [run(bags, replace(recipe, members=1, seed=seed))[1] for seed in member_seeds(recipe)]
    for member, one in zip(together.model.members, alone, strict=True):
        assert torch.equal(member.fc3.weight, one.model.fc3.weight)
    assert alone[0].recipe.seed == 5
    mean = np.mean([[score(one.model, b.features).p_malignant for b in validation] for one in alone], axis=0)
    truth = [bag.label.is_malignant for bag in validation]
    last = together.curves[-1]
    assert last.validation_auroc == pytest.approx(roc_auc_score(truth, mean), abs=1e-9)
    assert last.train_loss == pytest.approx(np.mean([one.curves[-1].train_loss for one in alone]), abs=1e-9)
    assert held_out_auroc(together.model, validation) == pytest.approx(last.validation_auroc, abs=1e-9)
    assert together.metrics["members"] == 3


def test_seeds_of_members_do_not_meet_those_of_neighbouring_recipes():
    seeds = [seed for first in range(50) for seed in member_seeds(replace(SMALL, seed=first, members=5))]
    assert len(set(seeds)) == len(seeds)


def test_probabilities_are_calibrated_on_validation_images_where_the_recipe_asks_for_it():
    rng = np.random.default_rng(3)
    validation = make_bags(80, seed=2, split=Split.VALIDATION)
    validation = [replace(b, label=Label.MALIGNANT) if rng.random() < 0.1 else b for b in validation]
    bags = [*make_bags(40), *validation]
    _, plain = run(bags, SMALL)
    events, fitted = run(bags, replace(SMALL, calibrate=True))
    truth = np.array([bag.label.targets[::-1] for bag in validation]).T
    before, after = (
        np.array([score(model, bag.features).probability for bag in validation]).T
        for model in (plain.model, fitted.model)
    )
    for c, name in enumerate("BM"):
        temperature = fit_temperature(logit(before[c]), truth[c])
        assert fitted.metrics["calibration"]["temperature"][name] == pytest.approx(temperature, rel=1e-5)
        assert after[c] == pytest.approx(Scaling(temperature)(before[c]), abs=1e-6)
    assert fitted.metrics["calibration"]["images"] == 80
    assert plain.metrics["calibration"] is None
    assert notices_of(events) == []
    assert fitted.curves == plain.curves


def test_a_balanced_recipe_is_calibrated_with_a_bias():
    validation = [
        replace(bag, label=Label.MALIGNANT) if i % 9 == 0 else bag
        for i, bag in enumerate(make_bags(60, seed=2, split=Split.VALIDATION))
    ]
    _, fitted = run([*make_bags(40), *validation], replace(SMALL, calibrate=True, balance=True))
    assert fitted.metrics["calibration"]["method"] == "Platt"
    assert fitted.metrics["calibration"]["bias"]["M"] != 0.0


def test_without_both_classes_among_validation_images_nothing_is_calibrated_and_it_is_told():
    normal = [bag for bag in make_bags(20, seed=2, split=Split.VALIDATION) if bag.label is Label.NORMAL]
    recipe = replace(SMALL, calibrate=True)
    events, fitted = run([*make_bags(20), *normal], recipe)
    assert fitted.metrics["calibration"] is None
    assert [text.split(":")[0] for text in notices_of(events)] == [
        "p(y_B) is not calibrated",
        "p(y_M) is not calibrated",
    ]
    events, fitted = run(make_bags(20), recipe)
    assert notices_of(events) == [
        "The probabilities are not calibrated: there is no validation image with a label."
    ]


def test_a_loss_that_is_not_a_number_is_told_in_a_sentence(monkeypatch):
    loss = core.training_run.loss
    monkeypatch.setattr(core.training_run, "loss", lambda *a, **options: loss(*a, **options) * float("nan"))
    with pytest.raises(UserError, match=r"in epoch 1: the loss is not a number\. Choose a smaller learning"):
        run(make_bags(12), SMALL)


def cohort(images, *, malignant, seed, split=Split.TRAIN):
    """A rare lesion that stands out little."""
    rng = np.random.default_rng(seed)
    bags = []
    for i in range(images):
        features = rng.normal(size=(30, D)).astype(np.float32)
        if i < malignant:
            features[TRUE, 0] += 4.0
        bags.append(Bag(i, features, Label.MALIGNANT if i < malignant else Label.NORMAL, split))
    return bags


def test_a_small_cohort_with_few_malignant_images_is_learnt_with_balance_and_members():
    recipe = replace(QUICK, hidden=32, epochs=30, dense_epochs=10, balance=True, members=3, dropout=0.5)
    bags = cohort(240, malignant=32, seed=0)
    _, fitted = run(bags, recipe)
    assert held_out_auroc(fitted.model, cohort(150, malignant=50, seed=1)) > 0.9


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize(("images", "malignant"), [(1, 1), (2, 1), (5, 0)])
def test_the_smallest_cohorts_train_with_all_options(method, images, malignant):
    recipe = replace(
        SMALL, method=method, epochs=2, components=4, balance=True, members=2, calibrate=True, patience=1
    )
    bags = cohort(images, malignant=malignant, seed=0)
    watched = cohort(1, malignant=1, seed=1, split=Split.VALIDATION)
    _, fitted = run([*bags, *watched], recipe)
    assert np.isfinite(fitted.metrics["train_loss"])
    assert np.isfinite(score(fitted.model, bags[0].features).probability).all()

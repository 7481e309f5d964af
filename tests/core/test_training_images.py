"""What an epoch shows: variants, balance, counts, and where the features of all of them lie."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.bags import Bag, BagVariant
from core.control import Control
from core.domain import Label, RegionLabel, Split
from core.events import Notice
from core.model import DualBranch
from core.projection import fit_projection
from core.recipe import Method, Recipe
from core.training import fit
from core.training_images import Showing, TrainingImages, project_all, views_of

D = 6
RECIPE = Recipe(
    method=Method.SS_CLS_DET_RS,
    components=0,
    hidden=8,
    epochs=2,
    dense_epochs=0,
    k=3,
    threads=1,
    dropout=0.25,
)


def features(rng):
    return rng.normal(size=(int(rng.integers(3, 9)), D)).astype(np.float32)


def labels_of(rows, rng):
    return rng.integers(-1, 2, len(rows)).astype(np.int8)


def make_bags(images, *, malignant, variants=0, annotated=True, seed=0):
    """The first `malignant` images are; variants of image i are i % (variants + 1) in number."""
    rng = np.random.default_rng(seed)
    bags = []
    for i in range(images):
        is_malignant = i < malignant
        rows = features(rng)
        region_labels = labels_of(rows, rng) if is_malignant and annotated else None
        made = []
        for _ in range(i % (variants + 1)):
            turned = features(rng)
            made.append(BagVariant(turned, None if region_labels is None else labels_of(turned, rng)))
        label = Label.MALIGNANT if is_malignant else Label.NORMAL
        bags.append(Bag(i, rows, label, Split.TRAIN, region_labels, tuple(made)))
    return bags


def laid_out(bags):
    rows = [view.features for bag in bags for view in views_of(bag)]
    return TrainingImages.of(bags, RECIPE, projected=torch.from_numpy(np.concatenate(rows)))


def all_views(bags):
    return [(i, view) for i, bag in enumerate(bags) for view in views_of(bag)]


def run(bags, recipe):
    generator, events = fit(bags, recipe, control=Control()), []
    while True:
        try:
            events.append(next(generator))
        except StopIteration as end:
            return events, end.value


def test_a_batch_holds_the_regions_and_labels_of_what_is_shown():
    bags = make_bags(12, malignant=6, variants=3)
    images, views = laid_out(bags), all_views(bags)
    chosen = [3, 0, 17, 9, 3]
    rows, batch = images.take(Showing(torch.tensor([views[v][0] for v in chosen]), torch.tensor(chosen)))
    assert np.array_equal(images.projected[rows], np.concatenate([views[v][1].features for v in chosen]))
    assert batch.offsets.diff().tolist() == [len(views[v][1].features) for v in chosen]
    for place, v in enumerate(chosen):
        image, view = views[v]
        assert batch.targets[place].tolist() == [y == 1 for y in bags[image].label.targets[::-1]]
        assert bool(batch.is_annotated[place]) == (image < 6)
        found = batch.region_labels[batch.offsets[place] : batch.offsets[place + 1]].numpy()
        wanted = RegionLabel.IGNORED if view.region_labels is None else view.region_labels
        assert (found == wanted).all()


def test_an_epoch_without_balance_shows_every_image_once_as_one_of_its_own_views():
    bags = make_bags(12, malignant=3, variants=4)
    owners = [image for image, _ in all_views(bags)]
    shown = laid_out(bags).draw(torch.Generator().manual_seed(0), is_balanced=False)
    assert sorted(shown.images.tolist()) == list(range(12))
    assert [owners[view] for view in shown.views] == shown.images.tolist()
    assert shown.images.tolist() != list(range(12))


def test_the_original_and_each_variant_are_shown_equally_often():
    bags = make_bags(4, malignant=2, variants=3)
    images, generator, draws = laid_out(bags), torch.Generator().manual_seed(0), 2000
    seen = Counter()
    for _ in range(draws):
        seen.update(images.draw(generator, is_balanced=False).views.tolist())
    for view, (image, _) in enumerate(all_views(bags)):
        assert seen[view] / draws == pytest.approx(1 / (1 + image), abs=0.04)


@pytest.mark.parametrize(("images", "malignant"), [(25, 4), (25, 21), (10, 5), (9, 0), (9, 9), (7, 1)])
def test_balance_shows_both_sides_equally_often_and_drops_no_image(images, malignant):
    bags = make_bags(images, malignant=malignant, variants=2)
    shown = laid_out(bags).draw(torch.Generator().manual_seed(1), is_balanced=True)
    times = Counter(shown.images.tolist())
    assert set(times) == set(range(images))
    is_malignant = [sum(times[i] for i in range(malignant)), sum(times[i] for i in range(malignant, images))]
    larger = max(malignant, images - malignant)
    assert [n for n in is_malignant if n] == [larger] * (1 + (0 < malignant < images))
    rare = range(malignant) if malignant < images - malignant else range(malignant, images)
    assert max((times[i] for i in rare), default=0) - min((times[i] for i in rare), default=0) <= 1


def test_an_image_that_is_shown_again_is_shown_as_another_view_until_it_has_no_more():
    bags = make_bags(30, malignant=4, variants=3)
    shown = laid_out(bags).draw(torch.Generator().manual_seed(2), is_balanced=True)
    for image in range(4):
        views = shown.views[shown.images == image].tolist()
        has = 1 + len(bags[image].variants)
        times = Counter(views)
        assert len(times) == min(has, len(views))
        assert max(times.values()) - min(times.values()) <= 1


def test_counts_are_those_of_the_views_that_an_epoch_shows():
    bags = make_bags(20, malignant=6, variants=3)
    images, views = laid_out(bags), all_views(bags)
    for seed in range(3):
        shown = images.draw(torch.Generator().manual_seed(seed), is_balanced=True)
        counts = images.counts(shown)
        labelled = annotated = weak = 0
        for v in shown.views.tolist():
            labels = views[v][1].region_labels
            weak += labels is None
            labelled += 0 if labels is None else int((labels >= 0).sum())
            annotated += labels is not None and bool((labels == 1).any())
        assert counts.images == len(shown.views)
        assert (counts.weak, counts.labelled_regions, counts.annotated) == (weak, labelled, annotated)
        assert counts == images.take(shown)[1].counts()


def test_the_same_seed_shows_the_same_and_another_does_not():
    images = laid_out(make_bags(20, malignant=6, variants=3))
    first, again, other = (
        images.draw(torch.Generator().manual_seed(seed), is_balanced=True).views for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_mini_batches_are_of_about_equal_size_and_together_the_epoch():
    images = laid_out(make_bags(23, malignant=6))
    shown = images.draw(torch.Generator().manual_seed(0), is_balanced=False)
    batches = list(shown.batches(5))
    assert [len(batch.images) for batch in batches] == [5, 5, 5, 4, 4]
    assert torch.equal(torch.cat([batch.views for batch in batches]), shown.views)


def test_features_that_are_too_many_for_memory_lie_in_a_file_that_is_gone_afterwards(tmp_path):
    bags = make_bags(12, malignant=6, variants=3)
    views = [view for _, view in all_views(bags)]
    model = DualBranch(fit_projection([bag.features for bag in bags], components=4), RECIPE)
    in_memory = project_all(model, views, control=Control())
    mapped = project_all(model, views, control=Control(), scratch=tmp_path, table_bytes=100)
    assert torch.equal(in_memory, mapped)
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_the_same_whether_its_features_lie_in_memory_or_in_a_file(monkeypatch):
    bags = make_bags(12, malignant=6, variants=3)
    _, in_memory = run(bags, RECIPE)
    opened = []
    original = tempfile.TemporaryFile

    def watched(**options):
        opened.append(options)
        return original(**options)

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    monkeypatch.setitem(project_all.__kwdefaults__, "table_bytes", 100)
    _, mapped = run(bags, RECIPE)
    assert opened
    assert torch.equal(in_memory.model.fc3.weight, mapped.model.fc3.weight)


def test_a_full_disk_is_an_error_and_no_killed_process(monkeypatch, tmp_path):
    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    bags = make_bags(3, malignant=1)
    model = DualBranch(fit_projection([bag.features for bag in bags], components=0), RECIPE)
    with pytest.raises(OSError, match="No space"):
        project_all(model, bags, control=Control(), table_bytes=10)


def test_variants_change_the_model_and_the_same_seed_gives_it_again():
    bags = make_bags(20, malignant=8, variants=3)
    plain = [replace(bag, variants=()) for bag in bags]
    recipe = replace(RECIPE, balance=True, batch_images=7, members=2)
    first, again, without = (run(some, recipe)[1].model for some in (bags, bags, plain))
    assert all(
        torch.equal(a, b)
        for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    )
    assert torch.equal(first.center, without.center)
    assert not torch.equal(first.fc3.weight, without.fc3.weight)


def test_variants_of_validation_images_are_not_looked_at():
    train = make_bags(12, malignant=6)
    watched = [
        replace(bag, split=Split.VALIDATION, image_id=100 + bag.image_id)
        for bag in make_bags(8, malignant=4, variants=3, seed=1)
    ]
    events, _ = run([*train, *watched], RECIPE)
    without, _ = run([*train, *(replace(bag, variants=()) for bag in watched)], RECIPE)
    assert [e for e in events if not isinstance(e, Notice)] == [
        e for e in without if not isinstance(e, Notice)
    ]


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        (BagVariant(np.zeros((3, D + 1), np.float32), np.zeros(3, np.int8)), "shape"),
        (BagVariant(np.full((3, D), np.nan, np.float32), np.zeros(3, np.int8)), "not a number"),
        (BagVariant(np.zeros((3, D), np.float32), np.zeros(2, np.int8)), "one label a region"),
        (BagVariant(np.zeros((3, D), np.float32), None), "not annotated as"),
    ],
)
def test_a_variant_that_does_not_fit_its_image_is_refused(variant, told):
    bags = make_bags(4, malignant=2)
    with pytest.raises(ValueError, match=f"variant of image 0 .*{told}"):
        run([replace(bags[0], variants=(variant,)), *bags[1:]], RECIPE)

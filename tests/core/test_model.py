"""The network's switches, its projection, and its files."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler, normalize

from core.errors import UserError
from core.model import BRANCH_STD, DualBranch, joined, load_model, save_model
from core.projection import fit_projection
from core.recipe import Method, Normalisation, Recipe
from core.scoring import score

D = 20


def features(images=6, seed=0):
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(D, D))
    return [
        (rng.normal(size=(int(m), D)) @ mixing + 3.0).astype(np.float32) for m in rng.integers(30, 60, images)
    ]


def make_model(method=Method.SS_CLS_DET_RS, *, components=8, hidden=16, seed=0):
    recipe = Recipe(
        method=method, components=components, hidden=hidden, normalisation=Normalisation.STANDARDISE
    )
    projection = fit_projection(features(), components=components)
    return DualBranch(projection, recipe, generator=torch.Generator().manual_seed(seed)), recipe


@pytest.mark.parametrize("method", list(Method))
def test_each_method_has_the_branches_of_its_row_in_the_papers_table(method):
    model, _ = make_model(method)
    logits = model(torch.randn(7, 8))
    assert logits.cls.shape == (2 if method is Method.DB_BASELINE else 3, 7)
    assert (logits.det is None) == (method is Method.MAX_REGION)
    assert (model.k == 10) == (method.value.endswith("RS"))


def test_logits_are_the_textbook_layers_written_channel_major():
    model, _ = make_model(seed=4)
    x = torch.randn(9, 8)
    hidden = torch.relu(torch.nn.functional.linear(x, model.fc3.weight, model.fc3.bias))
    logits = model(x)
    assert torch.allclose(logits.cls.T, model.fc4(hidden), atol=1e-9)
    assert torch.allclose(logits.det.T, model.fc5(hidden), atol=1e-9)


def test_initial_weights_follow_the_papers_distributions():
    projection = fit_projection(features(), components=0)
    model = DualBranch(projection, Recipe(hidden=2000), generator=torch.Generator().manual_seed(0))
    assert model.fc3.weight.std().item() == pytest.approx((2.0 / (D + 2000)) ** 0.5, rel=0.05)
    branches = torch.cat([model.fc4.weight, model.fc5.weight])
    assert branches.std().item() == pytest.approx(BRANCH_STD, rel=0.05)
    assert abs(branches.mean().item()) < 0.05 * BRANCH_STD
    assert not model.fc3.bias.any()
    assert not model.fc4.bias.any()


def test_projection_is_scikit_learns_scaler_and_pca_up_to_sign_and_one_factor():
    bags = features()
    rows = np.concatenate(bags)
    expected = PCA(8, svd_solver="full").fit_transform(
        StandardScaler().fit_transform(rows.astype(np.float64))
    )
    expected /= np.sqrt((expected**2).mean())
    model, _ = make_model()
    found = model.project(torch.from_numpy(rows)).numpy()
    signs = np.sign((found * expected).sum(axis=0))
    assert found == pytest.approx(expected * signs, abs=2e-4)


def test_projection_does_not_depend_on_how_regions_are_spread_over_images():
    bags = features()
    whole = fit_projection([np.concatenate(bags)], components=8)
    parts = fit_projection(bags, components=8)
    assert torch.allclose(whole.basis, parts.basis, atol=1e-5)


def test_projection_turns_each_component_so_that_its_largest_loading_is_positive():
    basis = fit_projection(features(), components=8).basis
    assert (basis.gather(0, basis.abs().argmax(dim=0, keepdim=True)) > 0).all()


def test_projection_has_no_more_components_than_the_data_carry():
    few = [np.random.default_rng(0).normal(size=(5, D)).astype(np.float32)]
    projection = fit_projection(few, components=16)
    assert projection.basis.shape == (D, 4)
    assert torch.isfinite(projection.basis).all()


def test_a_constant_feature_and_a_single_region_give_finite_inputs():
    for bag in (np.ones((30, D), np.float32), np.ones((1, D), np.float16)):
        model = DualBranch(fit_projection([bag], components=8), Recipe())
        assert torch.isfinite(model.project(torch.from_numpy(bag))).all()


def test_zero_components_keep_the_standardised_features():
    rows = np.concatenate(features())
    model, _ = make_model(components=0)
    found = model.project(torch.from_numpy(rows)).numpy()
    assert found == pytest.approx(StandardScaler().fit_transform(rows.astype(np.float64)), abs=1e-4)


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("components", [0, 8])
def test_a_saved_model_comes_back_bit_for_bit(tmp_path, method, components):
    model, recipe = make_model(method, components=components)
    metrics = {"validation_auroc": 0.75, "epochs": 3}
    save_model(tmp_path / "model", model, recipe=recipe, metrics=metrics, trunk_key="abc")
    saved = load_model(tmp_path / "model")
    assert (saved.recipe, saved.metrics, saved.trunk_key) == (recipe, metrics, "abc")
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), saved.model.state_dict().values(), strict=True)
    )
    x = torch.randn(5, D)
    assert torch.equal(logits_of(model, x), logits_of(saved.model, x))


def test_a_model_of_several_calibrated_members_comes_back_from_one_file(tmp_path):
    members = [make_model(seed=seed)[0] for seed in (0, 1, 2)]
    recipe = Recipe(
        components=8, hidden=16, members=3, calibrate=True, normalisation=Normalisation.STANDARDISE
    )
    model = joined(members, scale=torch.tensor([[2.0, 0.0], [0.5, -1.0]], dtype=torch.float64))
    save_model(tmp_path, model, recipe=recipe, metrics={})
    loaded = load_model(tmp_path).model
    assert len(loaded.members) == 3
    assert torch.equal(loaded.scale, model.scale)
    for a, b in zip(model.members, loaded.members, strict=True):
        assert torch.equal(a.fc3.weight, b.fc3.weight)
    x = features()[0]
    assert np.array_equal(score(model, x).probability, score(loaded, x).probability)
    assert sorted(path.name for path in tmp_path.glob("*.safetensors")) == ["weights.safetensors"]


def test_weights_of_one_member_are_named_as_they_always_were(tmp_path):
    assert set(make_model()[0].state_dict()) == {
        *("center", "spread", "basis"),
        *("fc3.weight", "fc3.bias", "fc4.weight", "fc4.bias", "fc5.weight"),
    }


def test_features_without_normalisation_reach_fc3_as_they_are():
    rows = np.concatenate(features())
    projection = fit_projection(features(), components=0, normalisation=Normalisation.NONE)
    model = DualBranch(projection, Recipe(normalisation=Normalisation.NONE))
    assert np.array_equal(model.project(torch.from_numpy(rows)).numpy(), rows)


def test_each_regions_vector_may_be_divided_by_its_own_length():
    rows = np.concatenate(features())
    rows[3] = 0.0
    projection = fit_projection([rows], components=0, normalisation=Normalisation.L2)
    found = DualBranch(projection, Recipe(normalisation=Normalisation.L2)).project(torch.from_numpy(rows))
    expected = normalize(rows.astype(np.float64)) * D**0.5
    assert found.numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("normalisation", [Normalisation.NONE, Normalisation.L2])
def test_principal_components_are_of_the_features_as_they_were_normalised(normalisation):
    rows = np.concatenate(features())
    given = normalize(rows.astype(np.float64)) if normalisation is Normalisation.L2 else rows
    expected = PCA(8, svd_solver="full").fit_transform(given.astype(np.float64))
    expected /= np.sqrt((expected**2).mean())
    projection = fit_projection(features(), components=8, normalisation=normalisation)
    found = DualBranch(projection, Recipe(normalisation=normalisation)).project(torch.from_numpy(rows))
    signs = np.sign((found.numpy() * expected).sum(axis=0))
    assert found.numpy() == pytest.approx(expected * signs, abs=2e-4)


def test_recipe_json_of_a_saved_model_is_a_plain_recipe(tmp_path):
    model, recipe = make_model()
    save_model(tmp_path, model, recipe=recipe, metrics={})
    assert Recipe.from_json(json.loads((tmp_path / "recipe.json").read_text())) == recipe


@pytest.mark.parametrize("name", ["weights.safetensors", "recipe.json", "metrics.json", "result.json"])
def test_a_missing_file_is_told_in_a_sentence(tmp_path, name):
    model, recipe = make_model()
    save_model(tmp_path / "m1", model, recipe=recipe, metrics={})
    (tmp_path / "m1" / name).unlink()
    with pytest.raises(UserError, match=r"The model in 'm1' cannot be used.*train again\."):
        load_model(tmp_path / "m1")


@pytest.mark.parametrize("name", ["weights.safetensors", "recipe.json", "metrics.json", "result.json"])
def test_one_flipped_bit_anywhere_in_a_file_is_noticed(tmp_path, name):
    model, recipe = make_model()
    save_model(tmp_path, model, recipe=recipe, metrics={"epochs": 3})
    path = tmp_path / name
    whole = path.read_bytes()
    for at in np.random.default_rng(0).integers(0, len(whole), 25):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << int(at) % 7
        if name == "result.json" and json_is_equal(damaged, whole):
            continue  # a flip within white space
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="missing or damaged"):
            load_model(tmp_path)


def test_a_truncated_weights_file_is_noticed(tmp_path):
    model, recipe = make_model()
    save_model(tmp_path, model, recipe=recipe, metrics={})
    path = tmp_path / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="missing or damaged"):
        load_model(tmp_path)


def json_is_equal(a, b):
    try:
        return json.loads(bytes(a)) == json.loads(bytes(b))
    except (ValueError, UnicodeDecodeError):
        return False


def logits_of(model, x):
    return model(model.project(x)).cls

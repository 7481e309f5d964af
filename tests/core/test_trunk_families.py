"""Trunks from torchvision and from files of one's own; random weights play the published ones, and no network is used."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import sys

import numpy as np
import pytest
import torch
import torchvision.models
from safetensors.torch import load_file, save_file
from torch import nn

from core.errors import UserError
from core.features import max_cells, region_features
from core.recipe import GridSettings, TrunkMode, TrunkSettings
from core.trunks import Trunk, load_trunk, torchvision_models, trunk_dimension, trunk_key
from core.trunks.catalogue import ARCHITECTURES, InputScaling, Weights
from core.trunks.lite0 import find_weights, match_weights, read_weights
from core.trunks.loading import check_weights
from core.trunks.modules import reach

FETCHED = [name for name, found in ARCHITECTURES.items() if found.weights is Weights.DOWNLOAD]
DENSE = [name for name in FETCHED if not ARCHITECTURES[name].why_not_dense]
CONVOLUTIONAL = [name for name in FETCHED if name != "swin_t"]
# Narrow networks keep their paths and make the slow ones fast; tests of numbers use these.
QUICK = ["resnet18", "densenet121", "convnext_tiny", "mobilenet_v3_large"]


def random_network(name: str) -> nn.Module:
    """The architecture with random weights and statistics, seeded by its name."""
    torch.manual_seed(len(name))
    network = getattr(torchvision.models, name)(weights=None)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.05)
            part.running_var.uniform_(0.8, 1.2)
    return network.eval()


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Waiting threads of torch's spin, which costs most where something else is at work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def networks():
    return {}


@pytest.fixture(scope="module")
def files(tmp_path_factory, networks):
    """A weights file by architecture, written when it is first asked for."""
    folder = tmp_path_factory.mktemp("weights")

    def file(name: str):
        path = folder / f"{name}.safetensors"
        if not path.exists():
            networks[name] = random_network(name)
            save_file({k: v.contiguous() for k, v in networks[name].state_dict().items()}, str(path))
        return path

    return file


def settings_for(name: str, path, **more) -> TrunkSettings:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    mode = ARCHITECTURES[name].modes[0]
    return TrunkSettings(**{"name": name, "mode": mode, "weights_sha256": digest} | more)


def load(name: str, path, *, engine="onnxruntime", **more) -> Trunk:
    return load_trunk(settings_for(name, path, **more), threads=1, engine=engine, weights=path)


def picture(rows: int, columns: int, *, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((rows, columns), dtype=np.float32)
    y, x = np.mgrid[:rows, :columns] / 31.0
    return ((np.sin(y) * np.cos(x) + 1) / 2 * 0.7 + noise * 0.3).astype(np.float32)


def published_map(network: nn.Module, grey: np.ndarray) -> np.ndarray:
    """The last map before pooling, by torchvision's own forward pass with its own normalisation."""
    seen = []
    pool = network.avgpool if hasattr(network, "avgpool") else network.features
    before = pool.register_forward_hook(lambda _part, inputs, output: seen.append((inputs[0], output)))
    x = torch.from_numpy(grey).expand(1, 3, -1, -1)
    x = (x - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]
    with torch.inference_mode():
        network(x)
    before.remove()
    inputs, output = seen[0]
    return (inputs if hasattr(network, "avgpool") else torch.relu(output))[0].numpy()


# Numbers


@pytest.mark.parametrize("name", [*QUICK, "resnet50", "efficientnet_b0", "swin_t"])
def test_cells_are_those_before_the_pooling_of_torchvisions_own_network(files, networks, name):
    trunk = load(name, files(name), engine="torch")
    size = 224 if name == "swin_t" else 64
    grey = picture(size, size)
    wanted = published_map(networks[name], grey)
    found = trunk.window_maps(grey[None])[0]
    assert found.shape == wanted.shape == (trunk_dimension(trunk.settings), size // 32, size // 32)
    np.testing.assert_allclose(found, wanted, atol=2e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("name", "tap"),
    [*((name, "final") for name in QUICK), ("resnet18", "stride16"), ("densenet121", "stride16")],
)
def test_the_engines_agree_at_a_tap(files, name, tap):
    first, second = (load(name, files(name), engine=e, tap=tap) for e in ("onnxruntime", "torch"))
    windows = picture(32, 64)[None]
    a, b = first.window_maps(windows), second.window_maps(windows)
    stride = {"final": 32, "stride16": 16}[tap]
    assert a.shape == (1, trunk_dimension(first.settings), 32 // stride, 64 // stride)
    np.testing.assert_allclose(a, b, atol=1e-4 * np.abs(b).max())
    assert first.key == second.key
    assert first.notice == second.notice == ""


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "convnext_tiny"])
def test_strips_of_any_height_give_the_cells_of_one_pass(files, name):
    trunk = load(name, files(name))
    grey = picture(384, 32)
    whole = trunk.whole_map(grey, budget_share=1e9)
    np.testing.assert_allclose(
        trunk.whole_map(grey, budget_share=1e-9), whole, atol=1e-5 * np.abs(whole).max()
    )


def test_the_reach_of_a_network_is_what_an_impulse_shows(networks, files):
    """Gradients of one row of cells touch exactly the rows that the reach tells, and no row beyond them."""
    files("resnet18")
    network = networks["resnet18"]
    body = nn.Sequential(
        network.conv1, network.bn1, nn.Identity(), network.maxpool, network.layer1, network.layer2
    )
    found = reach(body)
    rows, row = 256, 14
    x = torch.rand(1, 3, rows, 32, requires_grad=True)
    body(x)[0, :, row].sum().backward()
    touched = np.flatnonzero(x.grad[0].abs().sum(dim=(0, 2)).numpy())
    assert found.stride == 8
    assert touched[0] >= found.stride * row - found.before
    assert touched[-1] <= found.stride * row + found.end
    assert touched[0] - (found.stride * row - found.before) <= 1
    assert found.stride * row + found.end - touched[-1] <= 1


def test_what_sees_the_whole_picture_has_no_reach():
    body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1))
    with pytest.raises(ValueError, match="how far"):
        reach(body)


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "convnext_tiny"])
@pytest.mark.parametrize("tap", ["final", "stride16"])
def test_a_cell_stands_for_the_pixels_around_the_centre_of_what_it_sees(name, tap):
    """With positive weights and no normalisation, the centre of mass of a cell's gradient is the middle of its area."""
    found = ARCHITECTURES[name].taps[tap]
    network = getattr(torchvision.models, name)(weights=None).eval()
    for part in network.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.constant_(part.weight, 1 / part.weight[0].numel())
    sections = torchvision_models._sections(
        [cut for cut in torchvision_models._CUTS[name](_linear(network)) if cut.stride <= found.stride]
    )
    body = nn.Sequential(*(section.module for section in sections)).double().requires_grad_(True)
    x = torch.ones(1, 3, 1024, 32, dtype=torch.float64, requires_grad=True)
    cell = 512 // found.stride
    body(x)[0, :, cell].sum().backward()
    seen = x.grad[0].abs().sum(dim=(0, 2)).numpy()
    centre = (seen * (np.arange(1024) + 0.5)).sum() / seen.sum()
    assert centre == pytest.approx(found.stride * cell + found.offset + found.stride / 2, abs=0.3)


def _linear(network: nn.Module) -> nn.Module:
    """The same network without what is not linear: averages in place of maxima, nothing in place of norms."""
    for parent in list(network.modules()):
        for name, part in parent.named_children():
            if (
                isinstance(part, nn.BatchNorm2d | nn.ReLU | nn.GELU | nn.LayerNorm)
                or "Norm2d" in type(part).__name__
            ) or type(part).__name__ == "StochasticDepth":
                setattr(parent, name, nn.Identity())
            elif isinstance(part, nn.MaxPool2d):
                setattr(parent, name, nn.AvgPool2d(part.kernel_size, part.stride, part.padding))
    return network


def test_preparation_and_window_are_those_of_the_published_weights():
    for name in FETCHED:
        published = torchvision.models.get_model_weights(name).DEFAULT.transforms()
        found = ARCHITECTURES[name]
        assert list(found.mean) == published.mean
        assert list(found.std) == published.std
        assert [found.window] == published.crop_size


def test_a_window_is_resampled_to_the_size_that_the_network_was_trained_on(files, monkeypatch):
    trunk = load("efficientnet_b2", files("efficientnet_b2"))
    sizes = []
    maps = Trunk.window_maps
    monkeypatch.setattr(Trunk, "window_maps", lambda self, w: sizes.append(w.shape) or maps(self, w))
    box, grid = np.array([[0.0, 0, 224, 224]]), GridSettings()
    features = region_features(trunk, picture(224, 224), box, scale=1.0, grid=grid)
    assert sizes == [(1, 288, 288)]
    assert features.shape == (1, 1408)


# Pooling


@pytest.mark.parametrize("mode", list(TrunkMode))
def test_mean_and_max_are_the_mean_and_the_largest_cell(files, mode):
    path, image, grid = files("resnet18"), picture(416, 416), GridSettings()
    boxes = np.array([[0.0, 0, 224, 224], [112, 112, 336, 336]])
    mean, both = (
        region_features(
            load("resnet18", path, mode=mode, pooling=pooling, tap="stride16"),
            image,
            boxes,
            scale=1.0,
            grid=grid,
        )
        for pooling in ("mean", "mean+max")
    )
    assert both.shape == (2, 512)
    np.testing.assert_array_equal(both[:, :256], mean)
    assert (both[:, 256:] >= mean).all()
    trunk = load("resnet18", path, mode=mode, tap="stride16")
    if mode is TrunkMode.WINDOWS:
        wanted = trunk.window_maps(image[None, 112:336, 112:336])[0].max(axis=(1, 2))
    else:  # cells 7 to 20 begin at 16 * 7 - 7.5; of cell 21 the box covers .46
        wanted = trunk.whole_map(image)[:, 7:21, 7:21].max(axis=(1, 2))
    np.testing.assert_allclose(both[1, 256:], wanted, rtol=1e-4, atol=1e-4)


def slow_max(cells, boxes, *, stride, offset):
    """Every cell of which a box covers half along each axis, one by one."""
    found = []
    for x0, y0, x1, y1 in boxes:
        taken, most = [], (-1.0, None)
        for i in range(cells.shape[1]):
            for j in range(cells.shape[2]):
                shares = [
                    _share(low, high, index, count, stride=stride, offset=offset)
                    for low, high, index, count in ((y0, y1, i, cells.shape[1]), (x0, x1, j, cells.shape[2]))
                ]
                if min(shares) >= 0.5:
                    taken.append(cells[:, i, j])
                most = max(most, (shares[0] * shares[1], (i, j)), key=lambda one: one[0])
        found.append(np.max(taken, axis=0) if taken else cells[:, most[1][0], most[1][1]])
    return np.array(found)


def _share(low, high, index, count, *, stride, offset):
    start = 0 if index == 0 else stride * index + offset
    stop = (
        max(stride * count, stride * count + offset) if index == count - 1 else stride * (index + 1) + offset
    )
    return max(min(high, stop) - max(low, start), 0) / (stop - start)


@pytest.mark.parametrize(("stride", "offset"), [(16, 7.5), (32, 15.5), (16, -7.5), (32, 0.0)])
def test_the_largest_cell_is_that_of_a_loop_over_cells(stride, offset):
    rng = np.random.default_rng(3)
    cells = rng.normal(size=(3, 7, 6)).astype(np.float32)
    low = rng.uniform(0, 4 * stride, size=(30, 2))
    boxes = np.hstack([low, low + rng.uniform(1.2 * stride, 2 * stride, size=(30, 2))])
    found = max_cells(cells, boxes, stride=stride, offset=offset)
    np.testing.assert_array_equal(found, slow_max(cells, boxes, stride=stride, offset=offset))


def test_a_box_smaller_than_a_cell_takes_the_one_that_it_lies_in():
    cells = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    found = max_cells(cells, np.array([[70.0, 40, 72, 42]]), stride=32, offset=0.0)
    assert found.tolist() == [[6.0]]


# Settings and keys


@pytest.mark.parametrize("name", [name for name in FETCHED if name not in DENSE])
def test_networks_that_see_the_whole_picture_are_refused_in_one_pass(name):
    with pytest.raises(UserError, match="Choose the mode 'windows'"):
        trunk_dimension(TrunkSettings(name=name))


@pytest.mark.parametrize("name", FETCHED)
def test_without_a_weights_file_one_sentence_names_the_command(name):
    settings = TrunkSettings(name=name, mode=TrunkMode.WINDOWS)
    for attempt in (load_trunk, trunk_key):
        with pytest.raises(UserError, match=f"lesionloop trunks fetch {name}"):
            attempt(settings)


def test_everything_that_decides_features_is_in_the_key():
    plain = TrunkSettings(name="resnet50", weights_sha256="a" * 64)
    changes = (
        {"name": "resnet18"},
        {"mode": TrunkMode.WINDOWS},
        {"tap": "stride16"},
        {"pooling": "mean+max"},
        {"weights_sha256": "b" * 64},
        {"input_scaling": "0.5,0.5,0.5/0.5,0.5,0.5"},
    )
    keys = {trunk_key(plain), *(trunk_key(dataclasses.replace(plain, **change)) for change in changes)}
    assert len(keys) == 1 + len(changes)


def test_swin_says_that_it_runs_on_torch(files):
    trunk = load("swin_t", files("swin_t"))
    assert "runs on torch" in trunk.notice


@pytest.mark.parametrize("text", ["", "0.5", "a,b,c/1,1,1", "0,0,0/1,1,0", "0,0/1,1", "nan,0,0/1,1,1"])
def test_a_scaling_without_sense_is_refused_in_a_sentence(text):
    with pytest.raises(UserError, match="cannot be understood"):
        InputScaling.parse(text)


def test_a_scaling_of_ones_own_scales_the_pixels(files):
    path = files("resnet18")
    grey = picture(64, 64)[None]
    usual = load("resnet18", path).window_maps(grey)
    named = "0.485,0.456,0.406/0.229,0.224,0.225"
    np.testing.assert_array_equal(load("resnet18", path, input_scaling=named).window_maps(grey), usual)
    assert InputScaling.parse(str(InputScaling.parse(named))) == InputScaling.parse(named)
    other = load("resnet18", path, input_scaling="0,0,0/1,1,1").window_maps(grey)
    assert np.abs(other - usual).max() > 0.1


# Files


def test_a_shared_first_part_of_names_is_taken_off(tmp_path, files):
    tensors = load_file(str(files("resnet18")))
    path = tmp_path / "wrapped.safetensors"
    save_file({f"module.model.{key}": value for key, value in tensors.items()}, str(path))
    grey = picture(64, 64)[None]
    np.testing.assert_array_equal(
        load("resnet18", path).window_maps(grey), load("resnet18", files("resnet18")).window_maps(grey)
    )


def test_a_classifier_of_other_classes_does_not_matter(tmp_path, files):
    tensors = load_file(str(files("resnet18")))
    path = tmp_path / "two.safetensors"
    save_file(tensors | {"fc.weight": torch.zeros(2, 512), "fc.bias": torch.zeros(2)}, str(path))
    assert check_weights(path, architecture="resnet18")
    del tensors["fc.weight"], tensors["fc.bias"]
    save_file(tensors, str(path))
    assert check_weights(path, architecture="resnet18")


def test_weights_that_do_not_fit_are_refused_in_a_sentence(tmp_path, files):
    tensors = load_file(str(files("resnet18")))
    path, name = tmp_path / "wrong.safetensors", "layer1.0.conv1.weight"
    rest = {key: value for key, value in tensors.items() if key != name}
    for content, reason in (
        (rest, f"it has no {name}"),
        (tensors | {name: tensors[name][:, :, :1].contiguous()}, "is \\(64, 64, 1, 3\\) and not"),
        (tensors | {"layer1.0.gate.weight": torch.zeros(3)}, "this architecture has not"),
        (tensors | {name: torch.full_like(tensors[name], torch.nan)}, "not a number"),
    ):
        save_file(content, str(path))
        with pytest.raises(UserError, match=reason):
            check_weights(path, architecture="resnet18")
    with pytest.raises(UserError, match=r"and \d+ more"):
        check_weights(files("resnet18"), architecture="resnet50")


def test_a_damaged_or_missing_file_is_refused_in_a_sentence(tmp_path, files):
    data = files("resnet18").read_bytes()
    path = tmp_path / "damaged.safetensors"
    for content in (b"", data[:1000], b"\x80\x04." + data[3:2000]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="cannot be used as weights"):
            check_weights(path, architecture="resnet18")
    with pytest.raises(UserError, match="cannot be read"):
        check_weights(tmp_path / "missing", architecture="resnet18")
    settings = settings_for("resnet18", files("resnet18"))
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(UserError, match="SHA-256 differs"):
        load_trunk(settings, weights=path)


def test_a_pickle_that_torchvision_did_not_publish_is_not_read(tmp_path, networks, files):
    files("resnet18")
    path = tmp_path / "resnet18-f37072fd.pth"
    torch.save(networks["resnet18"].state_dict(), path)
    with pytest.raises(UserError, match="neither a safetensors file nor"):
        check_weights(path, architecture="resnet18")


def test_lite0_takes_weights_under_the_names_of_timm(tmp_path):
    timm = pytest.importorskip("timm")
    oracle = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    oracle.load_state_dict(match_weights(oracle.state_dict(), read_weights(find_weights())))
    path = tmp_path / "lite0.safetensors"
    save_file(oracle.state_dict(), str(path))
    mine, usual = load("efficientnet-lite0", path), load_trunk(TrunkSettings(), threads=1)
    grey = picture(64, 64)[None]
    np.testing.assert_array_equal(mine.window_maps(grey), usual.window_maps(grey))
    assert mine.key != usual.key
    scaled = load("efficientnet-lite0", path, input_scaling="0.498,0.498,0.498/0.502,0.502,0.502")
    np.testing.assert_allclose(scaled.window_maps(grey), usual.window_maps(grey), atol=0.05)
    with pytest.raises(UserError, match="must be the same"):
        load("efficientnet-lite0", path, input_scaling="0.4,0.5,0.6/1,1,1")


# Download, from a file that plays the server


@pytest.fixture
def published(tmp_path, networks, files, monkeypatch):
    """A 'published' .pth of resnet18 under a file:// address; returns its path."""
    files("resnet18")
    folder = tmp_path / "server"
    folder.mkdir()
    torch.save(networks["resnet18"].state_dict(), folder / "new.pth")
    digest = hashlib.sha256((folder / "new.pth").read_bytes()).hexdigest()
    path = (folder / "new.pth").rename(folder / f"resnet18-{digest[:8]}.pth")
    monkeypatch.setattr(torchvision_models, "published_url", lambda _name: path.as_uri())
    return path


def test_fetched_weights_are_those_that_were_published(tmp_path, published, files):
    path = torchvision_models.fetch("resnet18", tmp_path / "mine")
    assert path.read_bytes() == published.read_bytes()
    assert torchvision_models.fetch("resnet18", tmp_path / "mine") == path
    grey = picture(64, 64)[None]
    np.testing.assert_array_equal(
        load("resnet18", path).window_maps(grey), load("resnet18", files("resnet18")).window_maps(grey)
    )


def test_a_download_that_is_damaged_or_fails_is_told_in_a_sentence(tmp_path, published):
    shutil.copy(published, tmp_path / "whole")
    published.write_bytes(published.read_bytes()[:-7] + b"damaged")
    with pytest.raises(UserError, match="could not be downloaded"):
        torchvision_models.fetch("resnet18", tmp_path / "mine")
    published.unlink()
    with pytest.raises(UserError, match="could not be downloaded"):
        torchvision_models.fetch("resnet18", tmp_path / "mine")
    assert list((tmp_path / "mine").glob("*.pth")) == []
    (tmp_path / "mine" / published.name).write_bytes(b"cut")
    with pytest.raises(UserError, match=f"delete {published.name}"):
        torchvision_models.fetch("resnet18", tmp_path / "mine")


@pytest.mark.parametrize("name", ["efficientnet-lite0", "cnn-m-128"])
def test_what_nobody_publishes_for_download_is_not_fetched(tmp_path, name):
    with pytest.raises(UserError, match="cannot be downloaded"):
        torchvision_models.fetch(name, tmp_path)


def test_without_torchvision_one_sentence_says_what_to_install(monkeypatch, files):
    path = files("resnet18")
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(UserError, match="needs torchvision"):
        load("resnet18", path)


def test_names_that_densenets_old_file_has_are_those_of_today():
    old = {
        "features.denseblock1.denselayer2.norm.1.weight": 1,
        "features.denseblock1.denselayer2.conv.2.weight": 2,
    }
    new = ["features.denseblock1.denselayer2.norm1.weight", "features.denseblock1.denselayer2.conv2.weight"]
    assert list(torchvision_models._renamed(old)) == new

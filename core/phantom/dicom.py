"""Write one synthetic image as a DICOM Digital Mammography X-Ray Image, For Presentation."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from core.domain import Laterality, View
from core.phantom.plan import Encoding, ImagePlan
from core.phantom.render import Rendered
from core.phantom.settings import PhantomSettings
from core.pixels.records import SYNTHETIC_MANUFACTURER

STATEMENT = "SYNTHETIC: computed from random numbers, shows no patient, not for diagnosis"
_SYNTAX = {
    Encoding.EXPLICIT: ExplicitVRLittleEndian,
    Encoding.RLE: RLELossless,
    Encoding.JPEG_LS: JPEGLSLossless,
    Encoding.JPEG_2000: JPEG2000Lossless,
}
_VIEW_CODE = {View.CC: ("399162004", "cranio-caudal"), View.MLO: ("399368009", "medio-lateral oblique")}
_ORIENTATION = {
    (Laterality.LEFT, View.CC): ["A", "R"],
    (Laterality.RIGHT, View.CC): ["P", "L"],
    (Laterality.LEFT, View.MLO): ["A", "FR"],
    (Laterality.RIGHT, View.MLO): ["P", "FL"],
}


def write_dicom(path: Path, plan: ImagePlan, image: Rendered, settings: PhantomSettings) -> None:
    """Write the file. The same image gives the same bytes."""
    dataset = _header(path, plan, settings)
    _add_pixels(dataset, plan, image)
    syntax = _SYNTAX[plan.encoding]
    if syntax is not ExplicitVRLittleEndian:
        plugin = {Encoding.RLE: "pydicom", Encoding.JPEG_LS: "pyjpegls"}.get(plan.encoding, "pylibjpeg")
        dataset.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False)
    dataset.save_as(path, enforce_file_format=True)


def synthetic_uid(*parts: object) -> str:
    """A valid UID under 2.25 that depends on nothing but `parts`."""
    digest = bytearray(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:16])
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80  # RFC 9562, version 8
    return f"2.25.{int.from_bytes(digest, 'big')}"


def _header(path: Path, plan: ImagePlan, settings: PhantomSettings) -> FileDataset:
    key = (plan.cohort_seed, plan.patient, plan.rows, plan.columns)
    instance = synthetic_uid("instance", *key, plan.laterality, plan.view, plan.seed, plan.label)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(synthetic_uid("implementation"))
    meta.ImplementationVersionName = "LESIONLOOP"
    dataset = FileDataset(path, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    dataset.SOPInstanceUID = instance
    dataset.StudyInstanceUID = synthetic_uid("study", *key)
    dataset.SeriesInstanceUID = synthetic_uid("series", *key, plan.laterality, plan.view)
    _add_patient(dataset, plan)
    _add_acquisition(dataset, plan, settings)
    return dataset


def _add_patient(dataset: Dataset, plan: ImagePlan) -> None:
    dataset.PatientName = "SYNTHETIC^PHANTOM"
    dataset.PatientID = plan.patient_name
    dataset.PatientBirthDate = ""
    dataset.PatientSex = "F"
    dataset.PatientOrientation = _ORIENTATION[plan.laterality, plan.view]
    dataset.StudyDate = dataset.ContentDate = dataset.AcquisitionDate = "20000101"
    dataset.StudyTime = dataset.ContentTime = dataset.AcquisitionTime = "120000"
    dataset.StudyID = str(plan.patient + 1)
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyDescription = "SYNTHETIC PHANTOM"
    dataset.SeriesDescription = f"SYNTHETIC {plan.laterality} {plan.view}"
    dataset.ImageComments = STATEMENT
    dataset.SeriesNumber = 1 + 2 * (plan.laterality is Laterality.RIGHT) + (plan.view is View.MLO)
    dataset.InstanceNumber = 1


def _add_acquisition(dataset: Dataset, plan: ImagePlan, settings: PhantomSettings) -> None:
    dataset.Modality = "MG"
    dataset.Manufacturer = SYNTHETIC_MANUFACTURER
    dataset.ManufacturerModelName = "Phantom"
    dataset.SoftwareVersions = "1"
    dataset.DeviceSerialNumber = "0"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.DerivationDescription = "Synthetic image, computed"
    dataset.ImageLaterality = str(plan.laterality)
    dataset.ViewPosition = str(plan.view)
    view = _code(_VIEW_CODE[plan.view][0], "SCT", _VIEW_CODE[plan.view][1])
    view.ViewModifierCodeSequence = Sequence([])
    dataset.ViewCodeSequence = Sequence([view])
    dataset.AnatomicRegionSequence = Sequence([_code("76752008", "SCT", "Breast")])
    dataset.OrganExposed = "BREAST"
    dataset.PositionerType = "MAMMOGRAPHIC"
    dataset.PositionerPrimaryAngle = 0.0 if plan.view is View.CC else 45.0
    dataset.DetectorType = "DIRECT"
    dataset.ImagerPixelSpacing = dataset.PixelSpacing = [f"{settings.spacing_mm:g}"] * 2
    dataset.BreastImplantPresent = "NO"
    dataset.PartialView = "NO"
    dataset.AcquisitionContextSequence = Sequence([])


def _add_pixels(dataset: Dataset, plan: ImagePlan, image: Rendered) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = image.stored.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, plan.bits, plan.bits - 1
    dataset.PixelRepresentation = 0
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = -1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.PresentationLUTShape = "IDENTITY"
    dataset.LossyImageCompression = "00"
    dataset.BurnedInAnnotation = "NO"
    dataset.WindowCenter = f"{image.window_center:g}"
    dataset.WindowWidth = f"{image.window_width:g}"
    dataset.VOILUTFunction = "LINEAR"
    dataset.PixelData = image.stored.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item

"""CNN-M-128's weights as MatConvNet published them: `imagenet-vgg-m-128.mat`, which the user points to.

`layers` is a cell of structs with a name and, where there are any, weights: {filters, biases} in `weights`, or in files
of beta16 and older in `filters` and `biases`. Filters are (h, w, inputs, outputs). The average picture stands in
`meta.normalization.averageImage`, in older files in `normalization.averageImage`: (224, 224, 3), RGB, 0 to 255.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.io import loadmat
from torch import Tensor

from core.errors import UserError
from core.trunks.cnn_m import ALPHA, FEATURES, KAPPA, KERNELS, LAYERS, NEIGHBOURS, PADDINGS, STRIDES, WINDOW

MD5 = "3a8dc312a44a99d21ad43e8d96a8590f"
LARGEST = 1_000_000_000  # bytes of one array; the published file has 331 MB in all


class CnnMWeights(NamedTuple):
    """tensors: '<layer>.weight' (outputs, inputs, k, k), '<layer>.bias'. average: (3, 224, 224), RGB, 0 to 255."""

    tensors: dict[str, Tensor]
    average: NDArray[np.float32]


def is_published(data: bytes) -> bool:
    """Whether these are the bytes of MatConvNet's own release. MD5 names the file; it is no protection."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest() == MD5


def read_matconvnet(data: bytes, *, name: str) -> CnnMWeights:
    """Weights and average picture from the bytes of a .mat file called `name`.

    Raises UserError where the file cannot be read, or holds another network.
    """
    content = _content(data, name=name)
    try:
        layers = {_text(layer["name"]): layer for layer in map(_struct, _cells(content["layers"]))}
        tensors: dict[str, Tensor] = {}
        for layer in LAYERS:
            tensors |= _layer(layers[layer], layer)
        for norm in ("norm1", "norm2"):
            _check_norm(layers[norm])
        _check_widths(tensors)
        return CnnMWeights(tensors, _average(content))
    except KeyError as error:
        raise _refused(name, f"it has no {error.args[0]}") from error
    except _UnlikeError as error:
        raise _refused(name, str(error)) from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise _refused(name, "it is built in another way than a file of MatConvNet") from error


def _content(data: bytes, *, name: str) -> dict[str, Any]:
    try:
        file: Any = io.BytesIO(data)
        content: dict[str, Any] = loadmat(file, variable_names=["layers", "meta", "normalization"])
    except MemoryError:
        raise
    except Exception as error:  # what scipy's reader raises depends on where the damage lies
        raise _refused(name, "it is damaged or no file of MATLAB") from error
    return content


class _UnlikeError(ValueError):
    """What of the file differs from the published structure."""


def _refused(name: str, reason: str) -> UserError:
    return UserError(
        f"{name} cannot be used as weights of CNN-M-128: {reason}. "
        "Take the file imagenet-vgg-m-128.mat from the pretrained models of MatConvNet."
    )


def _cells(value: NDArray[Any]) -> list[Any]:
    if value.dtype != object:
        raise _UnlikeError("its layers are no list")
    return list(value.ravel())


def _struct(value: Any) -> dict[str, Any]:
    """A 1 x 1 MATLAB struct as its fields."""
    record = value.ravel()[0]
    return {field: record[field] for field in record.dtype.names}


def _text(value: Any) -> str:
    return str(value.ravel()[0]) if value.size else ""


def _layer(struct: dict[str, Any], name: str) -> dict[str, Tensor]:
    if "weights" in struct:
        filters, biases = _cells(struct["weights"])[:2]
    else:
        filters, biases = struct["filters"], struct["biases"]
    _check_geometry(struct, name)
    weight = _numbers(filters, f"the filters of {name}")
    bias = _numbers(biases, f"the biases of {name}").ravel()
    height, width, inputs, outputs = (*weight.shape, 1, 1)[:4]  # MATLAB drops last dimensions of 1
    if (height, width) != (KERNELS[name],) * 2 or len(bias) != outputs:
        raise _UnlikeError(f"{name} has filters of {weight.shape} and {len(bias)} biases")
    kernels = weight.reshape(height, width, inputs, outputs).transpose(3, 2, 0, 1)
    return {
        f"{name}.weight": torch.from_numpy(np.ascontiguousarray(kernels)),
        f"{name}.bias": torch.from_numpy(bias),
    }


def _check_geometry(struct: dict[str, Any], name: str) -> None:
    for field, wanted in (("stride", STRIDES.get(name, 1)), ("pad", PADDINGS.get(name, 0))):
        found = {float(value) for value in np.ravel(struct.get(field, wanted))}
        if found != {float(wanted)}:
            raise _UnlikeError(f"{name} has {field} {sorted(found)} and not {wanted}")


def _check_norm(struct: dict[str, Any]) -> None:
    found = np.ravel(struct["param"]).astype(float)
    if found.shape != (4,) or not np.allclose(found, [NEIGHBOURS, KAPPA, ALPHA, 0.75]):
        raise _UnlikeError(f"its response normalisation is {found.tolist()}")


def _numbers(value: Any, what: str) -> NDArray[np.float32]:
    if value.dtype.kind not in "fiu" or value.nbytes > LARGEST or value.ndim > 4:
        raise _UnlikeError(f"{what} are no numbers")
    found = np.ascontiguousarray(value, np.float32)
    if not np.isfinite(found).all():
        raise _UnlikeError(f"{what} hold a value that is not a number")
    return found


def _average(content: dict[str, Any]) -> NDArray[np.float32]:
    holder = _struct(content["meta"])["normalization"] if "meta" in content else content["normalization"]
    average = _numbers(_struct(holder)["averageImage"], "the values of its average picture")
    if average.size == 3:
        average = average.reshape(1, 1, 3)
    if average.shape not in ((1, 1, 3), (WINDOW, WINDOW, 3)) or average.min() < 0 or average.max() > 255:
        raise _UnlikeError(f"its average picture is {average.shape}, from {average.min()} to {average.max()}")
    whole = np.broadcast_to(average, (WINDOW, WINDOW, 3))
    return np.ascontiguousarray(whole.transpose(2, 0, 1))


def _check_widths(tensors: dict[str, Tensor]) -> None:
    inputs = 3
    for name in LAYERS:
        weight = tensors[f"{name}.weight"]
        if weight.shape[1] != inputs:
            raise _UnlikeError(f"{name} takes {weight.shape[1]} channels where {inputs} come in")
        inputs = weight.shape[0]
    if inputs != FEATURES:
        raise _UnlikeError(f"fc7 has {inputs} units and not {FEATURES}")

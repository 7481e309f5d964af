"""Our Adam against torch's, and one step by hand."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from core.adam import Adam


def tensors(seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((7, 5), (7,), (3, 7))
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("weight_decay", [0.0, 1e-4, 0.5])
def test_steps_are_those_of_torch_bit_for_bit(weight_decay):
    ours, theirs = tensors(), tensors()
    adam = Adam(ours, learning_rate=1e-3, weight_decay=weight_decay)
    weights, biases = [t for t in theirs if t.ndim > 1], [t for t in theirs if t.ndim == 1]
    torchs = torch.optim.Adam(
        [{"params": weights, "weight_decay": weight_decay}, {"params": biases}], lr=1e-3
    )
    for step in range(50):
        gradients = tensors(seed=step + 1)
        for value, other, gradient in zip(ours, theirs, gradients, strict=True):
            value.grad, other.grad = gradient.detach().clone(), gradient.detach().clone()
        adam.step()
        torchs.step()
    assert all(torch.equal(value, other) for value, other in zip(ours, theirs, strict=True))


def test_the_first_step_has_the_length_of_the_learning_rate_whatever_the_gradient():
    value = torch.tensor([[1.0, -2.0]], requires_grad=True)
    value.grad = torch.tensor([[1e-3, -50.0]])
    Adam([value], learning_rate=0.1, weight_decay=0.0).step()
    assert value.tolist() == [pytest.approx([0.9, -1.9], abs=1e-5)]


def test_a_tensor_without_a_gradient_stays():
    value = torch.tensor([[1.0]], requires_grad=True)
    adam = Adam([value], learning_rate=0.1, weight_decay=0.5)
    adam.step()
    assert value.item() == 1.0


def test_zero_grad_forgets():
    value = torch.tensor([[1.0]], requires_grad=True)
    value.grad = torch.ones(1, 1)
    Adam([value], learning_rate=0.1, weight_decay=0.0).zero_grad()
    assert value.grad is None


FIT = """
import sys
import numpy as np
from core.bags import Bag
from core.control import Control
from core.domain import Label, Split
from core.recipe import Recipe
from core.training import fit
rng = np.random.default_rng(0)
labels = [Label.MALIGNANT, Label.NORMAL] * 4
bags = [Bag(i, rng.normal(size=(30, 6)).astype("f4"), label, Split.TRAIN) for i, label in enumerate(labels)]
assert len(list(fit(bags, Recipe(epochs=4, k=2, threads=1), control=Control()))) >= 4
print("torch._dynamo" in sys.modules)
"""


def test_a_fit_does_not_import_the_compiler():
    done = subprocess.run([sys.executable, "-c", FIT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""Adam, written out for the few tensors of the head.

torch.optim.Adam gives the same numbers, but making the first one of a process imports torch's compiler, which takes
longer than a fit on a small cohort.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Adam:
    """Kingma and Ba's Adam with an L2 penalty: weight_decay / 2 |w|^2 is added to what is gone down.

    The penalty is on weights (tensors of two dimensions), not on biases. Tensors without a gradient stay as they are.
    """

    def __init__(self, parameters: Iterable[Tensor], *, learning_rate: float, weight_decay: float) -> None:
        self._parameters = list(parameters)
        self._learning_rate = learning_rate
        self._weight_decay = weight_decay
        self._steps = 0
        self._means = [torch.zeros_like(value) for value in self._parameters]
        self._squares = [torch.zeros_like(value) for value in self._parameters]

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for value in self._parameters:
            value.grad = None

    def state(self) -> tuple[int, dict[str, Tensor]]:
        """How many steps were done, and the moments by name: all that goes on from there needs besides the weights."""
        named = {f"mean.{i}": mean for i, mean in enumerate(self._means)}
        return self._steps, named | {f"square.{i}": square for i, square in enumerate(self._squares)}

    def load_state(self, steps: int, moments: Mapping[str, Tensor]) -> None:
        """Go on from a state(), on the device of the parameters. Raises KeyError where a moment is missing."""
        self._steps = steps
        for i, value in enumerate(self._parameters):
            for name, kept in ((f"mean.{i}", self._means), (f"square.{i}", self._squares)):
                if moments[name].shape != value.shape:
                    raise ValueError(f"the moment {name} does not fit its parameter")
                kept[i] = moments[name].detach().clone().to(value.device)

    @torch.no_grad()
    def step(self) -> None:
        """Move every parameter by one step."""
        self._steps += 1
        self._means, self._squares = (  # where the parameters are by now
            [moment.to(value.device) for moment, value in zip(moments, self._parameters, strict=True)]
            for moments in (self._means, self._squares)
        )
        mean_share, square_share = (1.0 - beta**self._steps for beta in BETAS)
        for value, mean, square in zip(self._parameters, self._means, self._squares, strict=True):
            if value.grad is None:
                continue
            has_penalty = value.ndim > 1 and self._weight_decay > 0.0
            gradient = value.grad.add(value, alpha=self._weight_decay) if has_penalty else value.grad
            mean.lerp_(gradient, 1.0 - BETAS[0])
            square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1.0 - BETAS[1])
            root = (square.sqrt() / square_share**0.5).add_(EPSILON)
            value.addcdiv_(mean, root, value=-self._learning_rate / mean_share)

"""PyTorch and the explanation libraries that run on it, for bench.py: whichever are installed."""
import importlib
import os
import statistics
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import torchnets  # noqa: E402


def version(package):
    try:
        from importlib.metadata import version as of
        return of(package)
    except Exception:  # a source tree without metadata
        return "?"


def spatial(value):
    """Whether a module's output is a feature map [N, C, spatial...], or tokens [N, T, C] or [N, H, W, C]."""
    return isinstance(value, torch.Tensor) and value.dim() in (3, 4, 5) and value[0, 0].numel() > 1


def last_layer(net, example, tokens):
    """The last module that is no container and has a map as its output. In a network of tokens the last
    attention reads the whole grid but only some of its output is used: there it is the last block's first norm."""
    names, seen = {module: name for name, module in net.named_modules()}, []
    hooks = []
    for module in net.modules():
        if not list(module.children()):
            hooks.append(module.register_forward_hook(lambda m, _, out: seen.append(m) if spatial(out) else None))
    with torch.no_grad():
        net(example)
    for hook in hooks:
        hook.remove()
    if tokens:
        seen = [m for m in seen if isinstance(m, torch.nn.LayerNorm) and (names[m].endswith("ln_1") or names[m].endswith("norm1"))]
    return seen[-1]


def to_grid(value):
    """Tokens as a feature map, for pytorch-grad-cam."""
    if value.dim() == 4:
        return value.permute(0, 3, 1, 2)
    side = int((value.shape[1] - 1) ** 0.5)
    return value[:, 1:].reshape(value.shape[0], side, side, -1).permute(0, 3, 1, 2)


def median_ms(call, repeat):
    times = []
    for run in range(repeat + 2):
        start = time.perf_counter()
        call()
        if run >= 2:
            times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


class Peers:
    """One network of torchnets in PyTorch; Grad-CAM at its last layer by every library that is there."""

    LIBRARIES = {"pytorch-grad-cam": ("pytorch_grad_cam", "grad-cam"), "torchcam": ("torchcam", "torchcam"),
                 "captum": ("captum", "captum")}

    @classmethod
    def installed(cls):
        found = []
        for title, (module, package) in cls.LIBRARIES.items():
            try:
                importlib.import_module(module)
                found.append((title, version(package)))
            except ImportError:
                pass
        return found

    def __init__(self, name, threads):
        torch.set_num_threads(threads)
        spec = torchnets.NETS[name]
        self.net = spec.build()
        self.shape = (1,) + spec.shape()
        self.tokens = name.startswith(("vit", "swin"))
        self.layer = last_layer(self.net, torch.zeros(self.shape), self.tokens)
        self.dense = self.net(torch.zeros(self.shape)).dim() > 2
        for parameter in self.net.parameters():
            parameter.requires_grad_(True)

    def picture(self):
        return torch.rand(self.shape)

    def forward_ms(self, repeat):
        with torch.no_grad():
            return median_ms(lambda: self.net(self.picture()), repeat)

    def score(self, output):
        """Class 0; of a segmentation its sum over the picture."""
        return output[0].sum() if output.dim() == 3 else output[:, 0].sum() if output.dim() == 4 else output[0]

    def explain_ms(self, library, repeat):
        """None where the library cannot explain this network."""
        return getattr(self, library.replace("-", "_"))(repeat)

    def pytorch_grad_cam(self, repeat):
        from pytorch_grad_cam import GradCAM
        with GradCAM(self.net, [self.layer], reshape_transform=to_grid if self.tokens else None) as cam:
            return median_ms(lambda: cam(self.picture(), targets=[self.score]), repeat)

    def torchcam(self, repeat):
        if self.tokens or self.dense:
            return None
        from torchcam.methods import GradCAM
        extractor = GradCAM(self.net, self.layer, input_shape=self.shape[1:])

        def run():
            scores = self.net(self.picture().requires_grad_(True))
            extractor(0, scores)
        try:
            return median_ms(run, repeat)
        finally:
            extractor.remove_hooks()

    def captum(self, repeat):
        if self.tokens:
            return None
        from captum.attr import LayerGradCam
        forward = (lambda x: self.net(x).sum((2, 3))) if self.dense else self.net
        explainer = LayerGradCam(forward, self.layer)
        return median_ms(lambda: explainer.attribute(self.picture(), target=0, relu_attributions=True), repeat)

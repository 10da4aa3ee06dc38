"""What pytorch-grad-cam, captum, torchcam and monai say of a network; part of agreement.py."""
import contextlib
import copy
import io
import warnings

import torch
from torch import nn

N_NOISY = 6  # noisy runs, where their number can be chosen


@contextlib.contextmanager
def quiet():
    """Without the libraries' bars and warnings."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


# ---- pytorch-grad-cam ----

PGC_FLAT_ONLY = {"scorecam", "ablationcam"}
PGC_EIGEN = {"gradcam", "hirescam", "elementwise", "gradcam++", "xgradcam", "layercam"}


def pgc_methods():
    import pytorch_grad_cam as pgc
    return {"gradcam": pgc.GradCAM, "hirescam": pgc.HiResCAM, "elementwise": pgc.GradCAMElementWise,
            "gradcam++": pgc.GradCAMPlusPlus, "xgradcam": pgc.XGradCAM, "layercam": pgc.LayerCAM, "eigencam": pgc.EigenCAM,
            "eigengradcam": pgc.EigenGradCAM, "seg-eigencam": pgc.SegEigenCAM, "kpca-cam": pgc.KPCA_CAM, "fem": pgc.FEM,
            "shapleycam": pgc.ShapleyCAM, "scorecam": pgc.ScoreCAM, "ablationcam": pgc.AblationCAM}


def pgc_watch(cam, raw):
    """Puts each map of a layer into @raw before it is clipped."""
    inner = cam.get_cam_image

    def get_cam_image(*args, **keywords):
        raw.append(inner(*args, **keywords))
        return raw[-1]
    cam.get_cam_image = get_cam_image


def pgc_target(subject, k):
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget, SemanticSegmentationTarget
    return SemanticSegmentationTarget(k, subject.mask.numpy()) if subject.dense else ClassifierOutputTarget(k)


def pgc_add(subject, results, method, layers, k, target=None, call=None, build=None, raw=True, **asked):
    """One call of a method of the library at one or several (tap's name, module)."""
    maps = []
    build = build or pgc_methods()[method]
    cam = build(subject.net, [module for _name, module in layers])
    if raw:
        pgc_watch(getattr(cam, "base_cam", cam), maps)
    call = dict(call or {})
    if target is not False:
        call["targets"] = [target or pgc_target(subject, k)]
    finished = cam(subject.x.clone(), **call)[0]
    for part in getattr(cam, "base_cam_per_layer", [getattr(cam, "base_cam", cam)]):
        hooks = part.activations_and_grads
        hooks.activations, hooks.gradients = [], []  # detaching them fails where they are views
        hooks.release()
    asked = {**subject.asked("+".join(name for name, _module in layers) or None, k), **asked}
    if maps and len(layers) == 1 and not call.get("aug_smooth"):
        results.add(method, "raw", maps[0][0], **asked)
    results.add(method, "finished", finished, **asked)


def pytorch_grad_cam(subject, results, _noise):
    import pytorch_grad_cam as pgc
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputReST, ClassifierOutputSoftmaxTarget

    for tap, _name, module, k in subject.questions():
        at = [(tap, module)]
        for method in pgc_methods():
            if subject.flat or method not in PGC_FLAT_ONLY:
                pgc_add(subject, results, method, at, k)
            if method in PGC_EIGEN:
                pgc_add(subject, results, method, at, k, call={"eigen_smooth": True}, options="eigen-smooth=yes")
        if subject.dense:
            continue
        pgc_add(subject, results, "gradcam", at, k, target=ClassifierOutputSoftmaxTarget(k), score="probability")
        pgc_add(subject, results, "gradcam", at, k, target=ClassifierOutputReST(k), score="rest")
        pgc_add(subject, results, "shapleycam", at, k, target=ClassifierOutputReST(k), score="rest")
        pgc_add(subject, results, "finercam", at, k, target=False, call={"target_idx": k}, build=pgc.FinerCAM)
        if subject.flat:
            pgc_add(subject, results, "gradcam", at, k, call={"aug_smooth": True}, options="aug-smooth=yes")

    taps = [(f"tap{index}", module) for index, (_name, module) in enumerate(subject.taps)]
    for k in subject.classes:
        for method in ("gradcam", "layercam"):
            pgc_add(subject, results, method, taps, k)
        if subject.dense:
            continue
        pgc_add(subject, results, "refinecam", taps, k, build=pgc.RefineCAM, raw=False)
        if subject.flat:
            pgc_add(subject, results, "fullgrad", [], k, build=pgc.FullGrad, raw=False)
            if subject.rectified():  # a copy, for its ReLUs are one and the same module afterwards
                net = copy.deepcopy(subject.net)
                guided = pgc.GuidedBackpropReLUModel(net)(subject.x.clone(), target_category=k)
                results.add("guided-backprop", "input", guided.transpose(2, 0, 1), class_=k)


# ---- captum ----

def captum(subject, results, noise):
    from captum.attr import (Deconvolution, GuidedBackprop, GuidedGradCam, InputXGradient, IntegratedGradients,
                             LayerAttribution, LayerGradCam, NoiseTunnel, Occlusion, Saliency)
    net, x, spatial = subject.net, subject.x, tuple(subject.x.shape[2:])

    def score(given):
        """Of a dense output, one number a class."""
        return (net(given) * subject.mask).sum((2, 3)) if subject.dense else net(given)

    for tap, _name, module, k in subject.questions():
        cam = LayerGradCam(score, module).attribute(x, target=k)
        results.add("gradcam", "raw", cam[0, 0], **subject.asked(tap, k))
        results.add("gradcam", "finished", LayerAttribution.interpolate(cam, spatial)[0, 0], **subject.asked(tap, k))
        if not subject.dense and subject.rectified():
            results.add("guided-gradcam", "input", GuidedGradCam(net, module).attribute(x, target=k)[0], **subject.asked(tap, k))
    if subject.dense:
        return

    channels, axes = x.shape[1], len(spatial)
    for k in subject.classes:
        def add(method, attribution, **asked):
            results.add(method, "input", attribution[0], class_=k, **asked)

        add("gradient", Saliency(net).attribute(x, target=k, abs=False))
        add("gradient", Saliency(net).attribute(x, target=k), polarity="absolute")
        add("gradient-x-input", InputXGradient(net).attribute(x, target=k))
        add("integrated-gradients", IntegratedGradients(net).attribute(x, target=k))
        add("integrated-gradients", IntegratedGradients(net).attribute(x, target=k, n_steps=20, method="riemann_trapezoid"),
            options="steps=20,rule=trapezoid")
        if subject.rectified():
            add("guided-backprop", GuidedBackprop(net).attribute(x, target=k))
            add("deconvnet", Deconvolution(net).attribute(x, target=k))
        covered = Occlusion(net).attribute(x, (channels,) + (5,) * axes, strides=(channels,) + (3,) * axes, target=k)
        results.add("occlusion", "raw", covered[0, 0], class_=k, options="patch=5,stride=3")
        for method in ("smoothgrad", "vargrad"):
            for magnitude in (True, False):  # the library's preset is True
                with noise.instead_of("torch.normal", lambda draws, mean, sigma:
                                      sigma * torch.tensor(draws(sigma.shape), dtype=sigma.dtype)):
                    noisy = NoiseTunnel(Saliency(net)).attribute(x, nt_type=method, nt_samples=N_NOISY, stdevs=0.5, target=k,
                                                                 abs=magnitude)
                options = f"samples={N_NOISY},noise=0.5" + ("" if magnitude else ",magnitude=no")
                add(method, noisy, options=options)


# ---- torchcam ----

def torchcam_call(subject, extractor, k, **keywords):
    if subject.dense:
        keywords["targets"] = lambda output: (output[k] * subject.mask).sum()
    else:
        keywords["class_idx"] = k
    return extractor(scores=subject.net(subject.x), **keywords)


def torchcam_add(subject, results, method, build, at, k, noise=None, **asked):
    """Raw and finished map at one (tap's name, name of the module)."""
    for kind in ("raw", "finished"):
        drawn = contextlib.nullcontext() if noise is None else noise.instead_of(
            "torch.distributions.normal.Normal.sample",
            lambda draws, normal, size: normal.scale * torch.tensor(draws(size), dtype=torch.float32))
        with drawn, build(subject.net, at[1], input_shape=tuple(subject.x.shape[1:])) as extractor:
            inner = getattr(extractor, "base_cam", extractor)
            if kind == "raw":
                inner._relu = False  # pylint: disable=protected-access
            maps = torchcam_call(subject, extractor, k, normalized=kind == "finished")
        results.add(method, kind, maps[0][0], **{**subject.asked(at[0], k), **asked})


def torchcam(subject, results, noise):
    from torchcam import methods
    simple = {"gradcam": methods.GradCAM, "gradcam++": methods.GradCAMpp, "xgradcam": methods.XGradCAM,
              "layercam": methods.LayerCAM, "scorecam": methods.ScoreCAM}

    for tap, name, _module, k in subject.questions():
        at = (tap, name)
        for method, build in simple.items():
            torchcam_add(subject, results, method, build, at, k)
        if subject.dense:
            continue
        torchcam_add(subject, results, "finercam", methods.FinerCAM, at, k)
        torchcam_add(subject, results, "smooth-gradcam++", methods.SmoothGradCAMpp, at, k, noise)
        if tap == "tap2" and subject.name in ("plain", "residual", "volume"):
            torchcam_add(subject, results, "cam", methods.CAM, at, k)

    if subject.dense:
        return
    names = [name for name, _module in subject.taps]
    shape = tuple(subject.x.shape[1:])
    for k in subject.classes:
        asked = subject.asked("tap0+tap1+tap2", k)
        with methods.LayerCAM(subject.net, names, input_shape=shape) as extractor:
            fused = extractor.fuse_cams(torchcam_call(subject, extractor, k))
        results.add("layercam", "finished", fused[0], **asked)
        with methods.RefineCAM(subject.net, names, input_shape=shape) as extractor:
            refined = torchcam_call(subject, extractor, k)
        results.add("refinecam", "finished", refined[0][0], **asked)


# ---- monai ----

def monai(subject, results, noise):
    from monai import visualize
    net, x = subject.net, subject.x

    def asked(layer, k):
        return {"layer": layer, "class_": k, "region": "all" if subject.dense else None}

    for tap, name, _module, k in subject.questions():
        cams = {"gradcam": visualize.GradCAM}
        if not subject.dense:
            cams["gradcam++"] = visualize.GradCAMpp
        for method, build in cams.items():
            cam = build(nn_module=net, target_layers=name)
            clipped = cam.compute_map(x, class_idx=k)[0, 0]
            if method == "gradcam++":  # the library explains exp(z)
                results.add(method, "clipped", clipped / net(x)[0, k].exp(), **asked(tap, k), row="over-exp(z)")
            else:
                results.add(method, "clipped", clipped, **asked(tap, k))
            results.add(method, "finished", cam(x, class_idx=k)[0, 0], **asked(tap, k))
        if tap == "tap2" and subject.name in ("plain", "residual", "volume"):
            cam = visualize.CAM(nn_module=net, target_layers=name, fc_layers="fc")
            results.add("cam", "raw", cam.compute_map(x, class_idx=[k])[0, 0], **asked(tap, k))
            results.add("cam", "finished", cam(x, class_idx=[k])[0, 0], **asked(tap, k))
    if subject.dense:
        return

    if subject.flat:
        with torch.no_grad():
            whole = torch.softmax(net(x), 1)[0]
        covered = visualize.OcclusionSensitivity(net, mask_size=8, mode="mean_img", overlap=0.5, verbose=False)(x)[0][0]
        for k in subject.classes:  # the library returns what is left of the probability, we how much it fell
            results.add("occlusion", "raw", whole[k] - covered[k], class_=k, score="probability", profile="paper",
                        options="patch=8,stride=4,fill=mean", row="as-a-fall")
    for k in subject.classes:
        results.add("gradient", "input", visualize.VanillaGrad(net)(x.clone(), index=k)[0], class_=k)
        if subject.rectified():
            results.add("guided-backprop", "input", visualize.GuidedBackpropGrad(net)(x.clone(), index=k)[0], class_=k)
        for magnitude in (True, False):
            with noise.instead_of("torch.normal", lambda draws, mean, sigma, size, dtype, **_more:
                                  sigma * torch.tensor(draws(size), dtype=dtype)):
                smooth = visualize.SmoothGrad(net, n_samples=N_NOISY, magnitude=magnitude, verbose=False)(x.clone(), index=k)
            results.add("smoothgrad", "input", smooth[0], class_=k,
                        options=f"samples={N_NOISY}" + ("" if magnitude else ",square=no"))


LIBRARIES = {"pytorch-grad-cam": pytorch_grad_cam, "captum": captum, "torchcam": torchcam, "monai": monai}

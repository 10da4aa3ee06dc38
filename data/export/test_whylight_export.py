#!/usr/bin/env python3
"""A framework's own answer to a picture beside the program's answer to the same file.

    test_whylight_export.py WHYLIGHT-CLI PICTURE VOLUME.nii.gz

The weights are random from a fixed seed (nothing is downloaded), so what is compared is the whole way: resize, crop,
normalisation, network. A framework that is not installed is left out and named. Logits must agree within TOLERANCE of
their own range: libraries round resized pixels differently, by up to one of 255, and a wrong filter, crop or channel
order is far above it.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np

import whylight_export as export

TOLERANCE = 1e-3
CLASSES = ["one", "two", "three", "four", "five"]


def answer(cli, model, picture):
    """All logits of whylight-cli run, in order of the classes, and the labels"""
    text = subprocess.run([cli, "run", "--json", "--top", "100000", model, picture], check=True, stdout=subprocess.PIPE,
                          encoding="utf-8").stdout
    top = sorted(json.loads(text)["top"], key=lambda row: row["class"])
    return np.array([row["logit"] for row in top]), [row["label"] for row in top]


def compare(name, version, expected, cli, model, picture, labels):
    got, names = answer(cli, model, picture)
    expected = np.asarray(expected, np.float64).ravel()
    error = np.abs(got - expected).max() / (expected.max() - expected.min())
    passed = error < TOLERANCE and got.argmax() == expected.argmax() and (labels is None or names == labels)
    print(f"{'ok' if passed else 'FAILED'}: {name} {version}: {len(got)} classes, top {names[int(got.argmax())]}, "
          f"largest difference {error:.2e} of the logits' range")
    return passed


def torchvision_case(cli, picture, volume, folder):
    import PIL.Image
    import torch
    import torchvision

    torch.manual_seed(1)
    weights = torchvision.models.ResNet18_Weights.IMAGENET1K_V1
    model = torchvision.models.resnet18(weights=None).eval()
    path = os.path.join(folder, "torchvision.onnx")
    export.from_torchvision(model, weights, path)
    with torch.no_grad():
        expected = model(weights.transforms()(PIL.Image.open(picture).convert("RGB"))[None])
    return compare("torchvision", torchvision.__version__, expected, cli, path, picture, weights.meta["categories"])


def timm_case(cli, picture, volume, folder):
    import PIL.Image
    import timm
    import torch

    torch.manual_seed(1)
    model = timm.create_model("resnet18", pretrained=False, num_classes=len(CLASSES)).eval()
    path = os.path.join(folder, "timm.onnx")
    export.from_timm(model, path, CLASSES)
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    with torch.no_grad():
        expected = model(transform(PIL.Image.open(picture).convert("RGB"))[None])
    return compare("timm", timm.__version__, expected, cli, path, picture, CLASSES)


def hf_case(cli, picture, volume, folder):
    import PIL.Image
    import torch
    import transformers

    torch.manual_seed(1)
    config = transformers.ViTConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128,
                                    num_labels=len(CLASSES), id2label=dict(enumerate(CLASSES)))
    model = transformers.ViTForImageClassification(config).eval()
    processor = transformers.ViTImageProcessor()
    path = os.path.join(folder, "hf.onnx")
    export.from_hf(model, processor, path)
    with torch.no_grad():
        pixels = processor(PIL.Image.open(picture).convert("RGB"), return_tensors="pt")["pixel_values"]
        expected = model(pixel_values=pixels).logits
    return compare("transformers", transformers.__version__, expected, cli, path, picture, CLASSES)


def monai_case(cli, picture, volume, folder):
    import monai
    import torch

    torch.manual_seed(1)
    shape = (32, 40, 36)
    model = monai.networks.nets.DenseNet(spatial_dims=3, in_channels=1, out_channels=len(CLASSES), init_features=8,
                                         growth_rate=4, block_config=(2, 2)).eval()
    load = monai.transforms.LoadImage(image_only=True, ensure_channel_first=True)
    transforms = monai.transforms.Compose([monai.transforms.Resize(shape, mode="trilinear"),
                                           monai.transforms.ScaleIntensity()])
    path = os.path.join(folder, "monai.onnx")
    export.from_monai(model, transforms, path, shape, CLASSES)
    with torch.no_grad():
        expected = model(torch.as_tensor(transforms(load(volume)))[None].float())
    return compare("MONAI", monai.__version__, expected, cli, path, volume, CLASSES)


def fastai_case(cli, picture, volume, folder):
    import fastai
    import fastai.vision.all as vision
    import torch

    torch.manual_seed(1)
    images = os.path.join(folder, "images")
    for name in CLASSES:
        os.makedirs(os.path.join(images, name))
        for copy in range(3):
            vision.PILImage.create(picture).save(os.path.join(images, name, f"{copy}.png"))
    loaders = vision.ImageDataLoaders.from_folder(images, valid_pct=0.4, seed=1, bs=2, num_workers=0,
                                                  item_tfms=vision.Resize(96, method="squish"),
                                                  batch_tfms=vision.Normalize.from_stats(*vision.imagenet_stats))
    learner = vision.vision_learner(loaders, vision.resnet18, pretrained=False)
    path = os.path.join(folder, "fastai.onnx")
    export.from_fastai(learner, path)
    batch = next(iter(loaders.test_dl([picture])))[0]
    with torch.no_grad():
        expected = learner.model.cpu().eval()(torch.Tensor(batch.cpu()))
    return compare("fastai", fastai.__version__, expected, cli, path, picture, sorted(CLASSES))


def keras_case(cli, picture, volume, folder):
    import tensorflow as tf

    tf.keras.utils.set_random_seed(1)
    model = tf.keras.applications.MobileNetV2(weights=None, input_shape=(96, 96, 3), classes=len(CLASSES), alpha=0.35,
                                              classifier_activation=None)
    path = os.path.join(folder, "keras.onnx")
    export.from_keras(model, path, "tf", CLASSES)
    pixels = tf.keras.utils.img_to_array(tf.keras.utils.load_img(picture, target_size=(96, 96)))
    expected = model(tf.keras.applications.mobilenet_v2.preprocess_input(pixels)[None], training=False)
    return compare("Keras", tf.__version__, expected, cli, path, picture, CLASSES)


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: test_whylight_export.py WHYLIGHT-CLI PICTURE VOLUME.nii.gz")
    results = []
    for case in (torchvision_case, timm_case, hf_case, monai_case, fastai_case, keras_case):
        with tempfile.TemporaryDirectory() as folder:
            try:
                results.append(case(*sys.argv[1:], folder))
            except ImportError as error:
                print(f"left out: {case.__name__[:-5]}: {error}")
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()

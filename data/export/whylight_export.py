#!/usr/bin/env python3
"""Write into an ONNX file how pictures are prepared for it and what its classes are called.

Whylight reads both from the file's metadata: "whylight.recipe" (JSON, see README.md) and "whylight.labels" (a JSON
list). On the command line:

    whylight_export.py annotate MODEL.onnx --imagenet --labels classes.txt -o OUT.onnx
    whylight_export.py annotate MODEL.onnx --size 96 96 --scale 255 --mean 0.5 --std 0.5 -o OUT.onnx
    whylight_export.py annotate MODEL.onnx --recipe recipe.json -o OUT.onnx
    whylight_export.py show MODEL.onnx

From Python, each of these exports a model and states what its framework knows about it:

    from_torchvision (model, weights, path)      from_timm (model, path, labels)
    from_hf (model, processor, path)             from_keras (model, path, mode, labels)
    from_monai (model, transforms, path, shape)  from_fastai (learner, path)

Needs onnx, and the framework whose models are exported; Keras needs tf2onnx as well.
"""

import argparse
import json
import sys

import onnx

OPSET = 17
IMAGENET = {"size": [224, 224], "resize": "shortest-side", "shortest": 256, "crop": "center", "filter": "bilinear",
            "channels": "RGB", "scale": 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
            "task": "single-label"}
KEYS = {"version", "size", "resize", "shortest", "crop", "filter", "pad", "channels", "layout", "scale", "mean", "std",
        "clip", "normalise", "centre", "width", "mpp", "spacing", "note", "labels", "task", "layer"}
CHOICES = {"resize": ["stretch", "shortest-side", "fit"], "crop": ["none", "center"],
           "filter": ["nearest", "area", "bilinear", "bicubic", "lanczos", "bilinear-noaa"],
           "channels": ["RGB", "BGR", "grey"], "layout": ["NCHW", "NHWC"],
           "normalise": ["none", "min-max", "z-score", "percentile", "window"],
           "task": ["unknown", "single-label", "multi-label", "segmentation"]}


class ExportError(Exception):
    """A sentence for the person who exports."""


# ---- what is written ----

def check_recipe(recipe):
    for key in recipe:
        if key not in KEYS:
            raise ExportError(f'recipe: there is no key "{key}"; there are {", ".join(sorted(KEYS))}')
    for key, choices in CHOICES.items():
        if key in recipe and recipe[key] not in choices:
            raise ExportError(f'recipe: {key} cannot be "{recipe[key]}"; there are {", ".join(choices)}')
    size = recipe.get("size", "any")
    if size != "any" and (len(size) not in (2, 3) or any(int(side) < 1 for side in size)):
        raise ExportError('recipe: size is columns and rows, or columns, rows and slices, from 1, or "any"')
    if "shortest" in recipe and recipe.get("resize") != "shortest-side":
        raise ExportError('recipe: shortest has a meaning only with resize "shortest-side"')
    for key in ("mean", "std", "pad"):
        if key in recipe and len(recipe[key]) not in (1, 3):
            raise ExportError(f"recipe: {key} has one number or three")
    if "mpp" in recipe and not 0 < recipe["mpp"] <= 1e6:
        raise ExportError("recipe: mpp is a number of micrometres to a pixel of the network's input, above 0")
    if "spacing" in recipe and (len(recipe["spacing"]) != 3 or any(not 0 < length <= 1e6 for length in recipe["spacing"])):
        raise ExportError("recipe: spacing is three lengths in mm, along columns, rows and slices")
    if any(value == 0 for value in recipe.get("std", [])) or recipe.get("scale") == 0:
        raise ExportError("recipe: std and scale divide and cannot be 0")


def dims(value):
    """Of a graph's input or output; None where the file leaves one open."""
    return [d.dim_value if d.HasField("dim_value") else None for d in value.type.tensor_type.shape.dim]


def picture_input(model):
    weights = {w.name for w in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise ExportError(f"the model has {len(inputs)} inputs; Whylight explains networks with one picture as their input")
    return inputs[0]


def check_against_model(model, labels, recipe):
    shape = dims(picture_input(model))
    spatial = shape[1:-1] if recipe.get("layout") == "NHWC" else shape[2:]
    if recipe.get("size") == "any":
        if any(has is not None for has in spatial):
            raise ExportError(f"the recipe's size is any, the model's input {spatial}")
    elif "size" in recipe and len(shape) == len(recipe["size"]) + 2:
        # The file counts rows before columns, the recipe columns before rows.
        stated = list(recipe["size"])[::-1]
        for has, wanted in zip(spatial, stated):
            if has is not None and has != wanted:
                raise ExportError(f"the recipe's size is {stated} (slices, rows, columns), the model's input {spatial}")
    outputs = dims(model.graph.output[0])
    channels_last = recipe.get("layout") == "NHWC" and len(outputs) > 2
    n_classes = outputs[-1 if channels_last else 1] if len(outputs) > 1 else None
    if labels and n_classes is not None and n_classes > 1 and len(labels) != n_classes:
        raise ExportError(f"there are {len(labels)} labels, and the model's first output has {n_classes} classes")


def annotate(model, labels=None, recipe=None):
    """Put recipe and labels into @model (onnx.ModelProto), in place of what it has. What is None stays as it was."""
    recipe = None if recipe is None else {"version": 1, **recipe}
    if recipe is not None:
        check_recipe(recipe)
    check_against_model(model, labels, recipe or {})
    new = {}
    if recipe is not None:
        new["whylight.recipe"] = json.dumps(recipe)
    if labels:
        new["whylight.labels"] = json.dumps([str(label) for label in labels])
    kept = [(p.key, p.value) for p in model.metadata_props if p.key not in new]
    del model.metadata_props[:]
    for key, value in kept + list(new.items()):
        model.metadata_props.add(key=key, value=value)
    return model


def read(model):
    """What Whylight would read: (recipe or None, labels or None)"""
    found = {p.key: p.value for p in model.metadata_props}
    recipe = json.loads(found["whylight.recipe"]) if "whylight.recipe" in found else None
    labels = json.loads(found["whylight.labels"]) if "whylight.labels" in found else (recipe or {}).get("labels")
    return recipe, labels


def annotate_file(path, labels, recipe):
    model = onnx.load(path)
    onnx.save(annotate(model, labels, recipe), path)


# ---- from frameworks ----

def export_torch(model, path, example):
    """@example: one input. The batch stays free."""
    import torch

    options = {"opset_version": OPSET, "input_names": ["image"], "output_names": ["logits"],
               "dynamic_axes": {"image": {0: "N"}, "logits": {0: "N"}}}
    model = model.cpu().eval()
    try:
        torch.onnx.export(model, (example,), path, dynamo=False, **options)
    except TypeError:  # before the second exporter there was nothing to choose
        torch.onnx.export(model, (example,), path, **options)


def two_sides(size):
    return [size, size] if isinstance(size, int) else list(size) * (2 if len(size) == 1 else 1)


def from_torchvision(model, weights, path):
    """@weights: the entry of torchvision's weights enumeration, whose transforms and categories are written."""
    import torch

    preset = weights.transforms()
    rows, columns = two_sides(preset.crop_size)
    recipe = {"size": [columns, rows], "resize": "shortest-side", "shortest": two_sides(preset.resize_size)[0],
              "crop": "center", "filter": preset.interpolation.value, "channels": "RGB", "scale": 255,
              "mean": list(preset.mean), "std": list(preset.std), "task": "single-label"}
    export_torch(model, path, torch.zeros(1, 3, rows, columns))
    annotate_file(path, weights.meta.get("categories"), recipe)


def from_timm(model, path, labels=None):
    """@model: made by timm.create_model(); its data configuration is written."""
    import timm
    import torch

    config = timm.data.resolve_model_data_config(model)
    channels, rows, columns = config["input_size"]
    recipe = {"size": [columns, rows], "filter": config["interpolation"], "channels": "RGB" if channels == 3 else "grey",
              "scale": 255, "mean": list(config["mean"]), "std": list(config["std"]), "task": "single-label"}
    if config["crop_mode"] == "center":
        recipe.update(resize="shortest-side", shortest=int(min(rows, columns) / config["crop_pct"]), crop="center")
    elif config["crop_mode"] == "squash":
        recipe.update(resize="stretch")
    else:
        raise ExportError(f'timm\'s crop mode "{config["crop_mode"]}" has no recipe; state one with annotate()')
    export_torch(model, path, torch.zeros(1, channels, rows, columns))
    annotate_file(path, labels, recipe)


def from_hf(model, processor, path):
    """@model: of transformers, for image classification; @processor: its image processor."""
    import torch

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image):
            return self.model(pixel_values=image).logits

    filters = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
    size = dict(processor.size)
    recipe = {"filter": filters[int(processor.resample)], "channels": "RGB", "task": "single-label",
              "scale": round(1 / processor.rescale_factor, 6) if processor.do_rescale else 1,
              "mean": list(processor.image_mean) if processor.do_normalize else [0, 0, 0],
              "std": list(processor.image_std) if processor.do_normalize else [1, 1, 1]}
    if size.get("shortest_edge"):
        crop = dict(processor.crop_size) if getattr(processor, "do_center_crop", False) else None
        if crop is None:
            raise ExportError("the processor keeps the aspect and does not crop; state a recipe with annotate()")
        rows, columns = crop["height"], crop["width"]
        recipe.update(resize="shortest-side", shortest=size["shortest_edge"], crop="center")
    else:
        rows, columns = size["height"], size["width"]
        recipe.update(resize="stretch")
    recipe["size"] = [columns, rows]
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    export_torch(Logits(), path, torch.zeros(1, 3, rows, columns))
    annotate_file(path, labels, recipe)


# The three ways of keras.applications' preprocess_input, and models that hold their own.
KERAS_MODES = {"tf": {"channels": "RGB", "scale": 127.5, "mean": [1, 1, 1], "std": [1, 1, 1]},
               "torch": {"channels": "RGB", "scale": 255, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
               "caffe": {"channels": "BGR", "scale": 1, "mean": [103.939, 116.779, 123.68], "std": [1, 1, 1]},
               "none": {"channels": "RGB", "scale": 1, "mean": [0, 0, 0], "std": [1, 1, 1]}}


def from_keras(model, path, mode, labels=None, filter="nearest", task="single-label"):
    """@mode: "tf", "torch", "caffe" or "none": which of keras.applications' preprocess_input the model was trained
    with; @filter: of keras.utils.load_img(target_size=...), whose default is nearest."""
    import tensorflow as tf
    import tf2onnx

    _, rows, columns, _ = model.input_shape
    if rows is None or columns is None:
        raise ExportError("the model's input has no fixed size; make it with an input_shape")
    recipe = {"size": [columns, rows], "resize": "stretch", "filter": filter, "layout": "NHWC", "task": task,
              **KERAS_MODES[mode]}
    signature = [tf.TensorSpec([None, *model.input_shape[1:]], tf.float32, name="image")]
    proto, _ = tf2onnx.convert.from_keras(model, signature, opset=OPSET)
    onnx.save(annotate(proto, labels, recipe), path)


def from_monai(model, transforms, path, shape, labels=None, task="single-label"):
    """@transforms: a Compose of which loading, channel order, Resize and one of ScaleIntensity, NormalizeIntensity and
    ScaleIntensityRangePercentiles (1 to 99) are understood; @shape: of the network's input as MONAI counts it, columns
    first: LoadImage turns pictures and volumes so. The exported network turns them back."""
    import torch

    class Turned(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image):
            return self.model(image.permute(0, 1, *range(image.dim() - 1, 1, -1)))

    recipe = {"size": list(shape), "resize": "stretch", "channels": "grey", "scale": 1, "mean": [0], "std": [1],
              "task": task}
    for transform in transforms.transforms:
        kind = type(transform).__name__.rstrip("d")
        if kind in ("LoadImage", "EnsureChannelFirst", "EnsureType", "ToTensor", "CastToType"):
            continue
        if kind == "Resize":
            recipe["filter"] = "bilinear-noaa"
        elif kind == "ScaleIntensity":
            recipe["normalise"] = "min-max"
        elif kind == "NormalizeIntensity":
            recipe["normalise"] = "z-score"
        elif kind == "ScaleIntensityRangePercentiles":
            recipe["normalise"] = "percentile"
        elif kind == "ScaleIntensityRange":
            scaler = getattr(transform, "scaler", transform)
            if not scaler.clip or (scaler.b_min, scaler.b_max) != (0, 1):
                raise ExportError("ScaleIntensityRange has a recipe only with b_min 0, b_max 1 and clip")
            recipe.update(normalise="window", centre=(scaler.a_min + scaler.a_max) / 2, width=scaler.a_max - scaler.a_min)
        else:
            raise ExportError(f"the transform {kind} has no recipe; state one with annotate()")
    export_torch(Turned(), path, torch.zeros(1, 1, *list(shape)[::-1]))
    annotate_file(path, labels, recipe)


def from_fastai(learner, path):
    """@learner: of vision_learner() or another with Resize and, mostly, Normalize."""
    import torch

    resize = next((t for t in learner.dls.after_item.fs if type(t).__name__ == "Resize"), None)
    normalize = next((t for t in learner.dls.after_batch.fs if type(t).__name__ == "Normalize"), None)
    if resize is None:
        raise ExportError("the learner's items are not resized; state a recipe with annotate()")
    # fastai counts rows before columns where it is asked for two.
    columns, rows = (int(side) for side in resize.size)
    recipe = {"size": [columns, rows], "channels": "RGB", "scale": 255, "task": "single-label"}
    if resize.method == "squish":
        recipe.update(resize="stretch", filter="bilinear")
    elif resize.method == "crop":
        recipe.update(resize="shortest-side", shortest=min(rows, columns), crop="center", filter="bilinear")
    else:
        raise ExportError(f'fastai\'s way to resize "{resize.method}" has no recipe; state one with annotate()')
    if normalize is not None:
        recipe.update(mean=[round(float(v), 6) for v in normalize.mean.flatten()],
                      std=[round(float(v), 6) for v in normalize.std.flatten()])
    else:
        recipe.update(mean=[0, 0, 0], std=[1, 1, 1])
    export_torch(learner.model, path, torch.zeros(1, 3, rows, columns))
    annotate_file(path, [str(name) for name in learner.dls.vocab], recipe)


# ---- command line ----

def read_labels(text):
    if text is None:
        return None
    try:
        with open(text, encoding="utf-8") as file:
            content = file.read()
    except FileNotFoundError:
        if "," in text:
            return [name.strip() for name in text.split(",")]
        raise
    if content.lstrip().startswith("["):
        return json.loads(content)
    return [line.strip() for line in content.splitlines() if line.strip()]


def stated_recipe(args):
    if args.recipe:
        with open(args.recipe, encoding="utf-8") as file:
            recipe = json.load(file)
    else:
        recipe = dict(IMAGENET) if args.imagenet else {}
    for key in ("size", "mean", "std", "scale", "resize", "shortest", "crop", "filter", "channels", "layout", "task",
                "mpp", "spacing"):
        if getattr(args, key) is not None:
            recipe[key] = getattr(args, key)
    recipe.pop("version", None)
    return recipe or None


def main():
    parser = argparse.ArgumentParser(description="Write into an ONNX file what Whylight wants to know about it.")
    commands = parser.add_subparsers(dest="command", required=True)
    write = commands.add_parser("annotate", help="write recipe and labels")
    write.add_argument("model")
    write.add_argument("-o", "--output", required=True)
    write.add_argument("--labels", help="a file with one name a line or a JSON list, or names with commas between")
    write.add_argument("--recipe", help="a JSON file")
    write.add_argument("--imagenet", action="store_true", help="224x224, shorter side 256, usual mean and deviation")
    write.add_argument("--size", type=int, nargs="+", metavar="N", help="columns rows [slices]")
    write.add_argument("--mean", type=float, nargs="+")
    write.add_argument("--std", type=float, nargs="+")
    write.add_argument("--scale", type=float, help="what pixels of 0 to 255 are divided by first")
    write.add_argument("--shortest", type=int)
    write.add_argument("--mpp", type=float, help="micrometres to a pixel of the network's input, as it was trained")
    write.add_argument("--spacing", type=float, nargs=3, metavar="MM", help="of volumes, along columns, rows and slices")
    for key in ("resize", "crop", "filter", "channels", "layout", "task"):
        write.add_argument("--" + key, choices=CHOICES[key])
    show = commands.add_parser("show", help="print what Whylight would read")
    show.add_argument("model")
    args = parser.parse_args()
    try:
        model = onnx.load(args.model)
        if args.command == "annotate":
            onnx.save(annotate(model, read_labels(args.labels), stated_recipe(args)), args.output)
            return
        recipe, labels = read(model)
        print("recipe:", json.dumps(recipe) if recipe else "none: it will be guessed, and marked as assumed")
        print("labels:", f"{len(labels)}: {', '.join(labels[:5])}" if labels else "none: classes have numbers only")
    except (ExportError, OSError, ValueError) as error:
        sys.exit(f"{args.model}: {error}")


if __name__ == "__main__":
    main()

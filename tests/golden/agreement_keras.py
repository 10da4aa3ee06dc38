#!/usr/bin/python3
"""Makes the goldens of tf-keras-vis in agreement/; see agreement.py, which has to be run first.

    agreement_keras.py [NAME...]

The networks are those of agreement.py: each net.onnx is laid out again in Keras, node by node, with the file's
weights. Needs the versions in agreement-keras-versions.txt.
"""
import importlib.metadata
import os
import sys
import warnings

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")
warnings.simplefilter("ignore")

import numpy  # noqa: E402
import onnx  # noqa: E402
import tensorflow as tf  # noqa: E402
from onnx import numpy_helper  # noqa: E402
from tensorflow.keras import layers  # noqa: E402

from agreement_results import FOLDER, Noise, Results, versions  # noqa: E402

CLASSES = [1, 3]
NETS = ["plain", "residual", "mobile", "dense"]
N_NOISY = 6


class Function(layers.Layer):
    """Anything without weights."""

    def __init__(self, name, function):
        super().__init__(name=name)
        self.function = function

    def call(self, inputs):
        return self.function(*inputs) if isinstance(inputs, (list, tuple)) else self.function(inputs)


def label(node):
    """A name that Keras takes"""
    return node.output[0].strip("/").replace("/", ".")


def convolution(node, x, weights, attributes):
    w = weights[node.input[1]]
    bias = [weights[node.input[2]]] if len(node.input) > 2 else []
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    if any((top, left, bottom, right)):
        x = layers.ZeroPadding2D(((top, bottom), (left, right)))(x)
    strides = attributes.get("strides", [1, 1])
    if attributes.get("group", 1) == 1:
        layer = layers.Conv2D(w.shape[0], w.shape[2:], strides, name=label(node), use_bias=bool(bias))
        kernel = w.transpose(2, 3, 1, 0)
    else:
        assert attributes["group"] == w.shape[0] and w.shape[1] == 1
        layer = layers.DepthwiseConv2D(w.shape[2:], strides, name=label(node), use_bias=bool(bias))
        kernel = w.transpose(2, 3, 0, 1)
    y = layer(x)
    layer.set_weights([kernel, *bias])
    return y


def gemm(node, x, weights, attributes):
    w = weights[node.input[1]]
    layer = layers.Dense(w.shape[0] if attributes.get("transB") else w.shape[1], name=label(node))
    y = layer(x)
    layer.set_weights([w.T if attributes.get("transB") else w, weights[node.input[2]]])
    return y


def batch_norm(node, x, weights, attributes):
    layer = layers.BatchNormalization(epsilon=attributes["epsilon"], name=label(node))
    y = layer(x)
    layer.set_weights([weights[name] for name in node.input[1:]])
    return y


def plain_function(node, attributes):
    """Of operators without weights, on channels-last tensors."""
    operators = {
        "Relu": tf.nn.relu, "Sigmoid": tf.sigmoid, "Softplus": tf.math.softplus, "Add": tf.add, "Mul": tf.multiply,
        "Concat": lambda *parts: tf.concat(parts, -1), "Identity": tf.identity,
        "GlobalAveragePool": lambda x: tf.reduce_mean(x, (1, 2), keepdims=True),
        "ReduceMean": lambda x: tf.reduce_mean(x, (1, 2), keepdims=True),
        # ONNX flattens with channels first
        "Flatten": lambda x: tf.reshape(tf.transpose(x, (0, 3, 1, 2)), (-1, int(numpy.prod(x.shape[1:])))),
        "MaxPool": lambda x: tf.nn.max_pool2d(x, attributes["kernel_shape"], attributes["strides"], "VALID"),
        "AveragePool": lambda x: tf.nn.avg_pool2d(x, attributes["kernel_shape"], attributes["strides"], "VALID"),
    }
    return operators[node.op_type]


def to_keras(path):
    graph = onnx.load(path).graph
    weights = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    given = graph.input[0]
    channels, height, width = (each.dim_value for each in given.type.tensor_type.shape.dim[1:])
    values = {given.name: tf.keras.Input((height, width, channels), batch_size=None)}
    special = {"Conv": convolution, "Gemm": gemm, "BatchNormalization": batch_norm}

    for node in graph.node:
        attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type in special:
            value = special[node.op_type](node, values[node.input[0]], weights, attributes)
        elif node.op_type == "Relu":  # a layer with an "activation", which the library looks for
            value = layers.Activation(tf.keras.activations.relu, name=label(node))(values[node.input[0]])
        else:
            inputs = [values[name] for name in node.input]
            value = Function(label(node), plain_function(node, attributes))(inputs if len(inputs) > 1 else inputs[0])
        values[node.output[0]] = value
    return tf.keras.Model(values[given.name], values[graph.output[0].name])


def layer_of(model, tap):
    return next(layer for layer in model.layers if layer.name == tap)


def draw_channels_last(draws, _mean, sigma, shape):
    n, _one, height, width, channels = shape
    return (sigma * draws((n, channels, height, width)).transpose(0, 2, 3, 1)[:, None]).numpy().astype(numpy.float32)


def ask(name, x):
    from tf_keras_vis import gradcam, gradcam_plus_plus, layercam, saliency, scorecam
    from tf_keras_vis.utils.model_modifiers import GuidedBackpropagation
    from tf_keras_vis.utils.scores import CategoricalScore

    path = os.path.join(FOLDER, name, "net.onnx")
    model = to_keras(path)
    results = Results(name, "tf-keras-vis")
    score = CategoricalScore
    for tap in ("tap0", "tap1", "tap2"):
        at = {"penultimate_layer": layer_of(model, tap), "seek_penultimate_conv_layer": False}
        for k in CLASSES:
            asked = {"layer": tap, "class_": k}
            methods = {"gradcam": gradcam.Gradcam, "gradcam++": gradcam_plus_plus.GradcamPlusPlus, "layercam": layercam.Layercam,
                       "scorecam": scorecam.Scorecam}
            for method, build in methods.items():
                cam = build(model)
                clipped = numpy.asarray(cam(score(k), x, expand_cam=False, normalize_cam=False, **at)[0])
                if method == "gradcam++":  # the library explains exp(z)
                    results.add(method, "clipped", clipped / numpy.exp(model(x)[0, k]), **asked, row="over-exp(z)")
                else:
                    results.add(method, "clipped", clipped, **asked)
                results.add(method, "finished", cam(score(k), x, **at)[0], **asked)
            results.add("scorecam", "finished", scorecam.Scorecam(model)(score(k), x, max_N=5, **at)[0], **asked, options="top=5")
    for k in CLASSES:
        results.add("gradient", "finished", saliency.Saliency(model)(score(k), x)[0], class_=k)
        plain = saliency.Saliency(model)(score(k), x, keepdims=True, gradient_modifier=None, normalize_map=False)[0].numpy()
        results.add("gradient", "input", plain.transpose(2, 0, 1), class_=k)
        with Noise().instead_of("numpy.random.normal", draw_channels_last):
            smooth = saliency.Saliency(model)(score(k), x, smooth_samples=N_NOISY)[0]
        results.add("smoothgrad", "finished", smooth, class_=k, options=f"samples={N_NOISY}")
        if name != "mobile":  # without a Relu there is nothing to guide
            guided = saliency.Saliency(to_keras(path), model_modifier=GuidedBackpropagation(), clone=False)
            plain = guided(score(k), x, keepdims=True, gradient_modifier=None, normalize_map=False)[0].numpy()
            results.add("guided-backprop", "input", plain.transpose(2, 0, 1), class_=k)
    return results


def run(name):
    x = numpy.load(os.path.join(FOLDER, name, "input.npy")).transpose(0, 2, 3, 1)
    random = numpy.random.RandomState(1)
    results = ask(name, x)
    others = [ask(name, (x * (1 + 2.0 ** -23 * random.randn(*x.shape))).astype(numpy.float32)) for _try in range(4)]
    results.judge(others)
    results.save()
    print(name, len(results.lines), flush=True)


def main():
    wrong = {name: found for name, wanted in versions("agreement-keras-versions.txt").items()
             if (found := importlib.metadata.version(name)) != wanted}
    if wrong:
        sys.exit(f"agreement_keras.py is for the versions in agreement-keras-versions.txt, not for {wrong}")
    for name in sys.argv[1:] or NETS:
        run(name)


if __name__ == "__main__":
    main()

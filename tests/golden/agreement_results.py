"""Where the results of other libraries go, and the noise that they are handed; shared by agreement.py and
agreement_keras.py."""
import os
import re
from unittest import mock

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
UNSTEADY = 2e-5  # of a map's range: a change by rounding that is worth a mark
FOLDER = os.path.join(HERE, "agreement")


def versions(name):
    """{name: version} in a file of requirements"""
    with open(os.path.join(HERE, name), encoding="ascii") as file:
        lines = [line.split("#")[0].strip() for line in file]
    return dict(line.split("==") for line in lines if line)


class Results:
    """All that one library says of one network."""

    def __init__(self, network, library):
        self.stem = os.path.join(FOLDER, network, library)
        self.lines, self.arrays, self.offset = [], [], 0

    def add(self, method, kind, array, **asked):
        """@array: the map, or attribution [C, spatial...]. @asked: layer, class_, options, score, ..."""
        array = numpy.ascontiguousarray(array.detach() if hasattr(array, "detach") else array, numpy.float32)
        assert numpy.isfinite(array).all(), (self.stem, method, asked)
        words = [f"method={method}", f"kind={kind}"]
        words += [f"{key.rstrip('_').replace('_', '-')}={value}" for key, value in asked.items() if value is not None]
        words += [f"offset={self.offset}", "dims=" + "x".join(map(str, array.shape))]
        self.lines.append(" ".join(words))
        self.arrays.append(array.ravel())
        self.offset += array.size

    def judge(self, others):
        """@others: the same questions, with other roundings. Where the library answers differently by itself its answer is
        no measure for anybody else's: it is marked, with how much it changes, or left out if even the sign changes of
        what was clipped."""
        lines, arrays, offset = [], [], 0
        for index, (line, array) in enumerate(zip(self.lines, self.arrays)):
            span = float(array.max() - array.min()) or 1.0
            change = max(float(abs(other.arrays[index] - array).max()) for other in others) / span
            if change > 0.1 and "kind=raw" not in line:
                continue
            line = re.sub(r"offset=\d+", f"offset={offset}", line)
            if change > 0.1:
                line += " sign=free"
            elif change > UNSTEADY and "unsteady=" not in line:
                line += f" unsteady={change:.1e}"
            lines.append(line)
            arrays.append(array)
            offset += array.size
        self.lines, self.arrays = lines, arrays

    def save(self):
        if self.lines:
            numpy.save(self.stem + ".npy", numpy.concatenate(self.arrays))
            with open(self.stem + ".txt", "w", encoding="ascii") as file:
                file.write("\n".join(self.lines) + "\n")


def splitmix64(seed, index):
    """Number @index (an array) of Steele's generator started at @seed"""
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(seed) + (index.astype(numpy.uint64) + numpy.uint64(1)) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def uniform(seed, index):
    return ((splitmix64(seed, index) >> numpy.uint64(11)).astype(numpy.float64) + 0.5) / 2.0 ** 53


class Noise:
    """The numbers that whylight draws (src/explain/noise.h), for libraries that would draw their own."""

    def __init__(self, seed=0):
        self.seed, self.sample = seed, 0

    def draw(self, shape):
        """Normal numbers of one draw, float64 [shape], in the order of the elements"""
        count = int(numpy.prod(shape))
        even = count + count % 2
        index = numpy.arange(even) + self.sample * even
        self.sample += 1
        u, v = uniform(self.seed, index).reshape(-1, 2).T
        length = numpy.sqrt(-2 * numpy.log(u))
        pairs = numpy.stack([length * numpy.cos(2 * numpy.pi * v), length * numpy.sin(2 * numpy.pi * v)], 1)
        return pairs.ravel()[:count].reshape(shape)

    def draws(self, shape):
        """As many draws as @shape begins with, of what follows"""
        return numpy.stack([self.draw(shape[1:]) for _sample in range(shape[0])])

    def instead_of(self, function, replacement):
        """A context: within, @function calls @replacement, which gets draws() first."""
        self.sample = 0
        return mock.patch(function, lambda *args, **keywords: replacement(self.draws, *args, **keywords))

"""VGG19-shaped networks in plain PyTorch: reading, writing, running, and Gram matrices.

Layers carry Keras' names (`block3_conv1`), tensors in files torchvision's (`features.10.weight`, OIHW).
A tap is a layer's output after its ReLU. Pictures are float32 RGB in [0, 1], NCHW.
"""
import json
import struct

import numpy as np
import torch
import torch.nn.functional as F

LAYERS = [f"block{b}_conv{c}" for b, n in zip(range(1, 6), (2, 2, 4, 4, 4)) for c in range(1, n + 1)]
INDEX = dict(zip(LAYERS, (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)))
FULL_WIDTHS = dict(zip(LAYERS, (64, 64, 128, 128) + (256,) * 4 + (512,) * 8))
STYLE_TAPS = [f"block{b}_conv1" for b in range(1, 6)]
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def load_safetensors(path):
    """Every tensor of a safetensors file as float32 NumPy arrays, and its metadata."""
    with open(path, "rb") as file:
        raw = file.read()
    length = struct.unpack("<Q", raw[:8])[0]
    head, base = json.loads(raw[8:8 + length]), 8 + length
    kinds = {"F32": np.float32, "F16": np.float16, "F64": np.float64}
    tensors = {}
    for name, entry in head.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            data = np.frombuffer(raw[base + start:base + end], kinds[entry["dtype"]])
            tensors[name] = data.reshape(entry["shape"]).astype(np.float32)
    return tensors, head.get("__metadata__", {})


def save_safetensors(path, tensors, metadata, dtype=np.float16):
    """Writes `tensors` as `dtype` (float16 unless told), header padded to 8 bytes."""
    head, blobs, at = {"__metadata__": {key: str(value) for key, value in metadata.items()}}, [], 0
    for name, array in tensors.items():
        blob = np.ascontiguousarray(array, dtype=dtype).tobytes()
        kind = {"float16": "F16", "float32": "F32"}[np.dtype(dtype).name]
        head[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def preprocess(rgb):
    """[0, 1] RGB to caffe's input: 0..255, BGR, minus ImageNet's means."""
    mean = torch.tensor(CAFFE_MEAN_BGR).view(1, 3, 1, 1)
    return (rgb[:, [2, 1, 0]] * 255.0 - mean).contiguous(memory_format=torch.channels_last)


def rows(features):
    """[N, positions, C] of NCHW features: a view if they are channels-last in memory."""
    return features.permute(0, 2, 3, 1).flatten(1, 2)


def cross_gram(a, b):
    """[N, Ca, Cb]: products of two feature maps' channels, averaged over positions."""
    a, b = rows(a), rows(b)
    return a.transpose(1, 2) @ b / a.shape[1]


def gram(features):
    """Gram matrices [N, C, C] of NCHW features, divided by height * width."""
    return cross_gram(features, features)


def style_distance(mine, wanted):
    """mean((mine - wanted)^2) / mean(wanted^2) per picture: the engine's normalised style loss of a layer."""
    return (mine - wanted).square().mean((1, 2)) / (wanted.square().mean((1, 2)) + 1e-12)


class Vgg:
    """Convolutions by layer name, run in order with 2x2 max pooling before each new block."""

    def __init__(self, convs, padding="zeros"):
        """`convs`: layer name -> (weight OIHW, bias); `padding`: 'zeros' or 'reflect'."""
        self.convs, self.padding = convs, padding

    @classmethod
    def load(cls, path):
        """Reads a caffe-preprocessed net with torchvision's names; padding as its metadata says (default zeros)."""
        tensors, metadata = load_safetensors(path)
        if metadata.get("preprocess") != "caffe":
            raise ValueError(f"{path}: metadata says preprocess={metadata.get('preprocess')!r}, wanted 'caffe'")
        convs = {}
        for name, i in INDEX.items():
            if f"features.{i}.weight" in tensors:
                weight = torch.from_numpy(tensors[f"features.{i}.weight"])
                convs[name] = (weight.contiguous(memory_format=torch.channels_last),
                               torch.from_numpy(tensors[f"features.{i}.bias"]))
        return cls(convs, metadata.get("padding", "zeros"))

    @classmethod
    def random(cls, calibration, seed=1, width=1.0):
        """He initialisation, then each layer scaled so that its output has unit mean square on `calibration`."""
        generator, convs, channels = torch.Generator().manual_seed(seed), {}, 3
        x = preprocess(calibration)
        for name in LAYERS:
            out = int(FULL_WIDTHS[name] * width)
            weight = torch.randn(out, channels, 3, 3, generator=generator) * (2 / (9 * channels)) ** 0.5
            x = F.max_pool2d(x, 2) if name.endswith("conv1") and name != LAYERS[0] else x
            y = F.relu(F.conv2d(x, weight, padding=1))
            scale = y.square().mean().rsqrt()
            convs[name] = ((weight * scale).contiguous(memory_format=torch.channels_last), torch.zeros(out))
            x, channels = y * scale, out
        return cls(convs)

    def layers(self):
        """Names of the layers this net has, first to last."""
        return [name for name in LAYERS if name in self.convs]

    def __call__(self, x, taps):
        """Features of `taps` for preprocessed pictures `x`; nothing after the deepest tap is computed."""
        out, last = {}, max(LAYERS.index(tap) for tap in taps)
        for name in LAYERS[:last + 1]:
            weight, bias = self.convs[name]
            if name.endswith("conv1") and name != LAYERS[0]:
                x = F.max_pool2d(x, 2)
            if self.padding == "reflect":
                x = F.relu_(F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), weight, bias))
            else:
                x = F.relu_(F.conv2d(x, weight, bias, padding=1))
            if name in taps:
                out[name] = x
        return out

"""Training pictures: which are held out, procedural textures, and augmentation."""
import os

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

# Held out first: (content, style). None of these eight pictures is ever trained on.
HELD_OUT_PAIRS = [
    ("chelsea.png", "gravel.png"),
    ("rocket.jpg", "getty-acanthus-mollis.jpg"),
    ("getty-nagasaki-boats.jpg", "coffee.png"),
    ("getty-dust-bowl-home.jpg", "chelsea.png"),
    ("coffee.png", "brick.png"),
]
TRAINING_PICTURES = [
    "astronaut.png", "getty-airplane-from-above.jpg", "getty-allium-oreophilum.jpg", "getty-black-canyon.jpg",
    "getty-french-alpine-landscape.jpg", "getty-locomotion-house-cat.jpg", "getty-march-pastoral.jpg", "grass.png",
]
# For choosing settings without looking at the held-out pairs.
DEV_PAIRS = [
    ("astronaut.png", "grass.png"),
    ("getty-black-canyon.jpg", "astronaut.png"),
    ("getty-airplane-from-above.jpg", "getty-allium-oreophilum.jpg"),
]


def read_picture(folder, name):
    """A picture as PIL RGB."""
    return Image.open(os.path.join(folder, name)).convert("RGB")


def octave_noise(rng, size, octaves=None, slope=None):
    """Value noise summed over octaves, scaled to [0, 1]; `slope` is the amplitude ratio from octave to octave."""
    slope = rng.uniform(0.4, 1.1) if slope is None else slope
    first = rng.integers(1, 4)
    octaves = octaves or rng.integers(3, 7)
    total = torch.zeros(size, size)
    for k in range(octaves):
        cells = min(size, 2 ** (first + k)) + 2
        grid = torch.from_numpy(rng.standard_normal((1, 1, cells, max(2, int(cells * rng.choice([1, 1, 0.3])))))).float()
        total += slope ** k * F.interpolate(grid, (size, size), mode="bicubic", align_corners=True)[0, 0]
    return unit(total)


def unit(field):
    """Shifts and scales a field to [0, 1]."""
    low, high = field.min(), field.max()
    return (field - low) / (high - low + 1e-6)


def coordinates(size, rng, warp=0.0):
    """x and y in [0, 1], optionally displaced by smooth noise."""
    y, x = torch.meshgrid(torch.linspace(0, 1, size), torch.linspace(0, 1, size), indexing="ij")
    if warp:
        x = x + warp * (octave_noise(rng, size, 2) - 0.5)
        y = y + warp * (octave_noise(rng, size, 2) - 0.5)
    return x, y


def grating(rng, size):
    """Parallel stripes or rings, soft or hard, perhaps warped."""
    x, y = coordinates(size, rng, rng.choice([0, 0, 0.1, 0.4]))
    angle, cycles = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(3), np.log(60)))
    if rng.random() < 0.25:
        phase = torch.hypot(x - rng.uniform(0, 1), y - rng.uniform(0, 1))
    else:
        phase = x * np.cos(angle) + y * np.sin(angle)
    return torch.sigmoid(np.exp(rng.uniform(0, 3)) * torch.sin(2 * np.pi * cycles * phase))


def checker(rng, size):
    """Checks or bricks, perhaps warped, with joints."""
    x, y = coordinates(size, rng, rng.choice([0, 0, 0.05, 0.3]))
    rows, columns, shift = rng.integers(3, 24), rng.integers(3, 24), rng.choice([0, 0.5])
    row = torch.floor(y * rows)
    column = x * columns + shift * (row % 2)
    if rng.random() < 0.5:
        return (row + torch.floor(column)) % 2
    joint = rng.uniform(0.03, 0.2)
    tone = torch.frac(torch.sin(row * 12.99 + torch.floor(column) * 78.23).abs() * 437.5)
    return torch.where((torch.frac(column) < joint) | (torch.frac(y * rows) < joint), torch.tensor(rng.choice([0.0, 1.0])), 0.3 + 0.4 * tone)


def voronoi(rng, size):
    """Cells: flat tones, distances to centres, or ridges between cells."""
    count = int(np.exp(rng.uniform(np.log(12), np.log(120))))
    centres = torch.from_numpy(rng.random((count, 2))).float()
    x, y = coordinates(size, rng, rng.choice([0, 0, 0.1]))
    near, which = torch.cdist(torch.stack([x, y], -1).reshape(-1, 2), centres).topk(2, largest=False)
    tones = torch.from_numpy(rng.random(count)).float()[which[:, 0]].reshape(size, size)
    ridge = ((near[:, 1] - near[:, 0]) * count ** 0.5).clamp(0, rng.uniform(0.1, 1)).reshape(size, size)
    kind = rng.integers(4)
    return (tones, unit(ridge), unit(near[:, 0].reshape(size, size)), unit(tones * 0.6 + unit(ridge)))[kind]


def strokes(rng, size):
    """Brush strokes or pebbles: many oriented soft-edged ellipses painted one over another."""
    canvas, count = octave_noise(rng, size, 2).numpy().copy(), rng.integers(60, 400)
    flow, aligned = octave_noise(rng, size, 2).numpy() * 6.3, rng.random() < 0.7
    length, thickness, ripple = rng.uniform(6, 40), rng.uniform(1, 8), rng.uniform(0.5, 3)
    r = int(length) + 2
    for _ in range(count):
        cx, cy = rng.integers(0, size, 2)
        angle = flow[cy, cx] if aligned else rng.uniform(0, np.pi)
        left, right, top, bottom = max(0, cx - r), min(size, cx + r), max(0, cy - r), min(size, cy + r)
        x, y = np.arange(left, right, dtype=np.float32) - cx, np.arange(top, bottom, dtype=np.float32)[:, None] - cy
        u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        inside = np.clip(2.5 - 2 * ((u / length) ** 2 + (v / thickness) ** 2), 0, 1)
        tone = rng.random() + 0.15 * np.sin(v * ripple)
        canvas[top:bottom, left:right] += inside * (tone - canvas[top:bottom, left:right])
    return unit(torch.from_numpy(canvas.astype(np.float32)))


def palette(rng, field):
    """Colours a [0, 1] field through a random piecewise linear palette."""
    stops = rng.integers(2, 6)
    colours = torch.from_numpy(rng.random((stops, 3))).float()
    position = field.clamp(0, 1) * (stops - 1)
    low = position.floor().clamp(max=stops - 2).long()
    weight = (position - low).unsqueeze(-1)
    return (colours[low] * (1 - weight) + colours[low + 1] * weight).permute(2, 0, 1)


def texture(rng, size=176):
    """One procedural picture [3, size, size] in [0, 1]."""
    makers = (octave_noise, grating, checker, voronoi, strokes)

    def layer():
        return palette(rng, makers[rng.choice(5, p=[0.25, 0.15, 0.15, 0.2, 0.25])](rng, size))
    picture = layer()
    if rng.random() < 0.5:
        mask = torch.sigmoid((makers[rng.integers(5)](rng, size) - 0.5) * np.exp(rng.uniform(0, 4)))
        picture = picture * mask + layer() * (1 - mask)
    if rng.random() < 0.5:
        picture = picture + rng.uniform(0.02, 0.2) * torch.from_numpy(rng.standard_normal((rng.choice([1, 3]), size, size))).float()
    return picture.clamp(0, 1)


class Sampler:
    """Endless augmented crops of the training photographs and of a slowly renewed bank of textures."""

    def __init__(self, folder, seed, textures=60):
        self.rng = np.random.default_rng(seed)
        self.photos = [self.pyramid(folder, name) for name in TRAINING_PICTURES]
        self.textures = [texture(self.rng) for _ in range(textures)]

    @staticmethod
    def pyramid(folder, name):
        """The picture at full, 1/2 and 1/4 size, so that a shrunken crop does not alias."""
        picture, levels = read_picture(folder, name), []
        for k in range(3):
            small = picture.resize((picture.width >> k, picture.height >> k), Image.BOX) if k else picture
            levels.append(torch.from_numpy(np.asarray(small, np.float32) / 255).permute(2, 0, 1).contiguous())
        return levels

    def renew(self):
        """Replaces one texture of the bank."""
        self.textures[self.rng.integers(len(self.textures))] = texture(self.rng)

    def crop(self, size):
        """One augmented picture [3, size, size]."""
        rng = self.rng
        if rng.random() < 0.6:
            scale = np.exp(rng.uniform(np.log(0.7), np.log(5)))  # source pixels a crop pixel covers
            level = int(np.clip(np.floor(np.log2(max(scale, 1))), 0, 2))
            source, scale = self.photos[rng.integers(len(self.photos))][level], scale / 2 ** level
        else:
            source, scale = self.textures[rng.integers(len(self.textures))], np.exp(rng.uniform(np.log(0.5), np.log(1.5)))
        picture = self.warp(source, size, scale)
        if rng.random() < 0.1:
            other = self.textures[rng.integers(len(self.textures))]
            picture = torch.lerp(picture, self.warp(other, size, 1.0), float(rng.uniform(0.1, 0.6)))
        return self.recolour(picture)

    def warp(self, source, size, scale):
        """Random rotation, flip, stretch and place."""
        rng, (_, height, width) = self.rng, source.shape
        angle = rng.choice([0, rng.normal(0, 0.2), rng.uniform(0, 2 * np.pi)])
        scale = min(scale, 0.95 * min(height, width) / size)
        stretch = np.exp(rng.normal(0, 0.12))
        cos, sin, flip = np.cos(angle) * scale * size, np.sin(angle) * scale * size, rng.choice([-1, 1])
        slack_x, slack_y = max(0, width - scale * size), max(0, height - scale * size)
        matrix = torch.tensor([[flip * stretch * cos / width, -sin / width, rng.uniform(-1, 1) * slack_x / width],
                               [flip * sin / height, cos / stretch / height, rng.uniform(-1, 1) * slack_y / height]]).float()
        grid = F.affine_grid(matrix[None], (1, 3, size, size), align_corners=False)
        return F.grid_sample(source[None], grid, mode="bilinear", padding_mode="reflection", align_corners=False)[0]

    def recolour(self, picture):
        """Tone curves, channel mixing, palettes, blur, sharpening and grain."""
        rng = self.rng
        if rng.random() < 0.25:
            picture = palette(rng, picture.mean(0))
        if rng.random() < 0.5:
            mix = torch.from_numpy(np.eye(3) + rng.normal(0, 0.3, (3, 3))).float()
            picture = torch.einsum("ij,jhw->ihw", mix, picture - 0.5) + 0.5
        if rng.random() < 0.3:
            picture = picture[torch.from_numpy(rng.permutation(3))]
        if rng.random() < 0.1:
            picture = 1 - picture
        if rng.random() < 0.6:
            picture = picture.clamp(0, 1) ** float(np.exp(rng.normal(0, 0.35)))
            contrast, brightness = np.exp(rng.normal(0, 0.3)), rng.normal(0, 0.1)
            picture = (picture - 0.5) * float(contrast) + 0.5 + float(brightness)
        if rng.random() < 0.35:
            soft = F.avg_pool2d(picture[None], 3, 1, 1, count_include_pad=False)[0]
            picture = torch.lerp(picture, soft, float(rng.uniform(-1.5, 1)))
        if rng.random() < 0.25:
            grain = torch.from_numpy(rng.standard_normal((rng.choice([1, 3]), *picture.shape[1:]))).float()
            picture = picture + float(np.exp(rng.uniform(-5, -1.7))) * grain
        return picture.clamp(0, 1)

    def batch(self, count, size):
        """[count, 3, size, size]."""
        return torch.stack([self.crop(size) for _ in range(count)])

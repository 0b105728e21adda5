"""How much each student channel counts in a Gram matrix, and pictures half-way through being stylised.

The engine minimises the distance between the student's own Gram matrices. A positive factor per channel changes that
distance and, as ReLU commutes with it, nothing else; so the factors are free to be chosen, and are chosen here so that
the student's style distances are the teachers'.
"""
import torch

from student import INPUT_SCALE, bounded_scale, fit_map
from vgg import LAYERS, STYLE_TAPS, gram, preprocess, style_distance

DISTANCE_FLOOR = 1e-3  # style distances below this are told apart no further


def log_distance(mine, wanted, log_scale):
    """Log style distance (floored) of Gram matrices whose channels are first scaled by `bounded_scale(log_scale)`."""
    scale = bounded_scale(log_scale)
    scale = torch.outer(scale, scale)
    return (style_distance(mine * scale, wanted * scale) + DISTANCE_FLOOR).log()


class Studio:
    """Pictures the student is stylising just now, a few Adam steps further at every call."""

    def __init__(self, sampler, count, size, generator):
        self.sampler, self.size, self.generator = sampler, size, generator
        self.content = sampler.batch(count, size)
        self.style = sampler.batch(count, size)
        self.first, self.second = torch.zeros_like(self.content), torch.zeros_like(self.content)
        self.age, self.life = torch.zeros(count), torch.ones(count)
        self.lr = torch.full((count,), 0.02)
        self.start = [torch.ones(count) for _ in STYLE_TAPS]
        for i in range(count):
            self.restart(i, spread=True)

    def draw(self, low, high):
        return low + (high - low) * torch.rand((), generator=self.generator).item()

    def restart(self, i, spread=False):
        """A new commission in slot `i`: content (sometimes noise), style, learning rate, length."""
        self.content[i] = self.sampler.crop(self.size)
        if self.draw(0, 1) < 0.15:
            self.content[i] = torch.rand(self.content[i].shape, generator=self.generator)
        self.style[i] = self.sampler.crop(self.size)
        self.first[i], self.second[i], self.age[i] = 0, 0, 0
        self.lr[i] = 10 ** self.draw(-2.1, -1.2)
        self.life[i] = int(self.draw(5, 150 if not spread else 40))

    def advance(self, student, scales, updates):
        """`updates` Adam steps on every picture; finished ones are replaced first."""
        for i in (self.age >= self.life).nonzero().flatten().tolist():
            self.restart(i)

        def grams(pictures):
            features = student(preprocess(pictures) / INPUT_SCALE, STYLE_TAPS)
            return [gram(f * bounded_scale(scales[name].detach()).view(1, -1, 1, 1)) for name, f in features.items()]

        with torch.no_grad():
            wanted = grams(self.style)
        for _ in range(updates):
            x = self.content.clone().requires_grad_(True)
            distance = [style_distance(a, b) for a, b in zip(grams(x), wanted)]
            self.start = [torch.where(self.age == 0, d.detach(), s) for d, s in zip(distance, self.start)]
            slope, = torch.autograd.grad(sum((d / (s + 1e-6)).sum() for d, s in zip(distance, self.start)), x)
            self.age += 1
            age = self.age.view(-1, 1, 1, 1)
            self.first.mul_(0.9).add_(slope, alpha=0.1)
            self.second.mul_(0.999).addcmul_(slope, slope, value=0.001)
            step = (self.first / (1 - 0.9 ** age)) / ((self.second / (1 - 0.999 ** age)).sqrt() + 1e-8)
            self.content = (self.content - self.lr.view(-1, 1, 1, 1) * step).clamp(0, 1)


def fit_scales(own, theirs, start, steps=200, lr=0.05):
    """Per-channel log scales that make the student's own style distances those of the teacher.

    `own`: [2N, C, C] Gram matrices of N pictures and of their N partners; `theirs`: the N teacher distances, floored;
    `start`: first guess of the log scales. With u the squared scales a distance is u' D u / u' T u, where D holds the
    squared differences and T the partner's squared entries. Returns the log scales and the loss before and after.
    """
    log_scale = start.detach().clone().requires_grad_(True)
    optimiser, half, history = torch.optim.Adam([log_scale], lr=lr), len(own) // 2, []
    difference, partner = (own[:half] - own[half:]).square(), own[half:].square()
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * (1 - step / steps)
        square = bounded_scale(log_scale).square()
        mine = (difference @ square @ square) / (partner @ square @ square) + DISTANCE_FLOOR
        loss = (mine.log() - theirs.log()).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        history.append(loss.item())
    return log_scale.detach().requires_grad_(True), history[0], history[-1]


def fit_maps_and_scales(student, teachers, sampler, size, generator, count=64, old=None):
    """Least-squares maps for every tap, the teachers' typical energies, and channel scales for every tap.

    Scales start as the norms of the map's columns: the weight a channel has in the teacher's Gram matrices. For the
    style taps they are then fitted to style distances between pairs of pictures: crops, near relations, and, once
    there are `old` scales to stylise with, half-made pictures and their styles.
    """
    left, right = sampler.batch(count, size), sampler.batch(count, size)
    for i in range(count // 4):  # a picture and a noisy, dimmer copy
        noise = torch.randn(left[i].shape, generator=generator)
        right[i] = ((left[i] - 0.5) * (0.8 + 0.05 * (i % 8)) + 0.5 + 0.03 * (i % 5) * noise).clamp(0, 1)
    if old:
        studio = Studio(sampler, 16, size, generator)
        studio.life[:] = 1000
        for _ in range(5):
            studio.advance(student, old, 14)
            left, right = torch.cat([left, studio.content]), torch.cat([right, studio.style])
    half = len(left)
    with torch.no_grad():
        parts = []
        for p in preprocess(torch.cat([left, right])).split(16):
            wanted, got = teachers(p, "block3_conv1" if old else "block3_conv4"), student(p / INPUT_SCALE, LAYERS)
            parts.append([{n: gram(f[n]) for n in STYLE_TAPS} for f in (wanted, got)] + ([] if old else [wanted, got]))
    maps, scales = {}, dict(old or {})
    for name in [] if old else parts[0][2]:
        wanted, got = (torch.cat([part[k][name] for part in parts]) for k in (2, 3))
        teachers.scale[name] = wanted.square().mean().item()
        maps[name] = tuple(t.requires_grad_(True) for t in fit_map(got.detach(), wanted))
        norm = maps[name][0].detach().norm(dim=0)
        scales[name] = norm.clamp(min=1e-3 * norm.max()).log()
    for name in STYLE_TAPS:
        theirs, own = (torch.cat([part[k][name] for part in parts]) for k in (0, 1))
        theirs = style_distance(theirs[:half], theirs[half:]) + DISTANCE_FLOOR
        scales[name], before, after = fit_scales(own, theirs, scales[name])
        print(f"{name}: squared log ratio of style distances, {half} pairs: {before:.4f} -> {after:.4f}", flush=True)
    return maps, scales

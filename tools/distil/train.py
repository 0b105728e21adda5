#!/usr/bin/env python3
"""Distils vgg-lite, a quarter-width VGG19, from the real VGG19 (blocks 1-3) and vgg19-16x (blocks 4-5).

    train.py --images DIR --vgg19 FILE --vgg19-16x FILE --out DIR [--seed 1] [--rounds 0] [--steps 0] [--threads 1]

Three stages; the shipped file is the outcome of the first two, as a third of any length was beyond the machine at hand:

1. Layer by layer (student.py): compose a layer from a teacher's, then refine it against that teacher.
2. Channel scales (scales.py): make the student's style distances those of the teachers. --rounds repeats this on pairs
   the student itself has stylised half-way.
3. All layers together, --steps long. A step sees fresh augmented crops and, beside them, pictures the student is just
   stylising: there a small student's flaws show, as the optimiser walks into whatever it cannot see. Per tap:
   feature   the student's features through a learned 1x1 map against the teacher's, mean square, relative
   gram      the Gram matrix of those mapped features against the teacher's, squared Frobenius norm, relative
   distance  log ratio, squared, of the style distance between two pictures by the student's own Gram matrices and by
             the teacher's: what style transfer minimises should be what the teacher would measure

Writes OUT/layers.pt (finished layers of stage 1; a later run takes them from there), OUT/checkpoint.pt (for --resume,
which skips stage 1), OUT/vgg-lite.safetensors (averaged weights, float16), and prints a log.
"""
import argparse
import math
import os
import time

import torch
import torch.nn.functional as F

from pictures import HELD_OUT_PAIRS, TRAINING_PICTURES, Sampler
from scales import DISTANCE_FLOOR, Studio, fit_maps_and_scales, log_distance
from student import INPUT_SCALE, WIDTHS, exported, initial_student
from vgg import LAYERS, STYLE_TAPS, Vgg, cross_gram, gram, load_safetensors, preprocess, save_safetensors, style_distance

TAP_WEIGHT = {name: 1.0 if name in STYLE_TAPS else 0.3 for name in LAYERS}
LOSS_WEIGHT = {"feature": 1.0, "gram": 1.0, "distance": 0.2}


class Teachers:
    """Both teachers' features under one roof, each tap with the scale its losses are divided by."""

    def __init__(self, vgg19, vgg19_16x, aux):
        self.vgg19, self.vgg19_16x, self.aux, self.scale = vgg19, vgg19_16x, aux, {}
        self.shallow = vgg19.layers()
        self.deep = [name for name in vgg19_16x.layers() if name not in self.shallow]

    def __call__(self, x, deepest_shallow="block3_conv4"):
        """Tap -> target features for preprocessed pictures.

        block4_conv1 and block5_conv1 are mapped to full VGG19 channels. No teacher knows block5_conv2 to conv4: they
        are to keep block5_conv1 readable, together with its mean over 3x3, 5x5 and 7x7 neighbourhoods.
        """
        with torch.no_grad():
            out = self.vgg19(x, self.shallow[:self.shallow.index(deepest_shallow) + 1])
            deep = self.vgg19_16x(x, self.deep)
            last = deep["block5_conv1"]
            for k in (2, 3, 4):
                wide = F.avg_pool2d(last, 2 * k - 1, 1, k - 1, count_include_pad=False)
                out[f"block5_conv{k}"] = torch.cat([last, wide], 1)
            for name in self.deep:
                out[name] = F.conv2d(deep[name], *self.aux[name]) if name in self.aux else deep[name]
        return out


def with_constant(gram_matrix, means):
    """The Gram matrix of features with a channel of ones appended."""
    column = means.unsqueeze(2)
    return torch.cat([torch.cat([gram_matrix, column], 2), torch.cat([column.transpose(1, 2), torch.ones_like(column[:, :1])], 2)], 1)


def losses(student, maps, scales, teachers, fresh, made, style, deepest):
    """Per kind and tap, one scalar each. Rows of the batch: fresh crops, then half-made pictures, then their styles.

    Mapped features are never formed: with A the map, bias as last column, and f with a channel of ones appended,
    mean |A f - t|^2 = tr(A <f f'> A') - 2 tr(A <f t'>) + <|t|^2>, and the mapped Gram matrix is A <f f'> A'.
    """
    x = preprocess(torch.cat([fresh, made, style]))
    wanted = teachers(x, deepest)
    got = student(x / INPUT_SCALE, list(wanted))
    n, k = len(fresh), len(made)
    left, right = list(range(n + k)), list(range(1, n)) + [0] + list(range(n + k, n + 2 * k))
    out = {"feature": {}, "gram": {}, "distance": {}}
    for name, target in wanted.items():
        typical, mine = teachers.scale[name], got[name]
        if name not in STYLE_TAPS and target.shape[2] > 12:  # a quarter of the positions is enough here
            target, mine = target[:, :, ::2, ::2], mine[:, :, ::2, ::2]
        weight, own = torch.cat([maps[name][0], maps[name][1][:, None]], 1), gram(mine)
        full = with_constant(own, mine.mean((2, 3)))
        cross = torch.cat([cross_gram(mine, target), target.mean((2, 3)).unsqueeze(1)], 1)
        theirs = gram(target) if name in STYLE_TAPS else None
        power = target.square().mean((2, 3)).sum(1) if theirs is None else theirs.diagonal(dim1=1, dim2=2).sum(1)
        error = ((weight.T @ weight) * full).sum((1, 2)) - 2 * (weight.T * cross).sum((1, 2)) + power
        out["feature"][name] = (error / (power + 0.1 * typical * target.shape[1])).mean()
        if theirs is not None:
            mismatch = (weight @ full @ weight.T - theirs).square().mean((1, 2))
            out["gram"][name] = (mismatch / (theirs.square().mean((1, 2)) + 0.01 * typical ** 2)).mean()
            theirs = (style_distance(theirs[left], theirs[right]) + DISTANCE_FLOOR).log()
            out["distance"][name] = (log_distance(own[left], own[right], scales[name]) - theirs).clamp(-4, 4).square().mean()
    return out


def save(path, student, average, maps, scales, step, calibration, a):
    """Checkpoint and float16 export of the averaged weights."""
    torch.save({"step": step, "student": student.convs, "average": average, "maps": maps, "scales": scales},
               os.path.join(path, "checkpoint.pt"))
    metadata = {
        "name": "vgg-lite", "preprocess": "caffe", "padding": "zeros", "width": "VGG19 / 4", "license": "CC-BY-4.0",
        "attribution": "Distilled from VGG19 (Simonyan & Zisserman, Oxford VGG, CC BY 4.0) and vgg19-16x of "
                       "Collaborative-Distillation (Huan Wang, MIT); weights changed",
        "seed": a.seed, "refineSteps": f"{a.refine} blocks 1-3, {a.refine_deep} blocks 4-5", "jointSteps": step}
    save_safetensors(os.path.join(path, "vgg-lite.safetensors"), exported(Vgg(average), calibration, scales), metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("images", "vgg19", "vgg19-16x", "out"):
        parser.add_argument("--" + name, required=True)
    for name, default in (
            ("refine", 500), ("refine-deep", 120), ("crops", 200), ("rounds", 0), ("steps", 0), ("seed", 1), ("threads", 1),
            ("fresh", 3), ("studio", 2), ("size", 72), ("updates", 1)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop this long after the start; the learning rate falls to 0 by then")
    parser.add_argument("--resume", help="a checkpoint.pt to go on from")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    stop = time.time() + 60 * a.minutes
    torch.manual_seed(a.seed)
    os.makedirs(a.out, exist_ok=True)
    generator = torch.Generator().manual_seed(a.seed)
    print("held out:", "; ".join(f"{c} x {s}" for c, s in HELD_OUT_PAIRS))
    print("training pictures:", ", ".join(TRAINING_PICTURES), "and procedural textures")
    print("settings:", {k: v for k, v in vars(a).items() if isinstance(v, (int, float))}, flush=True)

    tensors, _ = load_safetensors(a.vgg19_16x)
    aux = {tap: tuple(torch.from_numpy(tensors[f"aux.{tap}.{part}"]) for part in ("weight", "bias")) for tap in STYLE_TAPS[3:]}
    teachers = Teachers(Vgg.load(a.vgg19), Vgg.load(a.vgg19_16x), aux)
    sampler = Sampler(a.images, a.seed)
    if a.resume:
        saved = torch.load(a.resume)
        student = Vgg({name: tuple(t.detach().requires_grad_(True) for t in conv) for name, conv in saved["average"].items()})
    else:
        crops = sampler.batch(a.crops, 64)
        noisy = torch.rand(crops[::8].shape, generator=generator)  # half-made pictures are noisier than photographs
        crops[::8] = (crops[::8] + noisy - 0.5).clamp(0, 1)
        student = initial_student(teachers.vgg19, teachers.vgg19_16x, preprocess(crops), generator, (a.refine, a.refine_deep),
                                  os.path.join(a.out, "layers.pt"))
    calibration = preprocess(sampler.batch(16, 80))
    studio = Studio(sampler, a.studio, a.size, generator)
    maps, scales = fit_maps_and_scales(student, teachers, sampler, a.size, generator)
    for _ in range(a.rounds):
        scales = fit_maps_and_scales(student, teachers, sampler, a.size, generator, old=scales)[1]
    average = {name: tuple(t.detach().clone() for t in conv) for name, conv in student.convs.items()}
    groups = [{"params": [t for conv in student.convs.values() for t in conv], "peak": a.lr}]
    for name, pair in maps.items():  # the maps' step follows the size of the teacher's features
        groups.append({"params": list(pair), "peak": 0.3 * a.lr * teachers.scale[name] ** 0.5})
    groups.append({"params": [scales[name] for name in STYLE_TAPS], "peak": 10 * a.lr})
    optimiser, first = torch.optim.Adam(groups, lr=a.lr, betas=(0.9, 0.99)), saved["step"] if a.resume else 0
    print("parameters:", sum(t.numel() for conv in student.convs.values() for t in conv), "widths:", sorted(set(WIDTHS.values())))

    running, began, step = {}, time.time(), first
    save(a.out, student, average, maps, scales, first, calibration, a)
    for step in range(first, a.steps):
        done = max((step - first) / (a.steps - first), (time.time() - began) / (stop - began))
        if done >= 1:
            break
        pace = min(1, (step - first + 1) / 20) * 0.5 * (1 + math.cos(math.pi * done))
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * pace
        studio.advance(student, scales, a.updates)
        if step % 8 == 0:
            sampler.renew()
        deepest = "block3_conv4" if step % 4 == 0 else "block3_conv1"
        parts = losses(student, maps, scales, teachers, sampler.batch(a.fresh, a.size), studio.content, studio.style, deepest)
        total = sum(LOSS_WEIGHT[kind] * TAP_WEIGHT[name] * value for kind, taps in parts.items() for name, value in taps.items())
        optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(groups[0]["params"], 1.0)
        optimiser.step()
        keep = min(0.98, 1 - 1 / (step - first + 2))
        with torch.no_grad():
            for name, conv in student.convs.items():
                for mean, now in zip(average[name], conv):
                    mean.lerp_(now, 1 - keep)
        for kind, taps in parts.items():
            for name, value in taps.items():
                old = running.get((kind, name), value.item())
                running[kind, name] = 0.98 * old + 0.02 * value.item()
        if step % 20 == 0:
            short = {kind: " ".join(f"{running.get((kind, n), 0):.4f}" for n in (STYLE_TAPS if kind != "feature" else LAYERS)) for kind in parts}
            print(f"{step} [{time.time() - began:.0f} s] total {total.item():.3f} | " + " | ".join(f"{k} {v}" for k, v in short.items()), flush=True)
        if step % 50 == 49:
            save(a.out, student, average, maps, scales, step + 1, calibration, a)
    save(a.out, student, average, maps, scales, step, calibration, a)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How well a network guides style transfer, judged by the real VGG19.

Every net stylises the same held-out pairs: from the content picture, style loss alone (block1_conv1, block2_conv1,
block3_conv1, and block4_conv1 and block5_conv1 where the net has them), each layer's loss divided by its own start
value, no TV, Adam (0.9, 0.999, 1e-8), clipped to [0, 1], equal steps; per net the best of the learning rates (lowest
mean judged loss). The judge is the real VGG19: the sum over block1_conv1, block2_conv1 and block3_conv1 of
mean((gram - target)^2) / mean(target^2). A second judge, vgg19-16x mapped to full VGG19 channels, looks at
block4_conv1 and block5_conv1; it is one of the teachers and one of the contestants, so it is only a hint.

Finished nets are kept in OUT/cells.npz and OUT/evaluation.json; --reuse takes those not named by --net from there.

    evaluate.py --images DIR --vgg19 FILE --vgg19-16x FILE --net vgg-lite=FILE --out DIR [--size 128] [--steps 100]
"""
import argparse
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from pictures import DEV_PAIRS, HELD_OUT_PAIRS, TRAINING_PICTURES, read_picture
from vgg import STYLE_TAPS, Vgg, gram, load_safetensors, preprocess, style_distance

JUDGE_TAPS = STYLE_TAPS[:3]


def load_square(folder, name, size):
    """The picture's central square, `size` pixels a side, as [1, 3, size, size]."""
    picture = read_picture(folder, name)
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side)).resize((size, size), Image.BICUBIC)
    return torch.from_numpy(np.asarray(square, np.float32) / 255).permute(2, 0, 1)[None]


def stylise(net, content, style, steps, lr):
    """Runs all pairs as one batch; pictures never influence each other, as every loss is a per-picture sum."""
    taps = [tap for tap in STYLE_TAPS if tap in net.convs]
    with torch.no_grad():
        target = {tap: gram(f) for tap, f in net(preprocess(style), taps).items()}
    x, start = content.clone().requires_grad_(True), None
    optimiser = torch.optim.Adam([x], lr=lr)
    for _ in range(steps):
        features = net(preprocess(x), taps)
        losses = [(gram(features[tap]) - target[tap]).square().mean((1, 2)) for tap in taps]
        start = start or [loss.detach() for loss in losses]
        optimiser.zero_grad()
        sum((loss / first).sum() for loss, first in zip(losses, start)).backward()
        optimiser.step()
        with torch.no_grad():
            x.clamp_(0, 1)
    return x.detach()


class Judge:
    """Style losses of finished pictures under the real VGG19, and under vgg19-16x's mapped blocks 4 and 5."""

    def __init__(self, vgg19, vgg19_16x, aux):
        self.vgg19, self.vgg19_16x, self.aux = vgg19, vgg19_16x, aux

    def grams(self, pictures):
        with torch.no_grad():
            x = preprocess(pictures)
            shallow = [gram(f) for f in self.vgg19(x, JUDGE_TAPS).values()]
            deep = self.vgg19_16x(x, STYLE_TAPS[3:])
            return shallow, [gram(F.conv2d(deep[tap], *self.aux[tap])) for tap in STYLE_TAPS[3:]]

    def __call__(self, pictures, style):
        """Two tensors: [N, 3] real VGG19 losses per layer and [N, 2] of the second judge."""
        def compare(mine, wanted):
            return torch.stack([style_distance(a, b) for a, b in zip(mine, wanted)], 1)
        (a, b), (c, d) = self.grams(pictures), self.grams(style)
        return compare(a, c), compare(b, d)


def contact_sheet(rows, columns, cells, path, size):
    """`cells[row][column]` are CHW tensors; labels above each column and left of each row."""
    left, top, gap = 150, 18, 4
    sheet = Image.new("RGB", (left + len(columns) * (size + gap), top + len(rows) * (size + gap)), "white")
    draw = ImageDraw.Draw(sheet)
    for j, column in enumerate(columns):
        draw.text((left + j * (size + gap) + 2, 3), column, fill="black")
    for i, row in enumerate(rows):
        draw.multiline_text((4, top + i * (size + gap) + 4), row, fill="black")
        for j, cell in enumerate(cells[i]):
            pixels = (cell.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
            sheet.paste(Image.fromarray(pixels), (left + j * (size + gap), top + i * (size + gap)))
    sheet.save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("images", "vgg19", "vgg19-16x", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--net", action="append", default=[], metavar="NAME=FILE", help="a net to compare (repeatable)")
    parser.add_argument("--skip", nargs="*", default=[], help="built-in nets to leave out")
    parser.add_argument("--reuse", action="store_true", help="keep what OUT holds, run only what is missing or named")
    parser.add_argument("--lr", type=float, nargs="+", default=[0.01, 0.02, 0.05])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--random-width", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dev", action="store_true", help="pairs of training pictures instead, for choosing settings")
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    os.makedirs(a.out, exist_ok=True)
    pairs = DEV_PAIRS if a.dev else HELD_OUT_PAIRS
    content = torch.cat([load_square(a.images, c, a.size) for c, _ in pairs])
    style = torch.cat([load_square(a.images, s, a.size) for _, s in pairs])
    calibration = torch.cat([load_square(a.images, name, 64) for name in TRAINING_PICTURES])

    tensors, _ = load_safetensors(a.vgg19_16x)
    aux = {tap: tuple(torch.from_numpy(tensors[f"aux.{tap}.{part}"]) for part in ("weight", "bias")) for tap in STYLE_TAPS[3:]}
    vgg19, vgg19_16x = Vgg.load(a.vgg19), Vgg.load(a.vgg19_16x)
    judge = Judge(vgg19, vgg19_16x, aux)
    random_name = "random-vgg19" if a.random_width == 1 else f"random-vgg19 x{a.random_width:g}"
    nets = {random_name: lambda: Vgg.random(calibration, 1, a.random_width)}
    for name, path in (entry.split("=", 1) for entry in a.net):
        nets[name] = lambda path=path: Vgg.load(path)
    nets.update({"vgg19-16x": lambda: vgg19_16x, "vgg19 blocks 1-3": lambda: vgg19})

    results, pictures, stored = {}, {}, {}
    if a.reuse and os.path.exists(os.path.join(a.out, "cells.npz")):
        with open(os.path.join(a.out, "evaluation.json")) as file:
            stored = json.load(file)["nets"]
        cells = {name: torch.from_numpy(cell) for name, cell in np.load(os.path.join(a.out, "cells.npz")).items()}
    named = [entry.split("=", 1)[0] for entry in a.net]
    for name, make in nets.items():
        if name in a.skip:
            continue
        if name in stored and name not in named:
            results[name], pictures[name] = stored[name], cells[name]
            continue
        net, runs, began = make(), [], time.time()
        for lr in a.lr:
            made = stylise(net, content, style, a.steps, lr)
            shallow, deep = judge(made, style)
            runs.append((shallow.sum(1).mean().item(), lr, shallow, deep, made))
            print(f"{name:18} lr {lr:<5} judged {runs[-1][0]:.4f} deep {deep.sum(1).mean():.4f} "
                  f"pairs {[round(v, 4) for v in shallow.sum(1).tolist()]} [{time.time() - began:.0f} s]", flush=True)
        mean, lr, shallow, deep, pictures[name] = min(runs, key=lambda run: run[0])
        results[name] = {"meanStyleLoss": mean, "bestLearningRate": lr, "perLearningRate": {str(r[1]): r[0] for r in runs},
                         "perPair": shallow.sum(1).tolist(), "perLayer": dict(zip(JUDGE_TAPS, shallow.mean(0).tolist())),
                         "deepHint": dict(zip(STYLE_TAPS[3:], deep.mean(0).tolist()))}

    np.savez(os.path.join(a.out, "cells.npz"), **{name: cell.numpy() for name, cell in pictures.items()})
    shallow, deep = judge(content, style)
    results["(content, untouched)"] = {
        "meanStyleLoss": shallow.sum(1).mean().item(), "perPair": shallow.sum(1).tolist(),
        "perLayer": dict(zip(JUDGE_TAPS, shallow.mean(0).tolist())), "deepHint": dict(zip(STYLE_TAPS[3:], deep.mean(0).tolist()))}
    with open(os.path.join(a.out, "evaluation.json"), "w") as file:
        json.dump({"pairs": [{"content": c, "style": s} for c, s in pairs], "sizePixels": a.size, "steps": a.steps,
                   "learningRates": a.lr, "tvWeight": 0, "judge": "VGG19 " + ", ".join(JUDGE_TAPS), "nets": results}, file, indent=1)
    base = results.get(random_name, {}).get("meanStyleLoss", float("nan"))
    lines = ["| net | style loss, mean | against random | " + " | ".join(f"{c.split('.')[0]} × {s.split('.')[0]}" for c, s in pairs)
             + " | best lr | blocks 4–5 hint |", "|" + "---|" * (len(pairs) + 5)]
    for name, r in results.items():
        lines.append(f"| {name} | {r['meanStyleLoss']:.4f} | {r['meanStyleLoss'] / base:.2f} | " + " | ".join(f"{v:.4f}" for v in r["perPair"])
                     + f" | {r.get('bestLearningRate', '–')} | {sum(r['deepHint'].values()):.3f} |")
    print("\n".join(lines))
    with open(os.path.join(a.out, "evaluation.md"), "w") as file:
        file.write("\n".join(lines) + "\n")
    contact_sheet([f"{c.split('.')[0]}\n  x\n{s.split('.')[0]}" for c, s in pairs], ["content", "style"] + list(pictures),
                  [[content[i], style[i]] + [pictures[name][i] for name in pictures] for i in range(len(pairs))],
                  os.path.join(a.out, "evaluation.png"), a.size)


if __name__ == "__main__":
    main()

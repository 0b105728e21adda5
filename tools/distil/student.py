"""The student: a quarter-width VGG19, its start from merged teacher channels, and its export.

While training, the input is divided by INPUT_SCALE and every tap has about unit mean square, so that one learning
rate suits all layers. Since ReLU and max pooling commute with positive scaling, export folds the scales away exactly.
"""
import math
import os

import torch
import torch.nn.functional as F

from vgg import FULL_WIDTHS, INDEX, LAYERS, Vgg

INPUT_SCALE = 64.0
EXPORT_MEAN_ACTIVATION = 10.0  # every tap's mean over training pictures after export
WIDTHS = {name: FULL_WIDTHS[name] // 4 for name in LAYERS}


def standardised(features):
    """Channel rows [C, positions] of NCHW features, centred, unit length."""
    rows = features.transpose(0, 1).flatten(1)
    rows = rows - rows.mean(1, keepdim=True)
    return F.normalize(rows, dim=1)


def merge_channels(features, groups, generator):
    """A [groups, C] matrix averaging teacher channels that fire alike.

    Spherical k-means on (up to 6,000 positions of) the channels' activations, weighted by each channel's energy.
    """
    energy = features.square().mean((0, 2, 3)).sqrt()
    rows = standardised(features)
    rows = F.normalize(rows[:, torch.randperm(rows.shape[1], generator=generator)[:6000]], dim=1)
    centres = [int(energy.argmax())]
    while len(centres) < groups:  # start from channels least like those chosen
        likeness = (rows @ rows[centres].T).max(1).values
        centres.append(int(((1 - likeness) * energy).argmax()))
    centre = rows[centres]
    for _ in range(30):
        member = F.one_hot((rows @ centre.T).argmax(1), groups).float() * (energy + 1e-6)[:, None]
        lost = member.sum(0) == 0
        member[torch.tensor(centres)[lost], lost] = 1e-6
        centre = F.normalize(member.T @ rows, dim=1)
    return (member / member.sum(0)).T


def fit_map(features, target, ridge=1e-3):
    """Least squares 1x1 map with bias: target ~ weight @ features + bias."""
    x = features.transpose(0, 1).flatten(1).double()
    y = target.transpose(0, 1).flatten(1).double()
    x = torch.cat([x, torch.ones_like(x[:1])])
    normal = x @ x.T / x.shape[1]
    normal += ridge * normal.diagonal().mean() * torch.eye(len(normal))
    weight = torch.linalg.solve(normal, x @ y.T / x.shape[1]).T.float()
    return weight[:, :-1].contiguous(), weight[:, -1].contiguous()


def compose(teacher_conv, merge, read_weight, read_bias):
    """A student convolution from a teacher's: reads teacher channels off the student's below, merges those above."""
    weight, bias = teacher_conv
    bias = bias + torch.einsum("oikl,i->o", weight, read_bias)
    return torch.einsum("so,oikl,ic->sckl", merge, weight, read_weight), merge @ bias


def in_chunks(function, x, size=40):
    """Applies `function` to slices of a batch, which keeps the working set small."""
    return torch.cat([function(part) for part in x.split(size)]).contiguous(memory_format=torch.channels_last)


def refine(x, target, weight, bias, read, steps, positions, generator, lr=3e-3):
    """Fits one layer and its 1x1 map to a teacher's layer, at random positions of stored feature maps.

    A step sees `positions` 3x3 neighbourhoods drawn from all pictures, so its gradient is far less noisy, and far
    cheaper, than one of a few whole pictures. Half the loss is relative to the layer's energy, as style losses are;
    half to each channel's own variance, so that faint channels, which later layers use, are not given up.
    """
    rows_of_target = target.permute(0, 2, 3, 1)
    padded = F.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1).contiguous()
    n, height, width, _ = rows_of_target.shape
    out, inputs = weight.shape[:2]
    kernel = weight.permute(2, 3, 1, 0).reshape(9 * inputs, out).clone().requires_grad_(True)
    variables = [kernel, bias.clone().requires_grad_(True)]
    level = rows_of_target.square().mean().sqrt()
    balance = 0.5 + 0.5 * level ** 2 / (target.var((0, 2, 3)) + 0.03 * level ** 2)
    maps = [(read[0] / level).clone().requires_grad_(True), (read[1] / level).clone().requires_grad_(True)]
    optimiser = torch.optim.Adam(variables + maps, lr=lr, betas=(0.9, 0.99))
    first, running = None, 0.0
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / steps))
        i, y, z = (torch.randint(0, m, (positions,), generator=generator) for m in (n, height, width))
        patch = torch.cat([padded[i, y + dy, z + dx] for dy in range(3) for dx in range(3)], 1)
        guess = torch.addmm(maps[1], F.relu(torch.addmm(variables[1], patch, kernel)), maps[0].T)
        loss = ((guess - rows_of_target[i, y, z] / level).square() * balance).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        first = loss.item() if first is None else first
        running = loss.item() if step == 0 else 0.95 * running + 0.05 * loss.item()
    with torch.no_grad():
        weight = kernel.view(3, 3, inputs, out).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    return weight.detach(), variables[1].detach(), first, running


def initial_student(vgg19, vgg19_16x, pictures, generator, steps, store):
    """Layer by layer: compose from a teacher, then refine against that teacher on the student's own input.

    Blocks 1-3 start from merged VGG19 channels, block 4 to block5_conv1 from vgg19-16x, the last three near identity.
    `pictures` are preprocessed; `steps` are those of a layer's refinement, for blocks 1-3 and for blocks 4-5. Returns
    the student; prints each layer's loss before and after refinement. Finished layers are kept in the file `store` and
    taken from there if it exists, so an interrupted run can go on.
    """
    done = torch.load(store) if os.path.exists(store) else {}
    convs, x = {}, (pictures / INPUT_SCALE).contiguous(memory_format=torch.channels_last)
    read = (torch.eye(3) * INPUT_SCALE, torch.zeros(3))
    wanted = pictures
    with torch.no_grad():
        deep = {}
        for part in pictures.split(40):
            for name, f in vgg19_16x(part, ["block3_conv4"] + vgg19_16x.layers()[8:]).items():
                deep.setdefault(name, []).append(f)
        deep = {name: torch.cat(parts) for name, parts in deep.items()}
    for name in LAYERS:
        width, pool = WIDTHS[name], name.endswith("conv1") and name != LAYERS[0]
        with torch.no_grad():
            if pool:
                x = F.max_pool2d(x, 2)
            if name in vgg19.convs:
                conv = vgg19.convs[name]
                wanted = F.max_pool2d(wanted, 2) if pool else wanted
                wanted = in_chunks(lambda part: F.relu_(F.conv2d(part, *conv, padding=1)), wanted)
                merge = torch.zeros(width, len(conv[0])) if name in done else merge_channels(wanted, width, generator)
                weight, bias = compose(conv, merge, *read)
            elif name in deep:
                if name == "block4_conv1":
                    read = fit_map(x, F.max_pool2d(deep["block3_conv4"], 2))
                wanted = deep[name]
                weight, bias = compose(vgg19_16x.convs[name], torch.eye(width), *read)
            else:
                last = deep["block5_conv1"]
                k = int(name[-1])
                wanted = torch.cat([last, F.avg_pool2d(last, 2 * k - 1, 1, k - 1, count_include_pad=False)], 1)
                weight = torch.randn(width, width, 3, 3, generator=generator) * 0.3 * (2 / (9 * width)) ** 0.5
                weight[:, :, 1, 1] += torch.eye(width)
                bias = torch.zeros(width)

            def normalised(weight, bias):
                y = in_chunks(lambda part: F.conv2d(part, weight, bias, padding=1), x)
                scale = F.relu(y).square().mean((0, 2, 3), keepdim=True).sqrt() + 1e-2 * y.square().mean().sqrt()
                return weight / scale.view(-1, 1, 1, 1), bias / scale.flatten(), F.relu_(y / scale)
            if name in done:
                weight, bias = done[name]
            weight, bias, y = normalised(weight, bias)
            read = fit_map(y, wanted)
        budget = steps[0] if name in vgg19.convs else steps[1]
        if budget and name not in done:
            weight, bias, before, after = refine(x, wanted, weight, bias, read, budget, 2048 if width < 128 else 1024, generator)
            with torch.no_grad():
                weight, bias, y = normalised(weight, bias)
                read = fit_map(y, wanted)
                error = wanted - F.conv2d(y, read[0][:, :, None, None], read[1])
                unexplained = (error.square().mean() / wanted.square().mean()).item()
            print(f"refined {name}: loss {before:.4f} -> {after:.4f}, relative squared error now {unexplained:.4f}", flush=True)
        x = y
        convs[name] = (weight.contiguous(memory_format=torch.channels_last).requires_grad_(True), bias.clone().requires_grad_(True))
        torch.save({key: tuple(t.detach() for t in conv) for key, conv in convs.items()}, store)
    return Vgg(convs)


def bounded_scale(log_scale):
    """exp(`log_scale`), the faintest channel kept within 1/100 of the strongest, so that weights fit float16."""
    return (log_scale - log_scale.detach().max()).clamp(min=-math.log(100)).exp()


def exported(student, pictures, log_scales):
    """Tensors under torchvision's names, for plain caffe input.

    Channels are scaled by `bounded_scale(log_scales)`, which sets how much each counts in a Gram matrix, and each tap so that its
    mean over `pictures` is EXPORT_MEAN_ACTIVATION. The next layer's weights take the inverse: nothing else changes.
    """
    tensors, below = {}, torch.full((3,), 1 / INPUT_SCALE)
    with torch.no_grad():
        features = student(pictures / INPUT_SCALE, student.layers())
        for name, (weight, bias) in student.convs.items():
            scale = bounded_scale(log_scales[name])
            scale = scale * (EXPORT_MEAN_ACTIVATION / (features[name] * scale.view(1, -1, 1, 1)).mean())
            tensors[f"features.{INDEX[name]}.weight"] = (weight * scale.view(-1, 1, 1, 1) * below.view(1, -1, 1, 1)).contiguous().numpy()
            tensors[f"features.{INDEX[name]}.bias"] = (bias * scale).numpy()
            below = 1 / scale
    return tensors

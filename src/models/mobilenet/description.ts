/**
 * MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018) as a
 * description, with the layer names, shapes and parameter counts of Keras's `applications.MobileNetV2`.
 */
import { GramaryeError } from '../../engine/errors.js';
import type { LayerRow, NetDescription } from '../describe.js';

/** A convolution with its BatchNorm and activation, the unit that kernels fuse. */
export interface MobileNetUnit {
  /** Keras's name of the convolution. */
  readonly name: string;
  /** Keras's name of the BatchNorm behind it. */
  readonly normName: string;
  readonly kind: 'conv' | 'depthwise';
  /** Side of the square kernel: 1 or 3. */
  readonly kernelSize: 1 | 3;
  readonly stride: 1 | 2;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Keras's name of the ReLU6 behind the BatchNorm; undefined after a linear bottleneck. */
  readonly activationName: string | undefined;
  /** The addition behind this unit: its Keras name and the unit whose output is added (behind that unit's own addition). */
  readonly residual: { readonly name: string; readonly from: string } | undefined;
}

/** The bottlenecks: expansion, channels at width 1, stride, as the paper's table 2 unrolled. */
const BOTTLENECKS: readonly (readonly [expansion: number, channels: number, stride: 1 | 2])[] = [
  [1, 16, 1],
  [6, 24, 2],
  [6, 24, 1],
  [6, 32, 2],
  [6, 32, 1],
  [6, 32, 1],
  [6, 64, 2],
  [6, 64, 1],
  [6, 64, 1],
  [6, 64, 1],
  [6, 96, 1],
  [6, 96, 1],
  [6, 96, 1],
  [6, 160, 2],
  [6, 160, 1],
  [6, 160, 1],
  [6, 320, 1],
];

/** Width multipliers that Keras publishes weights for, the usual one first. */
export const MOBILENET_WIDTHS: readonly number[] = [1, 0.75, 0.5, 0.35, 1.3, 1.4];

/** Channels scaled by a width multiplier and rounded to a multiple of 8, never by more than a tenth down. */
function scaledChannels(channels: number, width: number): number {
  const rounded = Math.max(8, Math.floor((channels * width + 4) / 8) * 8);
  return rounded < 0.9 * channels * width ? rounded + 8 : rounded;
}

/** The 52 convolution units in order, for a width multiplier (Keras's `alpha`). */
export function mobileNetUnits(width = 1): readonly MobileNetUnit[] {
  if (!(width > 0 && width <= 4))
    throw new GramaryeError('bad-option', `MobileNetV2: width ${String(width)} is no multiplier.`, { remedy: 'Use a number above 0, for instance 1.' });
  const units: MobileNetUnit[] = [];
  const add = (unit: Omit<MobileNetUnit, 'residual'>, residual?: MobileNetUnit['residual']): number => {
    units.push({ ...unit, residual });
    return unit.outChannels;
  };
  let channels = add({
    name: 'Conv1',
    normName: 'bn_Conv1',
    kind: 'conv',
    kernelSize: 3,
    stride: 2,
    inChannels: 3,
    outChannels: scaledChannels(32, width),
    activationName: 'Conv1_relu',
  });
  for (const [block, [expansion, outChannels, stride]] of BOTTLENECKS.entries()) {
    const prefix = block === 0 ? 'expanded_conv' : `block_${String(block)}`;
    const inChannels = channels;
    const before = units.at(-1)?.name ?? '';
    const expanded = inChannels * expansion;
    const unit = (part: string): { name: string; normName: string } => ({ name: `${prefix}_${part}`, normName: `${prefix}_${part}_BN` });
    if (block > 0)
      add({ ...unit('expand'), kind: 'conv', kernelSize: 1, stride: 1, inChannels, outChannels: expanded, activationName: `${prefix}_expand_relu` });
    add({
      ...unit('depthwise'),
      kind: 'depthwise',
      kernelSize: 3,
      stride,
      inChannels: expanded,
      outChannels: expanded,
      activationName: `${prefix}_depthwise_relu`,
    });
    const projected = scaledChannels(outChannels, width);
    const residual = stride === 1 && projected === inChannels ? { name: `${prefix}_add`, from: before } : undefined;
    channels = add(
      { ...unit('project'), kind: 'conv', kernelSize: 1, stride: 1, inChannels: expanded, outChannels: projected, activationName: undefined },
      residual,
    );
  }
  add({
    name: 'Conv_1',
    normName: 'Conv_1_bn',
    kind: 'conv',
    kernelSize: 1,
    stride: 1,
    inChannels: channels,
    outChannels: width > 1 ? scaledChannels(1280, width) : 1280,
    activationName: 'out_relu',
  });
  return units;
}

/** What to describe. */
export interface MobileNetOptions {
  /** Width multiplier; default 1. */
  readonly width?: number;
  /** Classes of the dense layer on top; without it the net ends at `out_relu`. */
  readonly classes?: number | undefined;
  /** Input size; default 224 by 224. */
  readonly height?: number;
  readonly inputWidth?: number;
  /** Whether BatchNorm is folded into the convolutions: it then stays a layer, of 0 parameters, and the convolution has a bias. */
  readonly folded?: boolean;
}

/** The side of a map after a 3×3 convolution of stride 2 with Keras's padding. */
function halved(side: number): number {
  return Math.ceil(side / 2);
}

/** All layers with Keras's names, output shapes and parameter counts. */
export function describeMobileNetV2({ width = 1, classes, height = 224, inputWidth = height, folded = false }: MobileNetOptions = {}): NetDescription {
  let shape = { height, width: inputWidth, channels: 3 };
  const rows: LayerRow[] = [];
  const row = (name: string, kind: string, parameters = 0): void => {
    rows.push({ name, kind, outputShape: [null, shape.height, shape.width, shape.channels], parameters });
  };
  row('input_1', 'InputLayer');
  for (const unit of mobileNetUnits(width)) {
    const { name, kind, kernelSize, stride, inChannels, outChannels } = unit;
    if (kind === 'depthwise' && stride === 2) {
      // Keras pads by hand before a depthwise convolution of stride 2: one pixel behind an even side, on both sides of an odd one.
      const padded = { height: shape.height + (shape.height % 2 === 0 ? 1 : 2), width: shape.width + (shape.width % 2 === 0 ? 1 : 2) };
      rows.push({
        name: name.replace(/depthwise$/, 'pad'),
        kind: 'ZeroPadding2D',
        outputShape: [null, padded.height, padded.width, inChannels],
        parameters: 0,
      });
    }
    shape = stride === 2 ? { height: halved(shape.height), width: halved(shape.width), channels: outChannels } : { ...shape, channels: outChannels };
    const weights = kernelSize ** 2 * (kind === 'depthwise' ? inChannels : inChannels * outChannels);
    row(name, kind === 'depthwise' ? 'DepthwiseConv2D' : 'Conv2D', weights + (folded ? outChannels : 0));
    row(unit.normName, 'BatchNormalization', folded ? 0 : 4 * outChannels);
    if (unit.activationName !== undefined) row(unit.activationName, 'ReLU');
    if (unit.residual !== undefined) row(unit.residual.name, 'Add');
  }
  if (classes !== undefined) {
    rows.push({ name: 'global_average_pooling2d', kind: 'GlobalAveragePooling2D', outputShape: [null, shape.channels], parameters: 0 });
    rows.push({ name: 'predictions', kind: 'Dense', outputShape: [null, classes], parameters: (shape.channels + 1) * classes });
  }
  return { name: 'mobilenet_v2', rows, totalParameters: rows.reduce((sum, { parameters }) => sum + parameters, 0) };
}

/** Reference cases in float64: settings, inputs, and what every loss, gradient and image must equal. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SafetensorsFile } from '../../src/models/safetensors.js';
import type { FileTensor } from '../../src/models/tensor.js';
import type { Picture } from '../../src/tasks/picture.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { fileSource } from './shared-data.js';

interface CaseConfig {
  readonly net: string;
  readonly style: readonly string[];
  readonly style_blend: readonly number[] | null;
  readonly height: number;
  readonly width: number;
  readonly steps: number;
  readonly pool: 'max' | 'avg';
  readonly init: string;
  readonly style_weight: number;
  readonly content_weight: number;
  readonly tv_weight: number;
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly content_loss: 'mse' | 'squared-mean';
  readonly style_normalize: 'none' | 'target';
  readonly style_layers: string;
  readonly content_layers: string;
}

/** Losses of one image of the reference. */
export interface CaseLosses {
  readonly style: number;
  readonly content: number;
  readonly tv: number;
  readonly total: number;
}

/** One reference case. */
export interface GoldenCase {
  readonly config: CaseConfig;
  readonly trace: readonly CaseLosses[];
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly settings: StyleTransferSettings;
  readonly content: Picture;
  readonly styles: readonly Picture[];
  readonly init: Picture;
}

function picture(tensors: ReadonlyMap<string, FileTensor>, name: string): Picture {
  const tensor = tensors.get(name);
  const [height = 0, width = 0] = tensor?.shape ?? [];
  return { height, width, data: Float32Array.from(tensor?.values ?? []) };
}

/** Reads a case from its folder. */
export async function readGoldenCase(folder: string): Promise<GoldenCase> {
  const { config, trace } = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8')) as { config: CaseConfig; trace: CaseLosses[] };
  const file = await SafetensorsFile.open(await fileSource(join(folder, 'tensors.safetensors')));
  const tensors = await file.readTensors(file.names);
  const settings: StyleTransferSettings = {
    height: config.height,
    width: config.width,
    steps: config.steps,
    styleLayers: config.style_layers.split(',').map((layer) => ({ layer, weight: 1 })),
    contentLayers: config.content_layers.split(',').filter((layer) => layer !== ''),
    styleWeight: config.style_weight,
    contentWeight: config.content_weight,
    tvWeight: config.tv_weight,
    styleNormalize: config.style_normalize,
    contentNormalize: 'none',
    contentLoss: config.content_loss,
    pooling: config.pool,
    styleBlend: config.style_blend ?? [],
    learningRate: config.lr,
    beta1: config.beta1,
    beta2: config.beta2,
    epsilon: config.eps,
    init: 'picture',
    seed: 0,
  };
  return {
    config,
    trace,
    tensors,
    settings,
    content: picture(tensors, 'content'),
    styles: config.style.map((_, index) => picture(tensors, `style${String(index)}`)),
    init: picture(tensors, 'init'),
  };
}

/** Relative L2 distance of two vectors. */
export function relativeL2(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference += ((got[i] ?? NaN) - (wanted[i] ?? NaN)) ** 2;
    norm += (wanted[i] ?? NaN) ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Root mean square error and the share of values that differ by more than `limit`. */
export function imageError(got: ArrayLike<number>, wanted: ArrayLike<number>, limit = 2e-3): { rms: number; shareBeyond: number } {
  let sum = 0;
  let beyond = 0;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs((got[i] ?? NaN) - (wanted[i] ?? NaN));
    sum += difference ** 2;
    if (!(difference <= limit)) beyond++;
  }
  return { rms: Math.sqrt(sum / wanted.length), shareBeyond: beyond / wanted.length };
}

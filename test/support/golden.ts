/** Reference cases in float64: settings, inputs, and what every loss, gradient and image must equal. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  /** What else is right where f32 cannot decide; see {@link expectedTensors}. */
  readonly twin: ReadonlyMap<string, FileTensor> | undefined;
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
    twin: await readTwin(basename(folder)),
    settings,
    content: picture(tensors, 'content'),
    styles: config.style.map((_, index) => picture(tensors, `style${String(index)}`)),
    init: picture(tensors, 'init'),
  };
}

/**
 * Other tensors that a case may give as well: those of the same run with the windows of maximum pooling decided the other way whose two
 * largest values differ by less than f32 rounding of the layer, at the first step. tools/golden/twin.ts makes them, in float64.
 */
async function readTwin(name: string): Promise<ReadonlyMap<string, FileTensor> | undefined> {
  const path = fileURLToPath(new URL(`../data/golden-twins/${name}.safetensors`, import.meta.url));
  if (!existsSync(path)) return undefined;
  const file = await SafetensorsFile.open(await fileSource(path));
  return file.readTensors(file.names);
}

/** The tensors to compare a run with whose first gradient is given: the case's own, or its twin's where they are nearer. */
export function expectedTensors({ tensors, twin }: GoldenCase, gradient: ArrayLike<number>): ReadonlyMap<string, FileTensor> {
  if (twin === undefined) return tensors;
  const distance = (from: ReadonlyMap<string, FileTensor>): number => relativeL2(gradient, from.get('grad.total')?.values ?? []);
  return distance(twin) < distance(tensors) ? new Map([...tensors, ...twin]) : tensors;
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

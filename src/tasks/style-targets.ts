/** What the terms of the style loss compare with, computed from the style pictures. */
import type { Engine } from '../engine/engine.js';
import { throwIfAborted } from '../engine/errors.js';
import { ProgramBuilder } from '../engine/program.js';
import { matrixSquareRoot } from '../kernels/run.js';
import { guideFactors, type GuideFactors } from './masks.js';
import type { Picture } from './picture.js';
import type { StyleTransferInputs } from './run-start.js';
import type { StyleTransferSettings } from './settings.js';
import { styleTerms, type StyleTerm, type StyleTermTensors } from './style-terms.js';
import { blendGrams, gramsOf, type GramTarget, type TargetOptions } from './targets.js';
import type { GpuNet } from './vgg-net.js';

/**
 * Added to every variance, as a share of the target's mean variance. Without it directions in which neither picture varies would make the
 * root singular; f32 cannot tell them from rounding anyway.
 */
export const RIDGE = 1e-2;

/** The target of one term. */
export interface StyleTarget {
  readonly term: StyleTerm;
  readonly gram: GramTarget;
  /** What the term's kernel compares with [channels, channels]: the Gram matrix, or the root of the covariance. */
  readonly matrix: Float32Array<ArrayBuffer>;
  readonly moments: { readonly mean: Float32Array<ArrayBuffer>; readonly trace: number; readonly ridge: number } | undefined;
  readonly guide: GuideFactors | undefined;
  /** Factor of the term's loss, in the unweighted style loss. */
  readonly factor: number;
}

/** Targets of all terms, in their order. */
export async function styleTargets(
  engine: Engine,
  net: GpuNet,
  settings: StyleTransferSettings,
  { styles, masks = [] }: Pick<StyleTransferInputs, 'styles' | 'masks'>,
  options: TargetOptions & { readonly onProgress?: (done: number, total: number) => void },
): Promise<StyleTarget[]> {
  const names = settings.styleLayers.map(({ layer }) => layer);
  const withMeans = settings.statistic === 'wasserstein';
  const perStyle: GramTarget[][] = [];
  for (const [index, style] of styles.entries()) {
    options.onProgress?.(index, styles.length);
    throwIfAborted(options.signal);
    const { tileSize } = options;
    const recording = { ...options, withMeans, scope: `style-${String(index + 1)}/` };
    const isTiled = tileSize !== undefined && Math.max(style.height, style.width) > tileSize;
    perStyle.push(isTiled ? await gramsInTiles(engine, net, style, names, { ...recording, tileSize }) : await gramsOf(engine, net, style, names, recording));
  }
  const blended = blendGrams(perStyle, settings.styleBlend);
  const targets: StyleTarget[] = [];
  for (const term of styleTerms(settings)) {
    const own = term.region === undefined ? blended : perStyle[term.region];
    const gram = own?.find(({ layer }) => layer === term.layer);
    if (gram === undefined) continue;
    const mask = term.region === undefined ? undefined : masks[term.region];
    const guide = mask === undefined ? undefined : guideFactors(mask, net.layers, term.layer, settings);
    const share = guide === undefined ? 1 : guide.area * blendShare(settings, styles.length, term.region ?? 0);
    const factor = term.weight * share * normaliser(settings, gram);
    const root = withMeans ? await covarianceRoot(engine, gram) : undefined;
    targets.push({ term, gram, matrix: root?.matrix ?? Float32Array.from(gram.values), moments: root?.moments, guide, factor });
  }
  return targets;
}

/** Gram matrices of a style that is larger than a tile. */
async function gramsInTiles(
  engine: Engine,
  net: GpuNet,
  style: Picture,
  names: readonly string[],
  options: TargetOptions & { readonly tileSize: number },
): Promise<GramTarget[]> {
  const { planTiles, tiledGrams } = await import('./tiling/index.js');
  return tiledGrams(engine, net, style, names, planTiles(style, net.layers, options.tileSize), options);
}

/** How much a region's style counts: 1 where all count alike. */
function blendShare({ styleBlend }: StyleTransferSettings, count: number, index: number): number {
  const total = styleBlend.reduce((sum, weight) => sum + weight, 0);
  return styleBlend.length === 0 ? 1 : ((styleBlend[index] ?? 0) * count) / total;
}

/** 1, or 1 over the loss of an image whose features are all 0. */
function normaliser({ styleNormalize, statistic }: StyleTransferSettings, { values, channels }: GramTarget): number {
  if (styleNormalize === 'none') return 1;
  const size =
    statistic === 'wasserstein'
      ? Array.from({ length: channels }, (_, i) => values[i * (channels + 1)] ?? 0).reduce((sum, value) => sum + value, 0) / channels
      : values.reduce((sum, value) => sum + value * value, 0) / values.length;
  return size > 0 ? 1 / size : 1;
}

/** Root of a target's covariance, by the kernel that the step itself uses. */
async function covarianceRoot(
  engine: Engine,
  { layer, channels, values, mean = new Float64Array(channels) }: GramTarget,
): Promise<Pick<StyleTarget, 'matrix' | 'moments'>> {
  const covariance = values.map((value, i) => value - (mean[Math.floor(i / channels)] ?? 0) * (mean[i % channels] ?? 0));
  const trace = Array.from({ length: channels }, (_, i) => covariance[i * (channels + 1)] ?? 0).reduce((sum, value) => sum + value, 0);
  // A layer that answers nothing at all still needs a root.
  const ridge = Math.max((RIDGE * trace) / channels, 1e-12);
  const builder = new ProgramBuilder(engine, {});
  const square = [channels, channels];
  const [matrix, root, inverseRoot] = ['matrix', 'root', 'inverseRoot'].map((name) => builder.persistent(`${layer}.${name}`, square, { category: 'targets' }));
  if (matrix === undefined || root === undefined || inverseRoot === undefined) throw new TypeError('three tensors were made');
  builder.call(`${layer}.targetRoot`, matrixSquareRoot, { size: channels }, { matrix, root, inverseRoot });
  const program = await builder.build();
  try {
    engine.write(
      program.bufferOf(matrix),
      Float32Array.from(covariance, (value, i) => value + (i % (channels + 1) === 0 ? ridge : 0)),
    );
    program.run();
    return {
      matrix: await engine.readFloats(program.bufferOf(root), channels * channels),
      moments: { mean: Float32Array.from(mean), trace: trace + channels * ridge, ridge },
    };
  } finally {
    program.destroy();
  }
}

/** Writes what the terms read and no kernel writes, all but the weights. */
export function writeStyleTargets(
  engine: Engine,
  bufferOf: (tensor: StyleTermTensors['weight']) => GPUBuffer,
  tensors: ReadonlyMap<string, StyleTermTensors>,
  targets: readonly StyleTarget[],
): void {
  for (const { term, moments, guide } of targets) {
    const own = tensors.get(term.id);
    if (own?.moments !== undefined && moments !== undefined) {
      engine.write(bufferOf(own.moments.mean), moments.mean);
      engine.write(bufferOf(own.moments.trace), Float32Array.of(moments.trace));
      engine.write(bufferOf(own.moments.ridge), Float32Array.of(moments.ridge));
    }
    if (own?.guide !== undefined && guide !== undefined) {
      engine.write(bufferOf(own.guide.loss), guide.loss);
      engine.write(bufferOf(own.guide.gradient), guide.gradient);
    }
  }
}

/**
 * The recorded step, tile by tile: every tile forward for the statistics, their comparison, every tile forward and back for the gradient,
 * and the update of the whole picture. See docs/adr/0012-exact-tiling.md.
 */
import { recordWithin } from '../../engine/budget.js';
import { elementCount } from '../../engine/contract.js';
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import { ProgramBuilder, type TensorHandle } from '../../engine/program.js';
import { add, addRectangle, contentLoss, fill, meanDifference, scaleBy, squaredMean, takeRectangle, tileTotalVariation } from '../../kernels/run.js';
import { DEFAULT_HISTORY, type StyleTransferSettings } from '../settings.js';
import { frameStep, type StepOptions, type StepPlan, type StepProgram, type StepTensors, type TileTensors } from '../step-program.js';
import { styleTerms, type StyleTermTensors } from '../style-terms.js';
import type { StepNet } from '../vgg-net.js';
import { recordBackward, recordForward, type LayerWeights, type MapSize } from '../vgg-step.js';
import { addToSum, takePiece, tapPieces, tileSum, type TapPiece, type TileSum } from './tiled-pieces.js';
import { recordComparison, recordTermGradient, recordTermStatistics, tiledTerm } from './tiled-terms.js';
import type { TilePlan } from './windows.js';

/** Section that compares the statistics, and the one that ends an evaluation. */
export const COMPARE = 'compare';
export const FINISH = 'finish';

/** Sections of a tile of some shape. */
export const statisticsSection = (shape: number): string => `statistics/${String(shape)}`;
export const gradientSection = (shape: number): string => `gradient/${String(shape)}`;

/** Buffers of the Gram targets by term; undefined is planned as the step's own. */
type Grams = ReadonlyMap<string, GPUBuffer | undefined>;

interface RecordedTiles {
  readonly builder: ProgramBuilder;
  readonly tensors: StepTensors;
  readonly tiles: TileTensors;
}

/** Builds the step. Throws `out-of-memory` when it cannot keep to its budget. */
export async function buildTiledStep(
  engine: Engine,
  net: StepNet,
  settings: StyleTransferSettings,
  plan: TilePlan,
  grams: Grams,
  options: StepOptions & { onProgress?: (done: number, total: number) => void } = {},
): Promise<StepProgram> {
  const { recorded, givenUp } = recordWithin(engine, options, (recording) => recordTiles(new ProgramBuilder(engine, recording), net, settings, plan, grams));
  return { program: await recorded.builder.build(options.onProgress), tensors: recorded.tensors, givenUp, tiles: recorded.tiles };
}

/** The memory that a tiled step will need, before anything is allocated. */
export function planTiledStep(engine: Engine, net: StepNet, settings: StyleTransferSettings, plan: TilePlan, options: StepOptions = {}): StepPlan {
  const grams = new Map(styleTerms(settings).map(({ id }) => [id, undefined]));
  const { recorded, memory, givenUp } = recordWithin(engine, options, (recording) =>
    recordTiles(new ProgramBuilder(engine, recording), net, settings, plan, grams),
  );
  return { ...memory, calls: recorded.builder.calls, givenUp };
}

function requireParts(builder: ProgramBuilder, settings: StyleTransferSettings, image: TensorHandle): void {
  const pieces = builder.parts(image).length;
  const history = settings.optimizer === 'lbfgs' ? (settings.history ?? DEFAULT_HISTORY) : 1;
  if (settings.optimizer === 'lbfgs' && builder.parts({ ...image, sizeBytes: image.sizeBytes * history }).length > 1) {
    throw new GramaryeError('unsupported', `L-BFGS binds ${String(history)} pictures of this size at once, which is more than this device allows.`, {
      remedy: 'Use Adam, a shorter history or a smaller size.',
    });
  }
  if (pieces > 1 && (settings.averageDecay ?? 0) > 0) {
    throw new GramaryeError('unsupported', 'The average of iterates binds a whole picture, which at this size is more than this device allows.', {
      remedy: 'Leave out the average, or choose a smaller size.',
    });
  }
  if (pieces > 1 && settings.colours === 'luminance') {
    throw new GramaryeError('unsupported', 'Colours by luminance bind a whole picture, which at this size is more than this device allows.', {
      remedy: 'Choose colours by covariance or histogram, or a smaller size.',
    });
  }
}

/** Records the whole of it. */
function recordTiles(builder: ProgramBuilder, given: StepNet, settings: StyleTransferSettings, plan: TilePlan, grams: Grams): RecordedTiles {
  const { height, width, precision = 'f32', pooling, statistic, contentLayers } = settings;
  const net = { layers: given.layers, preprocess: given.preprocess, precision };
  const pieces = tapPieces(net, plan);
  const pieceOf = (layer: string): TapPiece => {
    const piece = pieces.get(layer);
    if (piece === undefined) throw new GramaryeError('internal', `The net has no layer ${layer}.`);
    return piece;
  };
  const gradient = builder.persistent('imageGradient', [height, width, 3], { category: 'activations' });
  const recorded = new Map<string, StyleTermTensors>();
  const shares = new Map([...pieces].map(([layer, { share }]) => [layer, share]));
  const frame = frameStep(builder, settings, gradient, recorded, shares);
  requireParts(builder, settings, frame.tensors.image);
  const { tensors } = frame;
  const { half } = tensors;
  const rectangle = (name: string): TensorHandle => builder.persistent(name, [4], { category: 'image', dtype: 'u32' });
  const [window, owned] = [rectangle('window'), rectangle('owned')];
  const weights = new Map<string, LayerWeights>();
  const terms = frame.terms.filter(({ id }) => grams.has(id)).map((term) => tiledTerm(builder, term, statistic, pieceOf(term.layer), grams.get(term.id)));
  for (const { term, tensors: own } of terms) recorded.set(term.id, own);
  const contents = new Map(
    contentLayers.map((layer) => {
      const { height: rows, width: columns, channels } = pieceOf(layer);
      const target = builder.persistent(`${layer}.contentTarget`, [rows, columns, channels], { category: 'targets', dtype: precision });
      return [layer, { target, loss: tileSum(builder, `${layer}.content`, [1]), mean: builder.persistent(`${layer}.mean`, [1], { category: 'activations' }) }];
    }),
  );
  const tv = tileSum(builder, 'tv', [1]);
  const takeWindow = (size: MapSize): TensorHandle => {
    const piece = builder.transient('tile', [size.height, size.width, 3]);
    const rest = { height, width, channels: 3, pieceHeight: size.height, pieceWidth: size.width, shift: 0 };
    builder.parts(tensors.image).forEach(({ tensor, first, count }, index) => {
      builder.call(`tile.${String(index)}`, takeRectangle, { ...rest, first, count }, { map: tensor, rectangle: window, piece });
    });
    return piece;
  };
  const gathersContent = settings.contentLoss === 'squared-mean';
  const statisticLayers = [...terms.map(({ term }) => term.layer), ...(gathersContent ? contentLayers : [])];
  const depth = 1 + Math.max(-1, ...statisticLayers.map((layer) => net.layers.findIndex(({ name }) => name === layer)));

  plan.shapes.forEach((size, shape) => {
    if (depth === 0) return;
    builder.section(statisticsSection(shape));
    builder.within(`statistics/${String(shape)}/`);
    builder.watchHalf(half?.forward);
    const forward = recordForward(builder, { ...net, layers: net.layers.slice(0, depth) }, takeWindow(size), { size, pooling, weights });
    for (const { layer, size: mapSize, output } of forward.layers) {
      if (output === undefined || !statisticLayers.includes(layer.name)) continue;
      const piece = pieceOf(layer.name);
      const taken = takePiece(builder, layer.name, output, mapSize, piece, owned);
      for (const term of terms) if (term.term.layer === layer.name) recordTermStatistics(builder, term, taken);
      const content = contents.get(layer.name);
      if (content === undefined || !gathersContent) continue;
      const mean = builder.transient(`${layer.name}.meanDifference`, [1]);
      builder.call(`${layer.name}.content`, meanDifference, { count: elementCount(taken.shape) }, { features: taken, target: content.target, mean });
      addToSum(builder, `${layer.name}.content`, mean, content.loss, piece.share);
    }
    builder.watchHalf(undefined);
  });

  builder.within('');
  builder.section(COMPARE);
  terms.forEach((term, index) => {
    recordComparison(builder, term, frame.styleLoss(index));
  });
  const settle = (name: string, { sum, compensation }: TileSum, output: TensorHandle): void => {
    builder.call(name, add, { count: 1 }, { left: sum, right: compensation, output });
  };
  if (gathersContent) for (const [layer, { loss, mean }] of contents) settle(`${layer}.contentMean`, loss, mean);

  plan.shapes.forEach((size, shape) => {
    builder.section(gradientSection(shape));
    builder.within(`gradient/${String(shape)}/`);
    const tile = takeWindow(size);
    const tileGradient = builder.transient('tileGradient', [size.height, size.width, 3]);
    builder.watchHalf(half?.forward);
    const taps = new Set([...terms.map(({ term }) => term.layer), ...contentLayers]);
    const forward = recordForward(builder, net, tile, { size, pooling, taps, weights });
    builder.watchHalf(half?.backward);
    recordBackward(
      builder,
      forward,
      (layer, features, running) => {
        if (!taps.has(layer)) return;
        const piece = pieceOf(layer);
        const mapSize = forward.layers.find((candidate) => candidate.layer.name === layer)?.size ?? size;
        const taken = takePiece(builder, layer, features, mapSize, piece, owned);
        const own = builder.transient(`${layer}.ownGradient`, taken.shape, { dtype: taken.dtype });
        builder.call(`${layer}.ownGradient`, fill, { count: elementCount(own.shape), value: 0 }, { output: own });
        for (const term of terms) if (term.term.layer === layer) recordTermGradient(builder, term, taken, own);
        const content = contents.get(layer);
        const weight = tensors.contentWeights.get(layer);
        if (content !== undefined && weight !== undefined) {
          const count = elementCount(taken.shape);
          if (gathersContent) {
            const loss = frame.contentLoss(contentLayers.indexOf(layer));
            builder.call(`${layer}.content`, squaredMean, { count }, { mean: content.mean, weight, gradient: own, loss });
          } else {
            const loss = builder.transient(`${layer}.tileLoss`, [1]);
            const { target } = content;
            builder.call(`${layer}.content`, contentLoss, { count, mode: 'mse' }, { features: taken, target, weight, gradient: own, loss });
            addToSum(builder, `${layer}.content`, loss, content.loss, piece.share);
          }
        }
        const { channels, height: pieceHeight, width: pieceWidth, shift } = piece;
        const attributes = { ...mapSize, channels, first: 0, count: elementCount(running.shape), pieceHeight, pieceWidth, shift };
        builder.call(`${layer}.addGradient`, addRectangle, attributes, { piece: own, rectangle: owned, map: running });
      },
      tileGradient,
    );
    builder.watchHalf(undefined);
    if (half !== undefined) builder.call('unscale', scaleBy, { count: elementCount(tileGradient.shape) }, { factor: half.unscale, values: tileGradient });
    const total = builder.transient('tileTotal', [1]);
    builder.call(
      'totalVariation',
      tileTotalVariation,
      { ...size, channels: 3, countX: height * (width - 1) * 3, countY: (height - 1) * width * 3 },
      { image: tile, rectangle: owned, weight: tensors.tvWeight, gradient: tileGradient, total },
    );
    addToSum(builder, 'totalVariation', total, tv, 1);
    const rest = { height, width, channels: 3, pieceHeight: size.height, pieceWidth: size.width, shift: 0 };
    builder.parts(gradient).forEach(({ tensor, first, count }, index) => {
      builder.call(`gradient.${String(index)}`, addRectangle, { ...rest, first, count }, { piece: tileGradient, rectangle: window, map: tensor });
    });
  });

  builder.within('');
  builder.section(FINISH);
  settle('totalVariation', tv, frame.tv);
  if (!gathersContent)
    contentLayers.forEach((layer, index) => {
      const content = contents.get(layer);
      if (content !== undefined) settle(`${layer}.content`, content.loss, frame.contentLoss(index));
    });
  frame.finish();
  const gathered = [
    tv,
    ...[...contents.values()].map(({ loss }) => loss),
    ...terms.flatMap(({ second, sums }) => (sums === undefined ? [second] : [second, sums])),
  ];
  const guides = new Map(terms.flatMap(({ term, guide }) => (guide === undefined ? [] : [[term.id, guide] as const])));
  const sums = [gradient, ...gathered.flatMap(({ sum, compensation }) => [sum, compensation]), ...(half === undefined ? [] : [half.forward, half.backward])];
  const tiles = { plan, window, owned, contents: new Map([...contents].map(([layer, { target }]) => [layer, target])), guides, sums };
  return { builder, tensors, tiles };
}

/** What holds a frame to the result before it: a term beside the losses of the net. */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError } from '../../engine/errors.js';
import type { ProgramBuilder, TensorHandle } from '../../engine/program.js';
import { addToTotal, temporalLoss } from '../../kernels/run.js';
import type { Picture } from '../picture.js';
import type { StyleTransferSettings } from '../settings.js';
import { steadinessOf } from './steadiness.js';

/** The frame before: its result, and what it was made from. */
export interface PreviousFrame {
  readonly result: Picture;
  /** Its content; without it every place is held alike. */
  readonly content?: Picture;
}

/** Tensors of the term that are written before the first step. */
export interface TemporalTensors {
  readonly previous: TensorHandle;
  readonly steadiness: TensorHandle;
  readonly weight: TensorHandle;
}

/** What the term reads and adds to. */
export interface TemporalInputs {
  readonly image: TensorHandle;
  readonly gradient: TensorHandle;
  readonly step: TensorHandle;
  readonly ring: TensorHandle;
  readonly capacity: number;
}

/** A term to record. */
export interface TemporalTerm {
  readonly tensors: TemporalTensors;
  /** Records its gradient, added to the complete one of the other losses. */
  readonly addGradient: () => void;
  /** Records its part of the total, after the ring has the entry of the step. */
  readonly addLoss: () => void;
}

/** Allocates what the term keeps; undefined where the settings ask for none. */
export function makeTemporal(builder: ProgramBuilder, { temporalWeight = 0 }: StyleTransferSettings, inputs: TemporalInputs): TemporalTerm | undefined {
  if (temporalWeight === 0) return undefined;
  const { image, gradient, step, ring, capacity } = inputs;
  const tensor = (name: string, shape: readonly number[]): TensorHandle => builder.persistent(name, shape, { category: 'image' });
  const [previous, steadiness, weight] = [tensor('previous', image.shape), tensor('steadiness', image.shape), tensor('temporalWeight', [1])];
  const total = image.sizeBytes / 4;
  const [images, gradients, results, places] = [image, gradient, previous, steadiness].map((whole) => builder.parts(whole));
  const parts = (images ?? []).map((part, index) => {
    const [slope, before, steady] = [gradients, results, places].map((pieces) => pieces?.[index]?.tensor);
    if (slope === undefined || before === undefined || steady === undefined) throw new GramaryeError('internal', 'A picture has parts that another lacks.');
    const name = images?.length === 1 ? 'temporal' : `temporal.${String(index)}`;
    return { name, count: part.count, image: part.tensor, slope, before, steady, loss: tensor(`${name}.loss`, [1]) };
  });
  return {
    tensors: { previous, steadiness, weight },
    addGradient: () => {
      for (const { name, count, slope, before, steady, loss, ...part } of parts) {
        const tensors = { image: part.image, previous: before, steadiness: steady, weight, gradient: slope, loss };
        builder.call(name, temporalLoss, { count, total }, tensors);
      }
    },
    addLoss: () => {
      for (const { name, loss } of parts) builder.call(`${name}.total`, addToTotal, { capacity }, { loss, weight, step, ring });
    },
  };
}

/** Writes what the term reads. Throws `bad-option` where there is no frame before. */
export function writeTemporal(
  engine: Engine,
  bufferOf: (tensor: TensorHandle) => GPUBuffer,
  tensors: TemporalTensors | undefined,
  { temporalWeight = 0 }: StyleTransferSettings,
  { content, previous }: { readonly content?: Picture; readonly previous?: PreviousFrame },
): void {
  if (tensors === undefined) return;
  if (previous === undefined) {
    throw new GramaryeError('bad-option', 'There is a temporal weight, but no result of a frame before.', { remedy: 'Give one, or leave out the weight.' });
  }
  engine.write(bufferOf(tensors.previous), previous.result.data);
  engine.write(bufferOf(tensors.steadiness), steadinessOf(previous.result, content, previous.content));
  engine.write(bufferOf(tensors.weight), Float32Array.of(temporalWeight));
}

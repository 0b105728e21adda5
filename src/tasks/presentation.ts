/** What of a run is shown and handed out: the iterate itself, an average of iterates, or either with the colours of the content. */
import type { Engine } from '../engine/engine.js';
import type { ProgramBuilder, TensorHandle } from '../engine/program.js';
import { averagedImage, averageHyper, averageIterate, luminanceOnly } from '../kernels/run.js';
import type { StyleTransferSettings } from './settings.js';

/** Section of the program that makes the image to show. */
export const PRESENT = 'present';

/** Tensors of the presentation. */
export interface PresentationTensors {
  /** The image to show; the iterate itself where nothing is presented. */
  readonly shown: TensorHandle;
  /** What outlives a step, by name; zeros are a fresh start. */
  readonly state: ReadonlyMap<string, TensorHandle>;
  readonly hyper: TensorHandle | undefined;
  /** The picture whose colours are kept. */
  readonly colour: TensorHandle | undefined;
}

/** Names of an average in a state. */
export const AVERAGE = 'average';
export const AVERAGE_WEIGHT = 'averageWeight';

/** Allocates what is shown; `record` records the kernels of the section under way (the averaging) and of {@link PRESENT}. */
export function makePresentation(
  builder: ProgramBuilder,
  { averageDecay = 0, colours }: StyleTransferSettings,
  iterate: TensorHandle,
): { readonly tensors: PresentationTensors; readonly record: () => void } {
  const tensor = (name: string, shape: readonly number[] = iterate.shape): TensorHandle => builder.persistent(name, shape, { category: 'image' });
  const count = iterate.sizeBytes / 4;
  const averaging =
    averageDecay === 0
      ? undefined
      : { average: tensor(AVERAGE), weight: tensor(AVERAGE_WEIGHT, [1]), hyper: tensor('average.hyper', [2]), corrected: tensor('averaged') };
  const colouring = colours === 'luminance' ? { colour: tensor('colour'), result: tensor('coloured') } : undefined;
  const finished = averaging?.corrected ?? iterate;
  return {
    tensors: {
      shown: colouring?.result ?? finished,
      state: averaging === undefined ? new Map() : new Map([[AVERAGE, averaging.average] as const, [AVERAGE_WEIGHT, averaging.weight] as const]),
      hyper: averaging?.hyper,
      colour: colouring?.colour,
    },
    record: () => {
      if (averaging !== undefined) {
        const { average, weight, hyper } = averaging;
        builder.call('averageIterate', averageIterate, { count }, { image: iterate, hyper, average, weight });
      }
      builder.section(PRESENT);
      if (averaging !== undefined) {
        const { average, weight, corrected } = averaging;
        builder.call('averagedImage', averagedImage, { count }, { image: iterate, average, weight, corrected });
      }
      if (colouring !== undefined) builder.call('luminanceOnly', luminanceOnly, { pixels: count / 3 }, { image: finished, ...colouring });
    },
  };
}

/** Writes what the presentation reads and no kernel writes. */
export function writePresentation(
  engine: Engine,
  bufferOf: (tensor: TensorHandle) => GPUBuffer,
  { hyper, colour }: PresentationTensors,
  { averageDecay = 0 }: StyleTransferSettings,
  content: Float32Array<ArrayBuffer> | undefined,
): void {
  if (hyper !== undefined) engine.write(bufferOf(hyper), averageHyper(averageDecay));
  if (colour !== undefined && content !== undefined) engine.write(bufferOf(colour), content);
}

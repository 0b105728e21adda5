/**
 * A sequence of frames: every frame starts from the result before it and may be held to it (after Ruder, Dosovitskiy, Brox, "Artistic style
 * transfer for videos", GCPR 2016, without optical flow).
 */
import type { Engine } from '../../engine/engine.js';
import { GramaryeError, throwIfAborted } from '../../engine/errors.js';
import { createRun } from '../create-run.js';
import type { Picture } from '../picture.js';
import type { StyleTransferInputs } from '../run-start.js';
import type { CreateOptions, ImageRun, RunProgress, TraceEntry } from '../run-types.js';
import type { StyleTransferSettings } from '../settings.js';
import type { PreviousFrame } from './temporal-term.js';

/** A frame; it is read when its turn comes, and once more for the one after it. */
export interface Frame {
  readonly name: string;
  /** Its content at the size of the result. */
  read(): Promise<Picture>;
}

/** Where results are kept, by the number of their frame from 0 on. */
export interface FrameResults {
  /** A finished result as it was kept; undefined where there is none. */
  load(index: number): Promise<Picture | undefined>;
  /** Keeps a result whole or not at all. Gives it as `load` would: the frame after it must start from the same bits either way. */
  save(index: number, result: Picture): Promise<Picture>;
}

/** Progress of a sequence: that of the run of the frame under way. */
export interface SequenceProgress extends RunProgress {
  /** Frames finished, and in all. */
  readonly frame: number;
  readonly frames: number;
}

/** A finished frame. */
export interface FinishedFrame {
  readonly index: number;
  readonly name: string;
  /** Whether an earlier run had finished it. */
  readonly isKept: boolean;
  /** Of its result; undefined of kept ones. */
  readonly losses: TraceEntry | undefined;
}

/** How a sequence is made. */
export interface SequenceOptions extends Omit<CreateOptions, 'onProgress' | 'resume'> {
  /** Steps of every frame after the first, which starts from nothing; default: those of the settings. */
  readonly frameSteps?: number;
  readonly onProgress?: (progress: SequenceProgress) => void;
  /** Hears of every frame's run before its first step. */
  readonly onRun?: (index: number, run: ImageRun) => void;
  readonly onFrame?: (frame: FinishedFrame) => void;
}

/** Inputs that all frames share; `init` is of the first. */
export type SequenceInputs = Omit<StyleTransferInputs, 'content' | 'previous'>;

function requireSize({ name }: Frame, { height, width }: Picture, settings: StyleTransferSettings): void {
  if (height === settings.height && width === settings.width) return;
  throw new GramaryeError(
    'bad-picture',
    `Frame ${name} is ${String(width)} × ${String(height)} px; the first is ${String(settings.width)} × ${String(settings.height)} px.`,
    { remedy: 'Give frames of one shape, or a size of HEIGHTxWIDTH.' },
  );
}

/**
 * Takes every frame whose result is not kept yet through a run of its own. The first one starts as the settings say, every other one from the
 * result before it; with `temporalWeight` it is held to it where the content did not change. A sequence that was interrupted goes on at the
 * frame it was in, to the same results. Throws as {@link createRun} does, `bad-picture` naming a frame of another size, and `aborted`.
 */
export async function stylizeSequence(
  engine: Engine,
  settings: StyleTransferSettings,
  inputs: SequenceInputs,
  frames: readonly Frame[],
  results: FrameResults,
  options: SequenceOptions = {},
): Promise<void> {
  const { frameSteps = settings.steps, onProgress, onRun, onFrame, ...rest } = options;
  const { temporalWeight = 0 } = settings;
  let previous: PreviousFrame | undefined;
  for (const [index, frame] of frames.entries()) {
    throwIfAborted(options.signal);
    const kept = await results.load(index);
    if (kept !== undefined) {
      requireSize(frame, kept, settings);
      previous = { result: kept };
      onFrame?.({ index, name: frame.name, isKept: true, losses: undefined });
      continue;
    }
    const content = await frame.read();
    requireSize(frame, content, settings);
    const before = frames[index - 1];
    if (previous !== undefined && before !== undefined && previous.content === undefined && temporalWeight > 0) {
      previous = { ...previous, content: await before.read() };
    }
    const own: StyleTransferSettings = previous === undefined ? { ...settings, temporalWeight: 0 } : { ...settings, init: 'picture', steps: frameSteps };
    const { init, ...shared } = inputs;
    const pictures = previous === undefined ? { ...(init === undefined ? {} : { init }) } : { init: previous.result, previous };
    const tell = (progress: RunProgress): void => {
      onProgress?.({ ...progress, frame: index, frames: frames.length });
    };
    const run = await createRun(engine, own, { ...shared, ...pictures, content }, { ...rest, onProgress: tell });
    try {
      onRun?.(index, run);
      await run.run({ onProgress: tell, ...(options.signal === undefined ? {} : { signal: options.signal }) });
      const losses = (await run.completeTrace()).at(-1);
      previous = { result: await results.save(index, await run.image()), content };
      onFrame?.({ index, name: frame.name, isKept: false, losses });
    } finally {
      run.destroy();
    }
  }
}

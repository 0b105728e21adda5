/** What a run needs to go on after it was killed, as bytes. */
import { GramaryeError } from '../../engine/errors.js';
import { decodeArrays, encodeArrays } from '../checkpoints/array-file.js';
import type { TailValues } from './tail-state.js';

/** Figures of one epoch. Accuracies are shares; validation figures are missing without a split. */
export interface EpochFigures {
  /** Counted from 1. */
  readonly epoch: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  readonly seconds: number;
}

/** A run at the end of an epoch. */
export interface Checkpoint {
  /** Tells this run's settings, net and pictures from any other's. */
  readonly fingerprint: string;
  /** Optimiser steps taken. */
  readonly steps: number;
  readonly history: readonly EpochFigures[];
  readonly values: TailValues;
  /** The values of the best epoch, where they are kept. */
  readonly best: { readonly epoch: number; readonly values: TailValues } | undefined;
}

const MAGIC = 'gramarye-checkpoint-1';

interface Header {
  readonly magic: string;
  readonly fingerprint: string;
  readonly steps: number;
  readonly history: readonly EpochFigures[];
  readonly bestEpoch: number | null;
  readonly slots: number;
}

function arraysOf({ parameters, moving, slots }: TailValues): Float32Array<ArrayBuffer>[] {
  return [parameters, moving, ...slots];
}

/** The checkpoint as bytes. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const header: Header = {
    magic: MAGIC,
    fingerprint: checkpoint.fingerprint,
    steps: checkpoint.steps,
    history: checkpoint.history,
    bestEpoch: checkpoint.best?.epoch ?? null,
    slots: checkpoint.values.slots.length,
  };
  return encodeArrays(header, [...arraysOf(checkpoint.values), ...(checkpoint.best === undefined ? [] : arraysOf(checkpoint.best.values))]);
}

/** The reverse. Throws `bad-option` for bytes that are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Checkpoint {
  const damaged = (): GramaryeError => new GramaryeError('bad-option', 'The checkpoint is damaged.', { remedy: 'Remove it and start again.' });
  const file = decodeArrays<Header>(bytes);
  const { magic, fingerprint, steps, history, bestEpoch, slots: slotCount } = file?.header ?? {};
  const isWhole = magic === MAGIC && fingerprint !== undefined && steps !== undefined && history !== undefined;
  if (file === undefined || !isWhole || bestEpoch === undefined || slotCount === undefined) throw damaged();
  const arrays = [...file.arrays];
  const take = (): TailValues => {
    const [parameters, moving, ...slots] = arrays.splice(0, 2 + slotCount);
    if (parameters === undefined || moving === undefined || slots.length !== slotCount) throw damaged();
    return { parameters, moving, slots };
  };
  const values = take();
  const best = bestEpoch === null ? undefined : { epoch: bestEpoch, values: take() };
  return { fingerprint, steps, history, values, best };
}

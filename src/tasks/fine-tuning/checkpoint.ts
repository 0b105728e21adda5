/** What a run needs to go on after it was killed, as bytes. */
import { GramaryeError } from '../../engine/errors.js';
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

/** Where checkpoints are kept; a write must replace the old one whole or not at all. */
export interface CheckpointStore {
  save(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  load(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  remove(): Promise<void>;
}

const MAGIC = 'gramarye-checkpoint-1';

interface Header {
  readonly magic: string;
  readonly fingerprint: string;
  readonly steps: number;
  readonly history: readonly EpochFigures[];
  readonly bestEpoch: number | null;
  readonly lengths: readonly number[];
  readonly slots: number;
}

function arraysOf({ parameters, moving, slots }: TailValues): Float32Array<ArrayBuffer>[] {
  return [parameters, moving, ...slots];
}

/** Length of a JSON header, the header, then all numbers. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const arrays = [...arraysOf(checkpoint.values), ...(checkpoint.best === undefined ? [] : arraysOf(checkpoint.best.values))];
  const header: Header = {
    magic: MAGIC,
    fingerprint: checkpoint.fingerprint,
    steps: checkpoint.steps,
    history: checkpoint.history,
    bestEpoch: checkpoint.best?.epoch ?? null,
    lengths: arrays.map(({ length }) => length),
    slots: checkpoint.values.slots.length,
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + text.length + arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = 4 + text.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

/** The reverse. Throws `bad-option` for bytes that are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array<ArrayBuffer>): Checkpoint {
  const damaged = (): GramaryeError => new GramaryeError('bad-option', 'The checkpoint is damaged.', { remedy: 'Remove it and start again.' });
  const headerLength = bytes.byteLength < 4 ? Infinity : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (4 + headerLength > bytes.byteLength) throw damaged();
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength))) as Header;
  } catch {
    throw damaged();
  }
  if (header.magic !== MAGIC) throw damaged();
  const total = header.lengths.reduce((sum, length) => sum + length * 4, 4 + headerLength);
  if (total !== bytes.byteLength) throw damaged();
  let at = bytes.byteOffset + 4 + headerLength;
  const arrays = header.lengths.map((length) => {
    const array = new Float32Array(bytes.buffer.slice(at, at + length * 4));
    at += length * 4;
    return array;
  });
  const take = (): TailValues => {
    const [parameters, moving, ...slots] = arrays.splice(0, 2 + header.slots);
    if (parameters === undefined || moving === undefined) throw damaged();
    return { parameters, moving, slots };
  };
  const values = take();
  const best = header.bestEpoch === null ? undefined : { epoch: header.bestEpoch, values: take() };
  return { fingerprint: header.fingerprint, steps: header.steps, history: header.history, values, best };
}

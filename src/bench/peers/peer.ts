/** What a peer must be able to do to be timed beside the variants. */
import type { Attributes, Values } from '../../engine/contract.js';

/** One op of a peer with its inputs where it wants them. */
export interface PeerOp {
  /** Starts the op and forgets its last result. */
  run(): void | Promise<void>;
  /** Resolves when everything that was started is done. */
  finish(): Promise<void>;
  /** The last result in the order of our kernel's output. */
  output(): Promise<ArrayLike<number>>;
  destroy(): void;
}

/** A peer that has started. */
export interface Peer {
  /** Its version and what runs it, as tables name the case. */
  readonly title: string;
  /** The op of a kernel; undefined where it has none of its own. */
  prepare(kernel: string, attributes: Attributes, inputs: Values): Promise<PeerOp | undefined>;
}

/** A dimension or another number of a kernel's attributes. */
export function numberOf(attributes: Attributes, name: string): number {
  return Number(attributes[name]);
}

/** An input as f32. */
export function inputOf(inputs: Values, name: string): Float32Array<ArrayBuffer> {
  return Float32Array.from(inputs[name] ?? []);
}

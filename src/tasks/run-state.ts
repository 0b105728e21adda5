/** Reading and writing everything that a run's next step depends on. */
import type { Engine } from '../engine/engine.js';
import type { TensorHandle } from '../engine/program.js';
import { TRIAL } from './optimiser.js';
import type { RunSnapshot } from './run-types.js';
import type { StepProgram } from './step-program.js';

/** Image and state of a step program. */
export type RunState = Pick<RunSnapshot, 'image' | 'state'>;

function stateTensors({ tensors }: StepProgram): ReadonlyMap<string, TensorHandle> {
  return new Map([...tensors.optimiser.state, ...tensors.presentation.state]);
}

/** Copies of the iterate and of all that optimiser and presentation keep. */
export async function readState(engine: Engine, step: StepProgram): Promise<RunState> {
  const read = (tensor: TensorHandle): Promise<Float32Array<ArrayBuffer>> => engine.readFloats(step.program.bufferOf(tensor), tensor.sizeBytes / 4);
  const values = [...stateTensors(step)].map(async ([name, tensor]) => [name, await read(tensor)] as const);
  const [image, entries] = await Promise.all([read(step.tensors.optimiser.iterate), Promise.all(values)]);
  return { image, state: Object.fromEntries(entries) };
}

/** Writes the iterate and the state; what the state lacks starts afresh. */
export function writeState(engine: Engine, step: StepProgram, { image, state }: RunState): void {
  const write = (tensor: TensorHandle, values: Float32Array<ArrayBuffer>): void => {
    engine.write(step.program.bufferOf(tensor), values);
  };
  write(step.tensors.optimiser.iterate, image);
  for (const [name, tensor] of stateTensors(step)) {
    const given = state[name];
    if (given?.byteLength === tensor.sizeBytes) write(tensor, given);
    else write(tensor, name === TRIAL ? image : new Float32Array(tensor.sizeBytes / 4));
  }
}

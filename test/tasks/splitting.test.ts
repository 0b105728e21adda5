/** Work for slow devices goes in pieces: the same numbers, in more command buffers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { ProgramBuilder } from '../../src/engine/program.js';
import { add } from '../../src/kernels/index.js';
import { nodeEngine } from '../support/node-gpu.js';
import { submitsOf } from '../support/submits.js';

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

it('a program is divided between its passes and computes the same', async () => {
  const count = 64;
  const builder = new ProgramBuilder(engine);
  const term = builder.persistent('term', [count], { category: 'image' });
  const total = builder.persistent('total', [count], { category: 'image' });
  const other = builder.persistent('other', [count], { category: 'image' });
  for (let call = 0; call < 6; call++) {
    builder.call(`add ${String(call)}`, add, { count }, { left: call % 2 === 0 ? total : other, right: term, output: call % 2 === 0 ? other : total });
  }
  const program = await builder.build();
  const flops = add.cost({ count }).flops;
  expect(program.flops()).toBe(6 * flops);
  engine.write(program.bufferOf(term), new Float32Array(count).fill(1));
  const values = async (): Promise<number[]> => [...new Set(await engine.readFloats(program.bufferOf(total)))];
  for (const [maxFlopsPerSubmit, repeats, submits] of [
    [Infinity, 1, 1],
    [Infinity, 3, 1],
    [2 * flops, 1, 3],
    [4 * flops, 1, 2],
    [0, 1, 6],
    [12 * flops, 4, 2],
  ] as const) {
    engine.write(program.bufferOf(total), new Float32Array(count));
    const seen = await submitsOf(engine, () => {
      program.run({ maxFlopsPerSubmit, repeats });
    });
    expect([maxFlopsPerSubmit, seen]).toEqual([maxFlopsPerSubmit, submits]);
    expect(await values()).toEqual([6 * repeats]);
  }
  program.destroy();
});

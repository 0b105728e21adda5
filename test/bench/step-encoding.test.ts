/** What a step costs the thread that submits it, at full width on Dawn's null backend, where no device competes for the processor. */
import { expect, it } from 'vitest';
import { nullEngine } from '../../bench/node-gpu.js';
import { measureEncoding } from '../../bench/step/encoding.js';
import { median } from '../../src/bench/statistics/median.js';

it('is at most 130 dispatches at 224², each with one bind group and at most one pipeline, in few milliseconds', async () => {
  const engine = await nullEngine();
  const { encoderCalls, encodeMs, wholeMs } = await measureEncoding(engine, { size: 224, encodings: 30, submissions: 10 });
  engine.destroy();
  const { setPipeline = 0, setBindGroup = 0, dispatchWorkgroups = 0, ...others } = encoderCalls;
  expect(others).toEqual({});
  expect(dispatchWorkgroups).toBeGreaterThan(30);
  expect(dispatchWorkgroups).toBeLessThanOrEqual(130);
  expect(setBindGroup).toBe(dispatchWorkgroups);
  expect(setPipeline).toBeLessThanOrEqual(dispatchWorkgroups);
  // Measured 0.4 ms; a machine under load takes a few times as long.
  expect(median(encodeMs)).toBeLessThan(4);
  expect(median(wholeMs)).toBeLessThan(4);
});

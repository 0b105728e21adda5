import { vi } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';

/** How many command buffers `act` submits. */
export async function submitsOf(engine: Engine, act: () => unknown): Promise<number> {
  const submit = vi.spyOn(engine.device.queue, 'submit');
  try {
    await act();
    return submit.mock.calls.length;
  } finally {
    submit.mockRestore();
  }
}

import type { VariantPins } from '../../engine/select.js';
import { localTuningStore, TuningMemory } from '../../engine/tuning-memory.js';
import type { AdapterIdentity } from '../../engine/variant-map.js';

/** The variants that this browser remembers for a device, by shape key: what a tuning found, and what was chosen by hand. */
export interface DevicePins {
  load(): Promise<VariantPins>;
  remember(pins: VariantPins): Promise<void>;
  /** Lets the engine choose again for a shape key. */
  forget(key: string): Promise<void>;
}

/** The pins of a device. */
export function devicePins(adapter: AdapterIdentity): DevicePins {
  const memory = new TuningMemory(localTuningStore(), adapter);
  return {
    load: () => memory.load(),
    remember: (pins) => memory.remember(pins),
    forget: async (key) => {
      const others = Object.entries(await memory.load()).filter(([name]) => name !== key);
      await memory.reset();
      await memory.remember(Object.fromEntries(others));
    },
  };
}

/** Pictures drawn by numbers, in classes that a net can tell apart. */
import { Philox } from '../../src/engine/random.js';
import type { Dataset, LabelledFile } from '../../src/tasks/datasets/dataset.js';
import type { Picture } from '../../src/tasks/picture.js';

/** A stripe pattern whose direction and colour depend on the class, with noise. */
export function drawnPicture(label: number, seed: number, side = 40): Picture {
  const random = new Philox(seed, 90 + label);
  const phase = 6 * random.nextUniform();
  const angle = (Math.PI * label) / 4;
  const data = new Float32Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const wave = 0.5 + 0.4 * Math.sin(phase + 0.7 * (x * Math.cos(angle) + y * Math.sin(angle)));
      for (let c = 0; c < 3; c++) data[(y * side + x) * 3 + c] = Math.min(1, wave * (c === label % 3 ? 1 : 0.4) + 0.1 * random.nextUniform());
    }
  }
  return { height: side, width: side, data };
}

/** A data set whose files hold `label,seed`, and the decoder for them; files that hold anything else cannot be decoded. */
export function drawnDataset(perClass: number, classes = 3): { dataset: Dataset; decode: (file: Blob, name: string) => Promise<Picture> } {
  const examples = Array.from({ length: perClass * classes }, (_, index): LabelledFile => {
    const label = index % classes;
    const text = `${String(label)},${String(index)}`;
    return {
      id: `picture${String(index)}`,
      label,
      file: { path: `${String(label)}/picture${String(index)}.png`, read: () => Promise.resolve(new Blob([text])) },
    };
  });
  return {
    dataset: { classes: Array.from({ length: classes }, (_, label) => `class ${String(label)}`), examples, notices: [] },
    decode: async (file, name) => {
      const [label = NaN, seed = NaN] = (await file.text()).split(',').map(Number);
      if (!Number.isInteger(label) || !Number.isInteger(seed)) throw new Error(`${name} cannot be decoded`);
      return drawnPicture(label, seed);
    },
  };
}

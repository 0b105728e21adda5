/**
 * The twin of a reference case: the same run in float64, but with those windows of maximum pooling decided the other way, at the first step,
 * that f32 cannot decide. `node bench/run-node.mjs tools/golden/twin.ts --data FOLDER --case NAME --near 4e-7 --out FILE.safetensors`. First it
 * shows that without flips it gives the reference's own gradient.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadVgg } from '../../src/models/load.js';
import { writeSafetensors } from '../../src/models/safetensors-write.js';
import { Float64Run } from '../../test/support/float64-run.js';
import { imageError, readGoldenCase, relativeL2 } from '../../test/support/golden.js';
import { fileSource } from '../../test/support/shared-data.js';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: '' },
      case: { type: 'string', default: 'vgg19-blocks1-3-nst' },
      near: { type: 'string', default: '4e-7' },
      out: { type: 'string' },
    },
  });
  const golden = await readGoldenCase(join(values.data, 'golden', values.case));
  const file = ['', 'vgg19-blocks1-3'].map((folder) => join(values.data, 'nets', folder, golden.config.net)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`The net ${golden.config.net} is not below ${values.data}/nets.`);
  const net = await loadVgg(await fileSource(file));
  const run = new Float64Run(golden, net);
  const ties = run.nearTies(Number(values.near));
  for (const { layer, window, margin } of ties) print(`${layer}, window ${String(window)}: margin ${margin.toExponential(2)} of the root mean square`);
  print(`gradient without flips: ${relativeL2(run.gradient(), golden.tensors.get('grad.total')?.values ?? []).toExponential(2)} from the reference's`);
  const gradient = run.gradient(ties);
  print(
    `gradient with ${String(ties.length)} flipped: ${relativeL2(gradient, golden.tensors.get('grad.total')?.values ?? []).toExponential(2)} from the reference's`,
  );
  run.update(gradient);
  const first = run.image;
  for (let step = 1; step < golden.config.steps; step++) run.update(run.gradient());
  const name = `image.step${String(golden.config.steps)}`;
  const { rms, shareBeyond } = imageError(run.image, golden.tensors.get(name)?.values ?? []);
  print(
    `image after ${String(golden.config.steps)} steps: root mean square ${rms.toExponential(2)}, ${(100 * shareBeyond).toFixed(2)}% beyond 2e-3 from the reference's`,
  );
  if (values.out !== undefined) {
    const { height, width } = golden.settings;
    const tensor = (data: Float64Array): { shape: number[]; dtype: 'F32'; values: Float32Array<ArrayBuffer> } => ({
      shape: [height, width, 3],
      dtype: 'F32',
      values: Float32Array.from(data),
    });
    writeFileSync(values.out, writeSafetensors({ 'grad.total': tensor(gradient), 'image.step1': tensor(first), [name]: tensor(run.image) }));
  }
  return 0;
}

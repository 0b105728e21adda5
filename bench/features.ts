/**
 * `node bench/run-node.mjs bench/features.ts curves|costs|pictures`: loss against time of the optimisers and scales, what each feature
 * costs beside the plain step, and the pictures of the guide. Writes below docs/ and bench/results/.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureCosts } from './features/costs.js';
import { curvesSvg } from './features/curves-svg.js';
import { measureCurves, timeTo } from './features/curves.js';
import { assetPicture, liteNet, projectPath } from './features/files.js';
import { makeMorePictures } from './features/more-pictures.js';
import { makePictures } from './features/pictures.js';
import { timedFeatures } from './features/list.js';
import { nodeEngine } from './node-gpu.js';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs what the arguments name. Gives the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      size: { type: 'string', default: '192' },
      steps: { type: 'string', default: '200' },
      only: { type: 'string' },
      preset: { type: 'string', default: 'default' },
      coarse: { type: 'string' },
    },
  });
  const [size, steps] = [Number(values.size), Number(values.steps)];
  const engine = await nodeEngine();
  const adapter = [engine.info.vendor, engine.info.architecture, engine.info.device, engine.info.description].filter((part) => part !== '').join(' ');
  const inputs = {
    net: await liteNet(),
    content: await assetPicture('photographs/astronaut.jpg', size),
    styles: [await assetPicture('styles/flow-field.jpg', size)],
  };
  await mkdir(projectPath('docs/images/features'), { recursive: true });
  const save = async (name: string, data: unknown): Promise<void> => {
    await writeFile(projectPath(`bench/results/${name}.json`), `${JSON.stringify({ adapter, size, ...(data as object) }, undefined, 1)}\n`);
  };
  switch (positionals[0] ?? '') {
    case 'curves': {
      const { preset } = values;
      const coarseSteps = Number(values.coarse ?? Math.ceil(steps / 10));
      const curves = await measureCurves(engine, inputs, { preset, steps, coarseSteps, every: Math.max(1, Math.round(steps / 40)) }, print);
      const plain = curves[0];
      const goal = plain?.points.at(-1)?.loss ?? NaN;
      for (const curve of curves) {
        const time = timeTo(curve, goal, 'processorMs');
        const whole = plain?.points.at(-1)?.processorMs ?? NaN;
        print(
          `${curve.name}: loss ${goal.toPrecision(4)} after ${time === undefined ? 'never' : `${(time / 1_000).toFixed(1)} s, ${(time / whole).toFixed(3)} of the time`}`,
        );
      }
      await save(`features-curves-${preset}`, { preset, steps, coarseSteps, goal, curves });
      await writeFile(
        projectPath(`docs/images/features/curves-${preset}.svg`),
        curvesSvg(`Preset ${preset} at ${String(size)} px, vgg-lite, ${adapter}`, curves),
      );
      return 0;
    }
    case 'costs': {
      const wanted = timedFeatures(size).filter(({ name }) => values.only?.split(',').some((part) => name.includes(part)) ?? true);
      const costs = await measureCosts(engine, wanted, inputs, { rounds: 7, steps: 4 });
      for (const { name, processorMs, ratio, memoryBytes } of costs) {
        print(`| ${name} | ${processorMs.toFixed(1)} | ${ratio.toFixed(3)} | ${(memoryBytes / 2 ** 20).toFixed(1)} |`);
      }
      await save(values.only === undefined ? 'features-costs' : `features-costs-${String(size)}`, { costs });
      return 0;
    }
    case 'pictures':
      await makePictures(engine, inputs.net, values.only, print);
      await makeMorePictures(engine, inputs.net, values.only, print);
      return 0;
    default:
      print('Give curves, costs or pictures.');
      return 2;
  }
}

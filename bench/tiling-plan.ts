/** What tiles of a picture take by their size, planned for the full VGG19: `node bench/run-node.mjs bench/tiling-plan.ts --size 4096`. */
import { parseArgs } from 'node:util';
import { layersUpTo, VGG19_WIDTHS } from '../src/models/vgg19.js';
import { presetByName } from '../src/tasks/presets.js';
import { planRun, workingBytes } from '../src/tasks/tiling/choose-tiles.js';
import { overlap } from '../src/tasks/tiling/windows.js';
import { nodeEngine } from './node-gpu.js';

/** The command. Returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { size: { type: 'string', default: '4096' } } });
  const size = Number(values.size);
  const engine = await nodeEngine();
  let inChannels = 3;
  const layers = layersUpTo(['block5_conv2']).map(({ name, pooledBefore }, index) => {
    const outChannels = VGG19_WIDTHS[index] ?? 0;
    const layer = { name, pooledBefore, inChannels, outChannels };
    inChannels = outChannels;
    return layer;
  });
  const settings = { ...presetByName('default').settings, height: size, width: size };
  for (const tile of ['auto', 'off', 256, 384, 512, 640, 768, 1_024] as const) {
    const { memory, tiles } = planRun(engine, { layers, preprocess: 'caffe' }, { ...settings, tile });
    const report = {
      tile: tiles?.tileSize ?? 'whole',
      asked: tile,
      tiles: tiles?.tiles.length ?? 1,
      overlap: tiles === undefined ? 1 : Number(overlap(tiles).toFixed(2)),
      workingMB: Math.round(workingBytes(memory) / 1e6),
      transformedMB: Math.round(memory.byCategory['transformed-weights'] / 1e6),
      imageMB: Math.round(memory.byCategory.image / 1e6),
      largestBindingMB: Math.round(memory.largestBindingBytes / 1e6),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
  engine.destroy();
  return 0;
}

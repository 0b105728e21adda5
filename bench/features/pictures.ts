/** The pictures of the guide, made from what comes with the project. */
import type { Engine } from '../../src/engine/engine.js';
import type { VggWeights } from '../../src/models/vgg19.js';
import { createRun } from '../../src/tasks/create-run.js';
import type { Picture } from '../../src/tasks/picture.js';
import { presetByName } from '../../src/tasks/presets.js';
import type { StyleTransferSettings } from '../../src/tasks/settings.js';
import { assetPicture, writeRow } from './files.js';

/** One row of pictures: content, styles and what is set in each. */
interface Row {
  readonly content: string;
  readonly styles: readonly string[];
  readonly size: number;
  readonly showsContent?: boolean;
  readonly masks?: readonly Picture[];
  readonly runs: readonly Partial<StyleTransferSettings>[];
}

const ROWS: Readonly<Record<string, Row>> = {
  optimisers: {
    content: 'photographs/astronaut.jpg',
    styles: ['styles/stained-glass.jpg'],
    size: 192,
    runs: [{ steps: 25 }, { steps: 25, optimizer: 'lbfgs' }],
  },
  starts: {
    content: 'photographs/chelsea.jpg',
    styles: ['styles/marbling.jpg'],
    size: 176,
    runs: [
      { steps: 60, init: 'content' },
      { steps: 60, init: 'noise' },
      { steps: 60, init: 'grey' },
      { steps: 60, init: 'style' },
    ],
  },
  'multi-scale': {
    content: 'photographs/black-canyon.jpg',
    styles: ['styles/woodcut.jpg'],
    size: 320,
    runs: [{ steps: 100 }, { steps: 100, scales: {}, averageDecay: 0.9 }],
  },
  colours: {
    content: 'photographs/coffee.jpg',
    styles: ['styles/marbling.jpg'],
    size: 192,
    showsContent: true,
    runs: [{ steps: 60 }, { steps: 60, colours: 'luminance' }, { steps: 60, colours: 'covariance' }, { steps: 60, colours: 'histogram' }],
  },
  average: {
    content: 'photographs/coffee.jpg',
    styles: ['styles/stained-glass.jpg'],
    size: 176,
    runs: [
      { steps: 40, learningRate: 0.1 },
      { steps: 40, learningRate: 0.1, averageDecay: 0.9 },
    ],
  },
  blend: {
    content: 'photographs/chelsea.jpg',
    styles: ['styles/flow-field.jpg', 'styles/woodcut.jpg'],
    size: 176,
    runs: [
      [1, 0],
      [2, 1],
      [1, 2],
      [0, 1],
    ].map((styleBlend) => ({ steps: 40, optimizer: 'lbfgs' as const, styleBlend })),
  },
  'style-scale': {
    content: 'photographs/nagasaki-boats.jpg',
    styles: ['styles/mosaic.jpg'],
    size: 192,
    runs: [0.5, 1, 2].map((scale) => ({ steps: 60, styleScales: [scale] })),
  },
  statistic: {
    content: 'photographs/march-pastoral.jpg',
    styles: ['styles/ink-wash.jpg'],
    size: 192,
    runs: [{ steps: 60 }, { steps: 60, statistic: 'wasserstein' }],
  },
  masks: {
    content: 'photographs/astronaut.jpg',
    styles: ['styles/stained-glass.jpg', 'styles/woodcut.jpg'],
    size: 192,
    masks: [ellipse(192, true), ellipse(192, false)],
    runs: [{ steps: 60 }],
  },
};

/** A soft ellipse around the middle, white inside or outside. */
function ellipse(side: number, isInside: boolean): Picture {
  const data = Float32Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [(Math.floor(i / 3) % side) / side - 0.45, Math.floor(i / 3 / side) / side - 0.5];
    const inside = Math.min(1, Math.max(0, 5 * (1.1 - Math.hypot(x / 0.3, y / 0.5))));
    return isInside ? inside : 1 - inside;
  });
  return { height: side, width: side, data };
}

/** Makes all rows, or only one. */
export async function makePictures(engine: Engine, net: VggWeights, only: string | undefined, print: (line: string) => void): Promise<void> {
  for (const [name, row] of Object.entries(ROWS)) {
    if (only !== undefined && !only.split(',').includes(name)) continue;
    const content = await assetPicture(row.content, row.size);
    const styles = await Promise.all(row.styles.map((style) => assetPicture(style, row.size)));
    const masks = row.masks === undefined ? {} : { masks: row.masks };
    const pictures: Picture[] = [...(row.showsContent === true ? [content] : []), ...(row.masks ?? []).slice(0, 1)];
    for (const settings of row.runs) {
      const { height, width } = content;
      const run = await createRun(engine, { ...presetByName('default').settings, height, width, ...settings }, { net, content, styles, ...masks });
      await run.run();
      pictures.push(await run.image());
      run.destroy();
    }
    print(await writeRow(name, pictures));
  }
}

/** The table of a net's layers, as Keras's `model.summary()` prints it. */
import type { VggLayerWeights } from './vgg19.js';

/** One row of a summary. */
export interface LayerRow {
  readonly name: string;
  /** Keras's class, e.g. `Conv2D`. */
  readonly kind: string;
  /** [batch, height, width, channels]; null where the size is free. */
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
}

/** A net's rows and its number of parameters. */
export interface NetDescription {
  readonly name: string;
  readonly rows: readonly LayerRow[];
  readonly totalParameters: number;
}

/**
 * The rows of a net of VGG19's shape for an input size (free without one): the input, the convolutions and the pooling
 * after every complete block, as Keras counts them.
 */
export function describeLayers(
  net: { readonly name: string; readonly layers: readonly Pick<VggLayerWeights, 'name' | 'block' | 'inChannels' | 'outChannels'>[] },
  size?: { readonly height: number; readonly width: number },
): NetDescription {
  let height = size?.height ?? null;
  let width = size?.width ?? null;
  const rows: LayerRow[] = [{ name: 'input_1', kind: 'InputLayer', outputShape: [null, height, width, 3], parameters: 0 }];
  for (const { name, block, inChannels, outChannels } of net.layers) {
    rows.push({ name, kind: 'Conv2D', outputShape: [null, height, width, outChannels], parameters: 9 * inChannels * outChannels + outChannels });
    const blockEnds = name === `block${String(block)}_conv${block < 3 ? '2' : '4'}`;
    if (!blockEnds) continue;
    height = height === null ? null : Math.floor(height / 2);
    width = width === null ? null : Math.floor(width / 2);
    rows.push({ name: `block${String(block)}_pool`, kind: 'MaxPooling2D', outputShape: [null, height, width, outChannels], parameters: 0 });
  }
  return { name: net.name, rows, totalParameters: rows.reduce((sum, { parameters }) => sum + parameters, 0) };
}

/** A description as text in columns, with the total below. */
export function formatDescription({ name, rows, totalParameters }: NetDescription): string {
  const cells = rows.map(
    (row) =>
      [`${row.name} (${row.kind})`, `(${row.outputShape.map((dimension) => dimension ?? 'None').join(', ')})`, row.parameters.toLocaleString('en-US')] as const,
  );
  const head = ['Layer (type)', 'Output shape', 'Param #'] as const;
  const widths = [0, 1, 2].map((column) => Math.max(...[head, ...cells].map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `${(row[0] ?? '').padEnd(widths[0] ?? 0)}  ${(row[1] ?? '').padEnd(widths[1] ?? 0)}  ${(row[2] ?? '').padStart(widths[2] ?? 0)}`;
  const rule = (mark: string): string => mark.repeat(widths.reduce((sum, value) => sum + value, 4));
  return [`Model: "${name}"`, rule('_'), line(head), rule('='), ...cells.map(line), rule('='), `Total params: ${totalParameters.toLocaleString('en-US')}`].join(
    '\n',
  );
}

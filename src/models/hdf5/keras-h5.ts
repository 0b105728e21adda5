/**
 * Keras's `.h5` files: weights, or a whole model with its weights in `model_weights`. A layer's group has the attribute
 * `weight_names`, whose entries are both the tensors' names and their paths below the group.
 */
import type { ByteSource, ReadOptions } from '../byte-source.js';
import type { FileTensor } from '../tensor.js';
import type { WeightFile } from '../named-tensors.js';
import { describeDataset, readDatasets, type Dataset } from './dataset.js';
import { readAttributes, readLinks, readMessages, rootAddress, type AttributeValue, type Links, type Message } from './objects.js';
import { PagedReader } from './pages.js';

/** Layers a file may have; the largest Keras models have some hundreds. */
const LAYER_LIMIT = 20_000;

interface Opened {
  readonly links: Links;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** An opened Keras file: its tree of names is read, its tensors are read on demand. */
export class KerasH5File implements WeightFile {
  private constructor(
    private readonly reader: PagedReader,
    private readonly datasets: ReadonlyMap<string, Dataset>,
  ) {}

  /**
   * Reads the names. Where a tensor's name does not begin with its layer's name (`Conv1/kernel:0`), the layer's is put
   * before it (`block1_conv1/block1_conv1_W_1:0`).
   *
   * @throws GramaryeError `bad-weights` naming the file, and the tensor where it is one tensor's fault.
   */
  static async open(source: ByteSource, options: ReadOptions = {}): Promise<KerasH5File> {
    const reader = new PagedReader(source, await source.size(options), options);
    let root = await openGroup(reader, await readMessages(reader, await rootAddress(reader)));
    const modelWeights = root.links.get('model_weights');
    if (modelWeights !== undefined) root = await openGroup(reader, await readMessages(reader, modelWeights));
    const layers = names(root.attributes, 'layer_names');
    if (layers === undefined) throw reader.fail('it has no layer_names, so that it is no weight file of Keras 1 or 2');
    if (layers.length > LAYER_LIMIT) throw reader.fail(`it claims ${String(layers.length)} layers`);
    const datasets = new Map<string, Dataset>();
    for (const layer of layers) {
      const address = root.links.get(layer);
      if (address === undefined) throw reader.fail(`the layer "${layer}" is named but not there`);
      const group = await openGroup(reader, await readMessages(reader, address));
      for (const weight of names(group.attributes, 'weight_names') ?? []) {
        const name = weight.startsWith(`${layer}/`) || weight.includes('/') ? weight : `${layer}/${weight}`;
        datasets.set(name, describeDataset(reader, name, await follow(reader, group.links, weight, layer)));
      }
    }
    checkOverlaps(reader, [...datasets.values()]);
    return new KerasH5File(reader, datasets);
  }

  get names(): readonly string[] {
    return [...this.datasets.keys()];
  }

  async readTensors(wanted: readonly string[], options: ReadOptions = {}): Promise<Map<string, FileTensor>> {
    const datasets = wanted.map((name) => {
      const dataset = this.datasets.get(name);
      if (dataset === undefined) throw this.reader.fail(`it has no tensor "${name}"`);
      return dataset;
    });
    return readDatasets(this.reader, datasets, options);
  }
}

async function openGroup(reader: PagedReader, messages: readonly Message[]): Promise<Opened> {
  return { links: await readLinks(reader, messages), attributes: await readAttributes(reader, messages) };
}

/** A list of names; Keras splits one that is too long for an attribute into `name0`, `name1`, … */
function names(attributes: ReadonlyMap<string, AttributeValue>, name: string): string[] | undefined {
  const whole = attributes.get(name);
  if (whole !== undefined) return whole.map(String);
  const parts: string[] = [];
  for (let index = 0; ; index++) {
    const part = attributes.get(`${name}${String(index)}`);
    if (part === undefined) return index === 0 ? undefined : parts;
    parts.push(...part.map(String));
  }
}

/** The header of the object at a path of links. */
async function follow(reader: PagedReader, links: Links, path: string, layer: string): Promise<Message[]> {
  let here = links;
  const steps = path.split('/').filter((step) => step !== '');
  for (const [index, step] of steps.entries()) {
    const address = here.get(step);
    if (address === undefined) break;
    const messages = await readMessages(reader, address);
    if (index === steps.length - 1) return messages;
    here = await readLinks(reader, messages);
  }
  throw reader.fail(`the tensor "${path}" of the layer "${layer}" is named but not there`);
}

/** Tensors that share bytes would let a small file claim any amount of memory. */
function checkOverlaps(reader: PagedReader, datasets: readonly Dataset[]): void {
  const trees = new Set<number>();
  const ranges: { name: string; start: number; end: number }[] = [];
  for (const { name, storage } of datasets) {
    if (storage.kind === 'range') ranges.push({ name, ...storage });
    if (storage.kind !== 'chunks') continue;
    if (trees.has(storage.tree)) throw reader.fail(`the tensor "${name}" shares its chunks with another`);
    trees.add(storage.tree);
  }
  ranges.sort((a, b) => a.start - b.start);
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1];
    if (next !== undefined && next.start < range.end) throw reader.fail(`the tensors "${range.name}" and "${next.name}" overlap`);
  }
}

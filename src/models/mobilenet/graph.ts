/** A MobileNetV2 found in a graph of operators, whose names say nothing: tflite and tfjs graph models come this way. */
import { GramaryeError } from '../../engine/errors.js';
import type { FileTensor } from '../tensor.js';
import { MOBILENET_WIDTHS, mobileNetUnits, type MobileNetUnit } from './description.js';
import { denseWeights, unitWeights, type DenseWeights, type MobileNetWeights, type UnitTensors } from './weights.js';

/** What an operator does, as far as it matters here. */
export type GraphNodeKind = 'conv' | 'depthwise' | 'dense' | 'bias' | 'batch-norm' | 'relu6' | 'add' | 'mean' | 'pass' | 'other';

/** One operator. */
export interface GraphNode {
  readonly kind: GraphNodeKind;
  /** For error messages. */
  readonly name: string;
  /** Names of values: first the activation, then constants in the order kernel, bias or gamma, beta, mean, variance. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly stride: number;
  /** The activation fused behind it; `other` is one that MobileNetV2 does not have. */
  readonly activation: 'none' | 'relu6' | 'other';
  /** Of a BatchNorm. */
  readonly epsilon?: number;
}

/** A graph with its constants: kernels in HWIO, depthwise [k, k, channels] (perhaps with a last axis of 1), dense [in, out]. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly input: string;
  /** The shape of a constant, without reading it; undefined where there is no such constant. */
  shapeOf(name: string, kind: GraphNodeKind): readonly number[] | undefined;
  /** The values of a constant. */
  constant(name: string, kind: GraphNodeKind): FileTensor;
  readonly inputScaling: { readonly scale: number; readonly offset: number };
}

/** A unit found in a graph: the names of its constants. */
interface FoundUnit {
  readonly unit: MobileNetUnit;
  readonly kernel: string;
  readonly bias: string | undefined;
  readonly norm: GraphNode | undefined;
}

/**
 * Walks the graph from its input along the units of MobileNetV2 as far as they go.
 *
 * @throws GramaryeError `bad-weights` naming the first layer that is not there or not as it should be.
 */
export function mobileNetFromGraph(graph: Graph): MobileNetWeights {
  const consumers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, [node]);
      else known.push(node);
    }
  }
  // Narrow nets begin alike: the width is the one whose units go furthest.
  const walks = MOBILENET_WIDTHS.map((width) => new Walk(graph, consumers, width));
  const walk = walks.reduce((best, candidate) => (candidate.found.length > best.found.length ? candidate : best));
  if (walk.found.length === 0)
    throw walk.failure ?? new GramaryeError('bad-weights', `${graph.name} lacks the layer Conv1.`, { remedy: 'Give a MobileNetV2.' });
  if (walk.failure !== undefined) throw walk.failure;
  const units = walk.found.map(({ unit, kernel, bias, norm }) =>
    unitWeights(graph.name, unit, {
      kernel: graph.constant(kernel, unit.kind),
      bias: bias === undefined ? undefined : graph.constant(bias, 'bias'),
      batchNorm: norm === undefined ? undefined : batchNormOf(graph, norm),
    }),
  );
  const complete = units.length === mobileNetUnits(walk.width).length;
  return { name: graph.name, width: walk.width, units, dense: complete ? walk.dense(units.at(-1)?.outChannels ?? 0) : undefined, input: graph.inputScaling };
}

function batchNormOf(graph: Graph, { inputs, epsilon }: GraphNode): NonNullable<UnitTensors['batchNorm']> {
  const [gamma, beta, mean, variance] = inputs.slice(1).map((name) => graph.constant(name, 'bias'));
  if (mean === undefined || variance === undefined)
    throw new GramaryeError('bad-weights', `${graph.name}: a BatchNorm lacks its moving mean or variance.`, { remedy: 'The file is damaged.' });
  return { gamma, beta, mean, variance, epsilon: epsilon ?? 1e-3 };
}

/** A walk along the units of one width, which reads no constants. */
class Walk {
  readonly found: FoundUnit[] = [];
  /** Why it stopped, where that was not simply the end of the net. */
  readonly failure: GramaryeError | undefined;
  #current: string;

  constructor(
    private readonly graph: Graph,
    private readonly consumers: ReadonlyMap<string, readonly GraphNode[]>,
    readonly width: number,
  ) {
    this.#current = graph.input;
    const outputs = new Map<string, string>();
    for (const unit of mobileNetUnits(width)) {
      const step = this.#unit(unit, outputs);
      if (step === undefined) break;
      if (step instanceof GramaryeError) {
        this.failure = step;
        break;
      }
      this.found.push(step.found);
      outputs.set(unit.name, step.output);
      this.#current = step.output;
    }
  }

  #unit(unit: MobileNetUnit, outputs: ReadonlyMap<string, string>): { readonly found: FoundUnit; readonly output: string } | GramaryeError | undefined {
    const wanted =
      unit.kind === 'depthwise' ? [unit.kernelSize, unit.kernelSize, unit.inChannels] : [unit.kernelSize, unit.kernelSize, unit.inChannels, unit.outChannels];
    const node = this.#find(this.#current, ({ kind, stride, inputs }) => {
      const shape = kind === unit.kind ? this.graph.shapeOf(inputs[1] ?? '', kind) : undefined;
      return shape !== undefined && stride === unit.stride && wanted.every((dimension, axis) => shape[axis] === dimension);
    });
    if (node === undefined) return undefined;
    let { output, activation } = node;
    let bias = node.inputs[2];
    let norm: GraphNode | undefined;
    for (let next = this.#sole(output); next !== undefined && activation === 'none'; next = this.#sole(output)) {
      if (next.kind === 'bias' && bias === undefined) bias = next.inputs[1];
      else if (next.kind === 'batch-norm' && norm === undefined) norm = next;
      else if (next.kind !== 'relu6') break;
      activation = next.kind === 'relu6' ? 'relu6' : next.activation;
      output = next.output;
    }
    const wantedActivation = unit.activationName === undefined ? 'none' : 'relu6';
    const fail = (problem: string): GramaryeError => new GramaryeError('bad-weights', `${this.graph.name}: ${problem}.`, { remedy: 'Give a MobileNetV2.' });
    if (activation !== wantedActivation) return fail(`${unit.name} (${node.name}) has the activation ${activation}; wanted ${wantedActivation}`);
    if (unit.residual !== undefined) {
      const before = outputs.get(unit.residual.from);
      const add = this.#find(output, ({ kind, inputs }) => kind === 'add' && before !== undefined && inputs.includes(before));
      if (add?.activation !== 'none') return fail(`the addition behind ${unit.name} is missing`);
      output = add.output;
    }
    return { found: { unit, kernel: node.inputs[1] ?? '', bias, norm }, output };
  }

  /** The classifier behind the global mean, or undefined for a backbone. */
  dense(features: number): DenseWeights | undefined {
    const mean = this.#find(this.#current, ({ kind }) => kind === 'mean');
    const node = mean === undefined ? undefined : this.#find(mean.output, ({ kind }) => kind === 'dense' || kind === 'conv');
    if (node === undefined) return undefined;
    const kernel = this.graph.constant(node.inputs[1] ?? '', node.kind);
    const after = this.#sole(node.output);
    const bias = node.inputs[2] ?? (after?.kind === 'bias' ? after.inputs[1] : undefined);
    return denseWeights(this.graph.name, features, kernel, bias === undefined ? undefined : this.graph.constant(bias, 'bias'));
  }

  /** The first node behind a value that fits, looking through nodes that change nothing. */
  #find(value: string, fits: (node: GraphNode) => boolean): GraphNode | undefined {
    const seen = new Set<string>();
    const pending = [value];
    for (let here = pending.shift(); here !== undefined; here = pending.shift()) {
      if (seen.has(here)) continue;
      seen.add(here);
      const nodes = (this.consumers.get(here) ?? []).filter((node) => node.inputs[0] === here || node.kind === 'add');
      const found = nodes.find(fits);
      if (found !== undefined) return found;
      pending.push(...nodes.filter(({ kind }) => kind === 'pass').map(({ output }) => output));
    }
    return undefined;
  }

  /** The only consumer of a value. */
  #sole(value: string): GraphNode | undefined {
    const nodes = this.consumers.get(value) ?? [];
    return nodes.length === 1 ? nodes[0] : undefined;
  }
}

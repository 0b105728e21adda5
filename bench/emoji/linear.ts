/** Softmax regression on fixed features: the baselines of the emoji benchmark, in float64 on the CPU. */
import { Philox } from '../../src/engine/random.js';

/** Rows of equal length with their classes. */
export interface LinearSet {
  readonly rows: readonly Float64Array[];
  readonly labels: readonly number[];
}

/** What a regression is trained with. */
export interface LinearOptions {
  readonly classes: number;
  readonly steps: number;
  readonly learningRate: number;
  /** Weight of half the squared norm of the weights. */
  readonly decay: number;
  readonly seed: number;
}

/** A trained regression on standardised rows. */
export interface LinearModel {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function standardiser(rows: readonly Float64Array[]): Pick<LinearModel, 'mean' | 'deviation'> {
  const length = rows[0]?.length ?? 0;
  const mean = new Float64Array(length);
  const deviation = new Float64Array(length);
  for (const row of rows) row.forEach((value, i) => (mean[i] = (mean[i] ?? 0) + value / rows.length));
  for (const row of rows) row.forEach((value, i) => (deviation[i] = (deviation[i] ?? 0) + (value - (mean[i] ?? 0)) ** 2 / rows.length));
  return { mean, deviation: deviation.map((variance) => Math.sqrt(variance) + 1e-6) };
}

function standardised(row: Float64Array, { mean, deviation }: Pick<LinearModel, 'mean' | 'deviation'>): Float64Array {
  return row.map((value, i) => (value - (mean[i] ?? 0)) / (deviation[i] ?? 1));
}

function probabilities(row: Float64Array, weights: Float64Array, bias: Float64Array): Float64Array {
  const logits = bias.slice();
  const classes = bias.length;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? 0;
    for (let c = 0; c < classes; c++) logits[c] = (logits[c] ?? 0) + value * (weights[i * classes + c] ?? 0);
  }
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}

/** Full-batch Adam on standardised rows. */
export function trainLinear({ rows, labels }: LinearSet, { classes, steps, learningRate, decay, seed }: LinearOptions): LinearModel {
  const scaling = standardiser(rows);
  const inputs = rows.map((row) => standardised(row, scaling));
  const features = inputs[0]?.length ?? 0;
  const random = new Philox(seed, 7);
  const limit = Math.sqrt(6 / (features + classes));
  const parameters = new Float64Array((features + 1) * classes);
  for (let i = 0; i < features * classes; i++) parameters[i] = limit * (2 * random.nextUniform() - 1);
  const first = new Float64Array(parameters.length);
  const second = new Float64Array(parameters.length);
  for (let step = 1; step <= steps; step++) {
    const weights = parameters.subarray(0, features * classes);
    const bias = parameters.subarray(features * classes);
    const gradient = new Float64Array(parameters.length);
    for (let i = 0; i < weights.length; i++) gradient[i] = decay * (weights[i] ?? 0);
    inputs.forEach((row, index) => {
      const errors = probabilities(row, weights, bias);
      const label = labels[index] ?? 0;
      errors[label] = (errors[label] ?? 0) - 1;
      for (let i = 0; i <= features; i++) {
        const value = (i === features ? 1 : (row[i] ?? 0)) / inputs.length;
        for (let c = 0; c < classes; c++) gradient[i * classes + c] = (gradient[i * classes + c] ?? 0) + value * (errors[c] ?? 0);
      }
    });
    const size = (learningRate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
    gradient.forEach((value, i) => {
      const m = 0.9 * (first[i] ?? 0) + 0.1 * value;
      const v = 0.999 * (second[i] ?? 0) + 0.001 * value * value;
      first[i] = m;
      second[i] = v;
      parameters[i] = (parameters[i] ?? 0) - (size * m) / (Math.sqrt(v) + 1e-8);
    });
  }
  return { ...scaling, weights: parameters.slice(0, features * classes), bias: parameters.slice(features * classes) };
}

/** Which rows the model names right. */
export function rightAnswers(model: LinearModel, { rows, labels }: LinearSet): boolean[] {
  return rows.map((row, index) => {
    const guess = probabilities(standardised(row, model), model.weights, model.bias);
    return guess.indexOf(Math.max(...guess)) === labels[index];
  });
}

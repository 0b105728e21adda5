import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.js';
import { ProgramBuilder } from '../../src/engine/program.js';
import { winogradBackward, winogradForward } from '../../src/kernels/conv3x3-bias-relu/variants/winograd.js';
import { conv3x3BiasRelu, conv3x3GateGradient, conv3x3InputGradient } from '../../src/kernels/index.js';
import { GEMM_KINDS, REGISTER_GEMM } from '../../src/kernels/winograd/gemm.js';
import { F2, F4 } from '../../src/kernels/winograd/method.js';
import { checkVariant } from '../support/kernel-check.js';
import { nodeEngine } from '../support/node-gpu.js';

let engine: Engine;
const seed = Date.now() % 2 ** 31;
const size = { height: 19, width: 14, inChannels: 8, outChannels: 16 };
/** A strip of one tile row. */
const ONE_ROW = 1;

beforeAll(async () => {
  engine = await nodeEngine();
});
afterAll(() => {
  engine.destroy();
});

describe.each([F2, F4])('winograd $id', (method) => {
  it.each(GEMM_KINDS)(`gives the same in many strips, products by $id (seed ${String(seed)})`, async (gemm) => {
    const forward = winogradForward(method, gemm, ONE_ROW);
    const backward = winogradBackward(method, gemm, ONE_ROW);
    const attributes = { ...size, relu: true };
    expect(forward.passes(attributes, engine.traits)).toHaveLength((gemm.parts === undefined ? 3 : 4) * Math.ceil(size.height / method.tile));
    const differences = [
      ...(await checkVariant(engine, { ...conv3x3BiasRelu, variants: [forward] }, forward.id, attributes, seed)),
      ...(await checkVariant(engine, { ...conv3x3InputGradient, variants: [backward] }, backward.id, size, seed)),
    ];
    expect(differences).toEqual([]);
  });

  it('keeps one transformed filter for the convolution and its gradient', () => {
    const builder = new ProgramBuilder(engine, {
      pins: { conv3x3BiasRelu: `winograd-${method.id}-register`, conv3x3InputGradient: `winograd-${method.id}-register` },
    });
    const tensor = (name: string, shape: readonly number[]) => builder.persistent(name, shape, { category: 'activations' });
    const { height, width, inChannels, outChannels } = size;
    const weights = tensor('weights', [3, 3, inChannels, outChannels]);
    const output = tensor('output', [height, width, outChannels]);
    builder.call(
      'forward',
      conv3x3BiasRelu,
      { ...size, relu: true },
      { input: tensor('input', [height, width, inChannels]), weights, bias: tensor('bias', [outChannels]), output },
    );
    const outputGradient = tensor('outputGradient', [height, width, outChannels]);
    builder.call('backward', conv3x3InputGradient, size, {
      outputGradient,
      output,
      weights,
      inputGradient: tensor('inputGradient', [height, width, inChannels]),
    });
    const { byCategory } = builder.planMemory();
    expect(byCategory['transformed-weights']).toBe(method.points * inChannels * outChannels * 4);
  });
});

describe('winograd f4 as GPUs get it', () => {
  it(`reads rows twice in its input transforms and gives the same (seed ${String(seed)})`, async () => {
    const gpu = new Engine(engine.device, engine.info, { traits: { isSoftware: false } });
    const id = 'winograd-f4-register';
    const passes = winogradForward(F4, REGISTER_GEMM).passes({ ...size, relu: true }, gpu.traits);
    expect(passes[0]?.constants).toMatchObject({ RELOAD: 1 });
    const differences = [
      ...(await checkVariant(gpu, conv3x3BiasRelu, id, { ...size, relu: true }, seed)),
      ...(await checkVariant(gpu, conv3x3GateGradient, id, { ...size, pooled: false }, seed)),
      ...(await checkVariant(gpu, conv3x3GateGradient, id, { ...size, pooled: true }, seed)),
    ];
    expect(differences).toEqual([]);
  });
});

/** The step benchmarks in a page: the commands call `measure(options)` and `encode(options)`. */
import { Engine } from '../../src/engine/engine.js';
import { measureEncoding, type EncodingOptions, type EncodingResult } from './encoding.js';
import { loadPeer, type PeerName } from './engines.js';
import { GramaryeContender } from './gramarye.js';
import { measureSteps, type StepBenchOptions, type StepBenchResults } from './measure.js';

/** What the page hands to the command. */
export interface StepBenchPage {
  measure(options: StepBenchOptions & { readonly peers: readonly PeerName[] }): Promise<StepBenchResults>;
  encode(options: EncodingOptions): Promise<{ adapter: string; result: EncodingResult }>;
  /** Set by the command: hears of progress. */
  report(line: string): void;
}

const page = globalThis as unknown as StepBenchPage;
page.measure = async ({ peers, ...options }) => {
  const engine = await Engine.create({ tfjs: false });
  const contenders = [];
  for (const name of peers) contenders.push(await loadPeer(name, '/node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
  return measureSteps(new GramaryeContender(engine), contenders, options, (line) => {
    page.report(line);
  });
};
page.encode = async (options) => {
  const engine = await Engine.create({ tfjs: false });
  const result = await measureEncoding(engine, options);
  const { vendor, architecture, device, description } = engine.info;
  engine.destroy();
  return { adapter: [vendor, architecture, device, description].filter((part) => part !== '').join(' '), result };
};

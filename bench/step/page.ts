/** The step benchmark in a page: `measure(options)` is called by the command. */
import { Engine } from '../../src/engine/engine.js';
import { loadPeer, type PeerName } from './engines.js';
import { GramaryeContender } from './gramarye.js';
import { measureSteps, type StepBenchOptions, type StepBenchResults } from './measure.js';

/** What the page hands to the command. */
export interface StepBenchPage {
  measure(options: StepBenchOptions & { readonly peers: readonly PeerName[] }): Promise<StepBenchResults>;
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

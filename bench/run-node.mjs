#!/usr/bin/env node
/**
 * Runs a TypeScript module of this project in Node with WebGPU: `node bench/run-node.mjs bench/conv-layers.ts --size 64`.
 * The module exports `main(args)`. Vulkan's environment must be set before a process starts, so a child does the work.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { configureVulkan } from '../scripts/vulkan.mjs';

const [, self = '', file = '', ...args] = process.argv;
if (process.env.GRAMARYE_RUN_NODE === undefined) {
  const env = configureVulkan({ ...process.env, GRAMARYE_RUN_NODE: '1' });
  const { status } = spawnSync(process.execPath, [self, file, ...args], { stdio: 'inherit', env });
  process.exit(status ?? 1);
}
// tfjs asks for Node's own modules by `require`.
globalThis.require = createRequire(import.meta.url);
const { createServer } = await import('vite');
const root = fileURLToPath(new URL('..', import.meta.url));
const server = await createServer({
  root,
  logLevel: 'error',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  appType: 'custom',
  optimizeDeps: { noDiscovery: true, include: [] },
  // The glue of the wasm backend is CommonJS: Node loads it. Both copies of tfjs-core keep their registers in one global object.
  ssr: { noExternal: [/@tensorflow\/(?!tfjs-backend-wasm)/] },
});
let status = 0;
try {
  const module = await server.ssrLoadModule(fileURLToPath(new URL(file, `file://${root}`)));
  status = (await module.main(args)) ?? 0;
} catch (error) {
  console.error(error instanceof Error && process.env.DEBUG ? error.stack : String(error));
  status = 1;
}
await server.close();
process.exit(status);

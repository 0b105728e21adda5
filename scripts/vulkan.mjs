/**
 * Finds a software Vulkan driver for Dawn in Node: the environment's own choice, else the SwiftShader that comes with
 * every Chrome and Chromium, together with its Vulkan loader, which a machine without a graphics stack lacks.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { findBrowser, thisMachine } from './browser.mjs';

/** Sets VK_DRIVER_FILES, LD_LIBRARY_PATH and XDG_RUNTIME_DIR for child processes. Does nothing where no driver is found. */
export function configureVulkan(env = process.env) {
  env.XDG_RUNTIME_DIR ??= tmpdir();
  if (process.platform !== 'linux') return env;
  const browser = findBrowser({ ...thisMachine(), env });
  const folders = ['/usr/lib/chromium', '/opt/google/chrome', ...(browser === undefined ? [] : [dirname(browser)])];
  const folder = folders.find((candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return env;
  env.VK_DRIVER_FILES ??= join(folder, 'vk_swiftshader_icd.json');
  env.VK_ICD_FILENAMES ??= env.VK_DRIVER_FILES;
  if (existsSync(join(folder, 'libvulkan.so.1')) && !(env.LD_LIBRARY_PATH ?? '').split(delimiter).includes(folder)) {
    env.LD_LIBRARY_PATH = [env.LD_LIBRARY_PATH, folder].filter(Boolean).join(delimiter);
  }
  return env;
}

/** What must be installed to ask Mesa's AMD compiler, and where it lies. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GramaryeError } from '../../engine/errors.js';

/** Where Vulkan looks for drivers. */
const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** The tools of this machine. */
export interface IsaTools {
  /** Mesa's driver for AMD GPUs. */
  readonly radvDriver: string;
  /** Mesa's driver for processors, for Dawn to turn WGSL into SPIR-V with; it has f16, which others may lack. */
  readonly hostDriver: string | undefined;
  readonly compiler: string;
  readonly assembler: string;
}

/** How a tool is looked for, so that a test can say what there is. */
export interface IsaMachine {
  readonly platform: string;
  readonly driverFolders: readonly string[];
  hasCommand(name: string): boolean;
}

/** This machine. */
export const thisIsaMachine: IsaMachine = {
  platform: process.platform,
  driverFolders: DRIVER_FOLDERS,
  hasCommand: (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
};

function findDriver(folders: readonly string[], prefix: string): string | undefined {
  for (const folder of folders) {
    const name = existsSync(folder) ? readdirSync(folder).find((file) => file.startsWith(prefix) && file.endsWith('.json')) : undefined;
    if (name !== undefined) return join(folder, name);
  }
  return undefined;
}

/** Finds everything. Throws `unsupported` naming what is missing and how to install it. */
export function findIsaTools(machine: IsaMachine = thisIsaMachine): IsaTools {
  if (machine.platform !== 'linux')
    throw new GramaryeError('unsupported', 'Mesa’s AMD compiler without an AMD GPU is there on Linux only.', { remedy: 'Run "gramarye bench isa" on Linux.' });
  const radvDriver = findDriver(machine.driverFolders, 'radeon_icd');
  const compiler = ['cc', 'gcc', 'clang'].find((name) => machine.hasCommand(name));
  const assembler = machine.hasCommand('spirv-as') ? 'spirv-as' : undefined;
  const missing = [
    ...(radvDriver === undefined ? [['Mesa’s Vulkan driver for AMD (radeon_icd.json)', 'mesa-vulkan-drivers']] : []),
    ...(assembler === undefined ? [['spirv-as', 'spirv-tools']] : []),
    ...(compiler === undefined ? [['a C compiler', 'gcc libvulkan-dev']] : []),
  ];
  if (radvDriver === undefined || compiler === undefined || assembler === undefined)
    throw new GramaryeError('unsupported', `Missing: ${missing.map(([what]) => what).join(', ')}.`, {
      remedy: `On Debian or Ubuntu: apt-get install ${missing.map(([, packages]) => packages).join(' ')}.`,
    });
  return { radvDriver, hostDriver: findDriver(machine.driverFolders, 'lvp_icd'), compiler, assembler };
}

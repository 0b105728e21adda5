/** Flags of `gramarye bench isa`. */
import { Option, type Command } from 'commander';
import { AMD_GPUS, DEFAULT_FAMILIES } from '../bench/isa/amd.js';
import { collect, parseNames } from './flags.js';

/** Flags of `bench isa`. */
export interface IsaFlags {
  readonly op?: string[];
  readonly shape: readonly string[];
  readonly variant?: string[];
  readonly filter?: string;
  readonly quick: boolean;
  readonly half: boolean;
  readonly gpu?: string[];
  readonly with?: string;
  readonly out: readonly string[];
}

/** Registers `isa` below `bench`. */
export function addIsaCommand(bench: Command, action: (flags: IsaFlags) => Promise<void>): void {
  bench
    .command('isa')
    .description('Registers, waves, spills and multiply-add share of the variants, by Mesa’s AMD compiler. Nothing runs and no GPU is needed. Linux.')
    .option('--op <names>', 'ops or kernels between commas, default all', parseNames)
    .addOption(new Option('--shape <shape>', 'repeatable: as of "gramarye bench"').argParser(collect).default([], 'a few'))
    .option('--variant <ids>', 'variants between commas, with *', parseNames)
    .option('--filter <text>', 'only cases whose op/shape/variant contains it')
    .option('--quick', 'few shapes', false)
    .option('--half', 'with all that may be stored in half precision stored so', false)
    .option('--gpu <families>', `between commas: ${AMD_GPUS.map(({ family }) => family).join(', ')}; default ${DEFAULT_FAMILIES.join(',')}`, parseNames)
    .option('--with <file>', 'measured results, .json, to put these beside')
    .addOption(new Option('--out <file>', 'repeatable: results as .json, .csv, .md or .html').argParser(collect).default([], 'none'))
    .action((flags: IsaFlags) => action(flags));
}

/** The commands and flags of `gramarye`. */
import { Command, Option } from 'commander';
import { VERSION } from '../engine/version.js';
import { PRESETS } from '../tasks/presets.js';
import { oneLine } from './exit.js';
import { addBenchCommands, type BenchActions } from './bench.js';
import { addClassifyCommands, type ClassifyActions } from './classify.js';
import { addFeatureFlags } from './feature-flags.js';
import { addFinetuneCommand, type FinetuneFlags } from './finetune-flags.js';
import { addDoctorCommand, type DoctorFlags } from './doctor.js';
import {
  collect,
  parseCount,
  parseNames,
  parseNumber,
  parseNumbers,
  parsePositive,
  parsePositiveNumber,
  parseSize,
  parseTileFlag,
  parseWeightedLayers,
} from './flags.js';
import { DEFAULT_RESULT, type StylizeFlags } from './stylize.js';
import { addTuningCommand } from './tuning.js';
import { addWeightsCommand, type WeightsSetting } from './weights.js';

/** What the commands do, so that parsing can be tested without doing it. */
export interface CommandActions extends ClassifyActions, BenchActions {
  stylize(task: 'style-transfer' | 'texture-synthesis', flags: StylizeFlags): Promise<void>;
  inspect(net: string): Promise<void>;
  doctor(flags: DoctorFlags): Promise<void>;
  finetune(flags: FinetuneFlags): Promise<void>;
}

const NET =
  'vgg-lite (comes with the package), random-vgg19[:SEED][/DIVISOR], a name of "gramarye weights list", a .safetensors or Keras .h5 file, or a tfjs model.json';
const PICTURE = 'PNG, JPEG, WebP, or FILE.safetensors[#tensor]';

/** Flags that both tasks have. */
function addTaskFlags(command: Command, task: 'style-transfer' | 'texture-synthesis'): Command {
  const presets = Object.entries(PRESETS).filter(([, preset]) => preset.task === task);
  return addFeatureFlags(command)
    .addOption(new Option('--style <file>', `style picture, repeatable: ${PICTURE}`).argParser(collect).default([], 'none'))
    .option('--style-blend <weights>', 'weight of each style picture, between commas', parseNumbers)
    .option('--net <net>', NET, 'vgg-lite')
    .addOption(new Option('--preprocess <kind>', 'how the net wants its input, where its file does not say').choices(['caffe', 'torch']))
    .addOption(new Option('--preset <name>', `settings that other flags change: ${presets.map(([name]) => name).join(', ')}`).default(presets[0]?.[0]))
    .option('--size <size>', 'of the result: a number (longer side in px), HEIGHTxWIDTH, or as-is', parseSize)
    .option('--style-size <size>', 'of the style pictures, likewise', parseSize)
    .option('--steps <count>', 'optimisation steps', parseCount)
    .option('--seed <number>', 'of the noise', parseCount)
    .option(
      '--init <start>',
      task === 'style-transfer'
        ? 'content, noise, grey, style, or a picture file such as an earlier result'
        : 'noise, grey, style, or a picture file such as an earlier result',
    )
    .option('--style-layers <layers>', 'NAME or NAME:WEIGHT between commas', parseWeightedLayers)
    .option('--style-weight <number>', 'factor of the style loss', parseNumber)
    .option('--tv-weight <number>', 'factor of the total variation', parseNumber)
    .addOption(new Option('--style-normalize <kind>', 'divide each style term by the mean square of its target').choices(['none', 'target']))
    .option('--learning-rate <number>', 'of Adam; of L-BFGS the size of the first step', parseNumber)
    .option('--beta1 <number>', 'of Adam', parseNumber)
    .option('--beta2 <number>', 'of Adam', parseNumber)
    .option('--epsilon <number>', 'of Adam', parseNumber)
    .addOption(new Option('--pooling <kind>', 'between the blocks').choices(['max', 'avg']))
    .addOption(
      new Option('--precision <kind>', 'what weights, gradients and kept feature maps are stored in; f16 takes about 60% of the memory').choices([
        'f32',
        'f16',
      ]),
    )
    .option('--gradient-scale <number>', 'of gradients in f16, a power of two; chosen by itself unless given', parseNumber)
    .addOption(
      new Option('--adapter <kind>', 'which GPU adapter: the best there is, or only one kind').choices(['auto', 'hardware', 'software']).default('auto'),
    )
    .option('--variants <file>', 'kernel variants to use: the trace of a run, or an exported map')
    .option(
      '--tune [seconds]',
      'measure kernel variants first, for at most so long (default: 10), and remember the fastest for this adapter',
      parsePositiveNumber,
    )
    .option('--memory-budget <MB>', 'of graphics memory for the steps; what is given up for it is said', parsePositive)
    .option('--tile <side>', 'compute the picture in tiles of that many px, with the same result; auto: where it is too large as a whole; off', parseTileFlag)
    .option('--out <file>', 'the result, a PNG', task === 'style-transfer' ? DEFAULT_RESULT : 'texture.png')
    .option('--raw <file>', 'also the float values: safetensors, tensor "image", F32 [H, W, 3]')
    .option('--trace <file>', 'also settings and losses of every step, as JSON');
}

/** Whether the net was named or is the usual one. */
function netOf(command: Command): Pick<StylizeFlags, 'isNetGiven'> {
  return { isNetGiven: command.getOptionValueSource('net') === 'cli' };
}

/** The command line, ready to parse. Errors are one line on standard error and a CommanderError. */
export function makeProgram(actions: CommandActions, weights: WeightsSetting = {}): Command {
  const program = new Command('gramarye');
  program
    .description('Style transfer, texture synthesis, classification and fine-tuning on WebGPU, in a headless browser.')
    .version(VERSION)
    .exitOverride()
    // With the same on "bench": flags after "bench compare" and "bench isa" are theirs, though "bench" has some of the same name.
    .enablePositionalOptions()
    .configureOutput({
      outputError: (text, write) => {
        write(`Error: ${oneLine(text.replace(/^error: /, ''))} Run "gramarye --help" or "gramarye COMMAND --help".\n`);
      },
    });
  const stylize = addTaskFlags(
    program
      .command('stylize')
      .description('Paint a photograph in the style of one or more pictures.')
      .addOption(new Option('--content <file>', `the photograph: ${PICTURE}`))
      .option('--frames <folder>', 'in its place: a folder of frames, each of which starts from the result before it; --out is a folder, too')
      .option('--frame-steps <count>', 'optimisation steps of every frame after the first', parseCount)
      .option('--temporal-weight <number>', 'how much a frame is held to the result before it, where it did not change', parseNumber),
    'style-transfer',
  );
  stylize
    .option('--content-layers <layers>', 'names between commas', parseNames)
    .option('--content-weight <number>', 'factor of the content loss', parseNumber)
    .addOption(new Option('--content-loss <kind>', 'mean of squares, or square of the mean').choices(['mse', 'squared-mean']))
    .addOption(new Option('--content-normalize <kind>', 'divide each content term by the mean square of its target').choices(['none', 'target']))
    .action((flags: StylizeFlags, command: Command) => actions.stylize('style-transfer', { ...flags, ...netOf(command) }));
  addTaskFlags(program.command('texture').description('Make a texture like one or more pictures.'), 'texture-synthesis').action(
    (flags: StylizeFlags, command: Command) => actions.stylize('texture-synthesis', { ...flags, ...netOf(command) }),
  );
  program
    .command('inspect')
    .description('Print the layers, shapes and parameters of a net.')
    .argument('<net>', NET)
    .action((net: string) => actions.inspect(net));
  addClassifyCommands(program, actions);
  addFinetuneCommand(program, (flags) => actions.finetune(flags));
  addDoctorCommand(program, (flags) => actions.doctor(flags));
  addBenchCommands(program, actions);
  addTuningCommand(program);
  addWeightsCommand(program, weights);
  return program;
}

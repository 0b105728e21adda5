/** Flags of style transfer and texture synthesis beyond the plain run, and the settings that they set. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  COLOUR_KINDS,
  STYLE_STATISTICS,
  type ColourKind,
  type OptimizerName,
  type ScaleSettings,
  type StyleStatistic,
  type StyleTransferSettings,
} from '../tasks/settings.js';
import { collect, parseCount, parseNames, parseNumber, parseNumbers, parsePositive, parseShare } from './flags.js';

/** The flags as commander gives them; what the user left out is undefined. */
export interface FeatureFlags {
  readonly optimizer?: OptimizerName;
  readonly history?: number;
  readonly multiScale?: true;
  readonly coarsest?: number;
  readonly scaleFactor?: number;
  readonly scaleSteps?: number[];
  readonly carryMoments?: true;
  readonly styleFixed?: true;
  readonly average?: number;
  readonly colours?: ColourKind;
  readonly statistic?: StyleStatistic;
  readonly styleScale?: number[];
  /** Paths of masks, one for each style. */
  readonly mask?: readonly string[];
  readonly seamless?: true;
  /** A folder of frames. */
  readonly frames?: string;
  readonly frameSteps?: number;
  readonly temporalWeight?: number;
  /** A result with its settings inside. */
  readonly settings?: string;
  /** Steps between checkpoints. */
  readonly checkpointEvery?: number;
  readonly resume?: true;
}

function parseCounts(text: string): number[] {
  const counts = parseNames(text).map(parseCount);
  if (counts.length === 0) throw new InvalidArgumentError('Give whole numbers between commas.');
  return counts;
}

/** Adds the flags to a command. */
export function addFeatureFlags(command: Command): Command {
  return command
    .addOption(new Option('--optimizer <name>', 'how each step changes the image').choices(['adam', 'lbfgs']))
    .option('--history <count>', 'pairs of images that L-BFGS keeps, 1 to 32', parsePositive)
    .option('--multi-scale', 'go from coarse to fine')
    .option('--coarsest <pixels>', 'longer side of the coarsest scale', parsePositive)
    .option('--scale-factor <number>', 'ratio of each scale to the one before (default: 1.4142)', parseNumber)
    .option('--scale-steps <counts>', 'steps at each scale from the coarsest on, the last for all that follow; the finest gets the rest', parseCounts)
    .option('--carry-moments', 'carry Adam’s moments from scale to scale instead of beginning at zero')
    .option('--style-fixed', 'keep the style pictures at their size at every scale')
    .option('--average <decay>', 'show the average of the iterates with this decay, e.g. 0.99', parseShare)
    .addOption(
      new Option('--colours <kind>', 'of the style, or of the content: only its light painted, or the style brought to its colours').choices(COLOUR_KINDS),
    )
    .addOption(
      new Option('--statistic <kind>', 'what makes a style: Gram matrices, or mean and covariance by their Wasserstein distance').choices(STYLE_STATISTICS),
    )
    .option('--seamless', 'a result that can be laid beside itself without a seam; sides in multiples of 16 px')
    .option('--style-scale <numbers>', 'size of each style picture as a multiple of --style-size, between commas', parseNumbers)
    .addOption(new Option('--mask <file>', 'grey picture of where a style goes, one for each --style in their order').argParser(collect))
    .option('--settings <file>', 'a result with its settings inside: they take the place of those of a preset, and other flags change them')
    .option('--checkpoint-every <steps>', 'keep the whole state beside --out after so many steps, until the result is written', parsePositive)
    .option('--resume', 'go on from the checkpoint of a run that was interrupted, to the same result');
}

/** The settings that the flags set. */
export function featureSettings(flags: FeatureFlags): Partial<StyleTransferSettings> {
  const { optimizer, history, average, colours, statistic, styleScale, temporalWeight, seamless } = flags;
  const scales = scalesOf(flags);
  return {
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(history === undefined ? {} : { history }),
    ...(scales === undefined ? {} : { scales }),
    ...(average === undefined ? {} : { averageDecay: average }),
    ...(colours === undefined ? {} : { colours }),
    ...(statistic === undefined ? {} : { statistic }),
    ...(styleScale === undefined ? {} : { styleScales: styleScale }),
    ...(temporalWeight === undefined ? {} : { temporalWeight }),
    ...(seamless === undefined ? {} : { seamless }),
  };
}

/** Any flag about scales asks for them. */
function scalesOf({ multiScale, coarsest, scaleFactor, scaleSteps, carryMoments, styleFixed }: FeatureFlags): ScaleSettings | undefined {
  const scales = {
    ...(coarsest === undefined ? {} : { coarsest }),
    ...(scaleFactor === undefined ? {} : { factor: scaleFactor }),
    ...(scaleSteps === undefined ? {} : { steps: scaleSteps }),
    ...(carryMoments === undefined ? {} : { carryMoments }),
    ...(styleFixed === undefined ? {} : { styleAlong: false }),
  };
  return multiScale === undefined && Object.keys(scales).length === 0 ? undefined : scales;
}

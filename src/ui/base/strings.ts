import { BENCH_ENGLISH } from './strings-bench.js';
import { LABELLED_ENGLISH } from './strings-labelled.js';
import { wordsHere } from './words-here.js';

/** Words of the elements that make pictures. `{names}` are filled in. */
const PICTURE_ENGLISH = {
  // The one primary button.
  start: 'Start',
  startAgain: 'Start again',
  pause: 'Pause',
  continue: 'Continue',
  continueFrom: 'Continue from step {step}',
  cancel: 'Cancel',
  // Beside it.
  stepOnce: 'One step',
  reset: 'Back to the start',
  undo: 'Undo: {what}',
  undoNothing: 'Nothing to undo',
  download: 'Download the picture (PNG)',
  downloadTrace: 'Download the trace (JSON)',
  openResult: 'Open a finished picture…',
  undoReset: 'back to the start',
  undoReturn: 'return to step {step}',
  undoPicture: 'change of picture',
  undoSetting: 'change of setting',
  // Pictures.
  contentWell: 'Content',
  styleWell: 'Style',
  styleWellNumber: 'Style {number}',
  exampleWell: 'Example',
  addStyle: 'Add a style',
  removeStyle: 'Remove style {number}',
  wellEmpty: 'Drop a picture, or choose',
  wellChange: 'Change',
  wellLoading: 'Opening {name} …',
  wellBroken: '{name} cannot be shown',
  wellAlt: '{label}: {name}',
  chooseTitle: 'Choose a picture',
  chooseFile: 'From this device…',
  chooseCamera: 'Camera',
  chooseUrl: 'Web address',
  chooseOpen: 'Open',
  chooseSamples: 'Samples',
  choosePaste: 'A picture can also be pasted or dropped on the frame.',
  cameraShoot: 'Take the picture',
  cameraLive: 'Camera',
  cameraRefused: 'The camera is not available: {detail}',
  close: 'Close',
  blend: 'Share',
  maskTitle: 'Where style {number} goes',
  maskHint: 'Arrow keys move the brush, space paints.',
  maskSize: 'Size of the brush',
  maskPaint: 'Paint: the style goes here',
  maskErase: 'Erase: the style does not go here',
  maskOpen: 'Open a grey picture as the mask',
  maskClear: 'No mask: the style goes everywhere',
  maskName: 'painted mask',
  // Frames.
  frames: 'Frames of a film',
  framesChoose: 'Frames, as pictures',
  framesHint: 'In the order of the numbers in their names; all of one size.',
  framesCount: '{count} pictures',
  framesWeight: 'Hold on to the frame before',
  framesSteps: 'Steps of a frame after the first; 0: as many',
  framesStart: 'Paint the frames',
  framesProgress: 'Frame {frame} of {frames}',
  framesDownload: 'Download the frames (ZIP)',
  // Settings.
  settings: 'Settings',
  styleStrength: 'Style strength',
  contentStrength: 'Hold on to the content',
  smoothness: 'Smoothness',
  size: 'Size',
  sizeValue: '{pixels} px',
  steps: 'Steps',
  more: 'More',
  preset: 'Preset',
  net: 'Network',
  netHint: 'A name (random-vgg19/2, vgg19) or the address of a weight file.',
  startFrom: 'Start from',
  startContent: 'the content',
  startNoise: 'noise',
  startStyle: 'the style',
  startGrey: 'grey',
  startResult: 'the last result',
  seed: 'Seed of the noise',
  learningRate: 'Learning rate',
  multiScale: 'From coarse to fine',
  seamless: 'Without a seam: can be laid beside itself',
  styleScale: 'Scale of the style',
  styleScaleHint: 'A number, or one for each style between commas',
  scales: 'Scales',
  scalesHint: 'Any of coarsest 64, factor 2, steps 40 30, style fixed, between commas',
  styleLayers: 'Layers of the style',
  styleLayersHint: 'Names, each with a weight: block1_conv1:0.5, block3_conv1',
  contentLayers: 'Layers of the content',
  contentLayersHint: 'Names between commas: block4_conv2, block5_conv2',
  average: 'Average of the steps, its decay',
  precision: 'Precision',
  precisionFull: 'f32',
  precisionHalf: 'f16: less memory',
  memoryBudget: 'Graphics memory at most, in MB',
  tile: 'Tiles',
  tileHint: 'Pixels, auto or off: the same result in less memory.',
  colours: 'Colours',
  coloursStyle: 'of the style',
  coloursLuminance: 'of the content, only its light is painted',
  coloursCovariance: 'of the content, by their spread',
  coloursHistogram: 'of the content, by their histogram',
  statistic: 'What makes the style',
  statisticGram: 'which features go together',
  statisticWasserstein: 'their mean and spread',
  optimizer: 'Optimiser',
  optimizerAdam: 'Adam',
  optimizerLbfgs: 'L-BFGS: fewer steps, more memory',
  styleSize: 'Size of the style picture',
  pooling: 'Pooling',
  poolingMax: 'maximum',
  poolingAverage: 'average',
  pauseWhenHidden: 'Pause while the tab is hidden',
  takesEffectNext: 'Takes effect at the next start.',
  times: '×{factor}',
  off: 'off',
  // What it will take.
  estimate: 'About {memory} of graphics memory',
  estimateTime: '{time} on this device',
  estimateUnknown: 'The time is known after the first steps',
  estimateWeights: '{bytes} to fetch',
  // Stages.
  stageEngine: 'Waking the graphics device',
  stagePictures: 'Reading the pictures',
  stageNet: 'Loading the network',
  stageNetBytes: 'Loading the network: {done} of {total}',
  stageStyles: 'Measuring the style: {done} of {total}',
  stageContent: 'Measuring the content',
  stageCompiling: 'Compiling kernels: {done} of {total}',
  stageTuning: 'Measuring kernels: {done} of {total}',
  stageTurn: 'Waiting for the other pictures on this page',
  stageRecovering: 'The graphics device was lost. Going on from step {step}',
  // While it works.
  ready: 'Ready',
  progress: 'Step {step} of {steps}',
  timeLeft: '{time} left',
  loss: 'loss {loss}',
  paused: 'Paused at step {step} of {steps}',
  goingOn: 'Going on from step {step}, where it was kept',
  pausedHidden: 'Paused while the tab is hidden',
  finished: 'Finished: {steps} steps in {time}',
  restored: 'Settings restored from {name}. Add the same pictures to make it again.',
  restoredNearly: 'These settings of the run cannot be chosen here and stay as the preset has them: {settings}.',
  restoredWithPictures: 'Settings and pictures restored from {name}.',
  noSettingsInside: '{name} has no settings inside: it was not made here, or they were removed.',
  software: 'This browser computes on the processor, without a graphics card: expect it to be slow.',
  softwareSmaller: 'Use {pixels} px',
  memoryNote: '{memory} of graphics memory in use',
  // The picture.
  result: 'Result',
  compare: 'Before and after',
  compareValue: '{percent} % of the original',
  emptyStage: 'The picture will appear here.',
  iterates: 'Earlier states',
  iterate: 'Step {step}',
  iterateNow: 'Now',
  iterateLine: 'Line {line}, step {step}',
  iterateReturn: 'Return here',
  iterateReturnHint: 'Drops what came after.',
  iterateBranch: 'Branch from here',
  iterateBranchHint: 'Keeps what came after as a line of its own.',
  // Charts.
  lossChart: 'Loss by step',
  lossChartTitle: 'The loss has fallen to {share} of its start',
  lossChartRising: 'The loss is {share} of its start',
  lossStyle: 'style',
  lossContent: 'content',
  lossTv: 'smoothness',
  lossTotal: 'total',
  stepAxis: 'step',
  lossAxis: 'loss (log)',
  asTable: 'The figures as a table',
  spectrumTitle: 'Row {row} of the Gram matrix of {layer}: {channels} values, the largest {ratio}× the median',
  spectrumAxis: 'rank',
  spectrumValue: 'inner product',
  spectrumLayer: 'Layer',
  spectrumRow: 'Row',
  spectrumChannel: 'channel',
  spectrumCompute: 'Measure',
  // The device.
  deviceTitle: 'Graphics device',
  deviceAdapter: 'Adapter',
  deviceKind: 'Kind',
  deviceHardware: 'graphics card',
  deviceSoftware: 'software (computes on the processor)',
  deviceFeatures: 'Features',
  deviceNone: 'none',
  deviceSubgroups: 'Subgroup size',
  deviceBuffer: 'Largest buffer',
  deviceWorkgroup: 'Invocations in a workgroup',
  deviceMemory: 'Workgroup memory',
  deviceTest: 'Run the self-test',
  deviceTesting: 'Testing {done} of {total}: {name}',
  deviceTestPassed: 'All {total} checks passed: this device computes what it should.',
  deviceTestFailed: '{failed} of {total} checks failed.',
  deviceAsk: 'Look at this device',
  // Failures: what happened, what to do.
  details: 'Technical detail',
  copy: 'Copy',
  copied: 'Copied',
  tryAgain: 'Try again',
  dismiss: 'Dismiss',
  useSize: 'Use {pixels} px',
  failWebgpuMissing: 'This browser has no WebGPU.',
  fixWebgpuMissing: 'Open the page in a current Chrome, Edge, Firefox or Safari with hardware acceleration switched on.',
  failInsecure: 'WebGPU is switched off because this page is not served securely.',
  fixInsecure: 'Open the page through https, or from localhost.',
  failAdapter: 'WebGPU is here, but the browser offers no graphics device.',
  fixAdapter: 'The driver may be blocked or may have crashed. Restart the browser, or update the graphics driver.',
  failLost: 'The graphics device was lost, and could not be brought back.',
  fixLost: 'The last state is kept: try again to go on from step {step}. If it is lost again, restart the browser or choose a smaller size.',
  fixLostAgain: 'Try again. If it is lost again, restart the browser.',
  failMemory: 'There is not enough graphics memory for this size.',
  fixMemory: 'Choose a smaller size, or close other pages that use the graphics card.',
  failCors: 'The other website does not allow its picture to be read.',
  fixCors: 'Save the picture to this device and drop it here.',
  failFetchPicture: 'The picture could not be fetched.',
  fixFetchPicture: 'Check the address and the connection, or choose a picture from this device.',
  failWeights: 'The network’s weights could not be fetched.',
  fixWeights: 'Check the connection and try again, or choose the network random-vgg19, which needs no download.',
  failWeightsFile: 'The network’s weight file cannot be used.',
  fixWeightsFile: 'Choose another file, or the network random-vgg19, which needs none.',
  failPicture: 'This picture cannot be used.',
  fixPicture: 'Choose a PNG, JPEG or WebP picture of at least 16 px a side.',
  failDiverged: 'The picture has run away: its values are no longer finite.',
  fixDiverged: 'Lower the learning rate or the style strength, then return to an earlier state.',
  failOption: 'A setting cannot be used.',
  fixOption: 'Change it as the detail below says.',
  failOther: 'Something went wrong.',
  fixOther: 'Try again. If it happens again, copy the detail below into a report.',
} as const satisfies Record<string, string>;

type AllEnglish = typeof PICTURE_ENGLISH & typeof LABELLED_ENGLISH & typeof BENCH_ENGLISH;

/** Every word the elements show, in English. */
export const ENGLISH: AllEnglish = /* @__PURE__ */ Object.assign({}, PICTURE_ENGLISH, LABELLED_ENGLISH, BENCH_ENGLISH);

/** The name of a string. */
export type StringKey = keyof AllEnglish;

/** Words by name. */
export type Strings = Readonly<Record<StringKey, string>>;

let pageStrings: Partial<Strings> = {};
const listeners = new Set<() => void>();

/** Replaces words on the whole page, for a translation. What is not given stays English. */
export function setStrings(strings: Partial<Strings>): void {
  pageStrings = { ...pageStrings, ...strings };
  for (const listener of listeners) listener();
}

/** All words together, and what they were put together from: an element asks hundreds of times whenever it is drawn. */
let together: { readonly words: Strings; readonly added: ReturnType<typeof wordsHere>; readonly own: Partial<Strings> } | undefined;

/** The page's words, as far as the elements on it need them. */
export function getStrings(): Strings {
  const added = wordsHere();
  if (together?.added !== added || together.own !== pageStrings) {
    together = { words: { ...PICTURE_ENGLISH, ...added, ...pageStrings } as Strings, added, own: pageStrings };
  }
  return together.words;
}

/** Calls back when the page's words change; returns how to stop that. */
export function onStringsChanged(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

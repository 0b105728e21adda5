/** The suites. A new op of interest adds its line here; any other kernel can be measured by its name. */
import type { Attributes, KernelDefinition } from '../../engine/contract.js';
import { GramaryeError } from '../../engine/errors.js';
import * as kernels from '../../kernels/index.js';
import { erased, type SuiteOp, type SuiteShape } from './suite.js';
import { convolutionShapes, imageShapes, IMAGE_SIZES, poolShapes, tapShapes, VGG_CONVOLUTIONS } from './vgg-shapes.js';
import { stageCost, winogradStages } from './winograd-stages.js';

/** A kernel's numeric attributes in the order of its definition, for shapes typed as `28x28x64`. */
function numericDimensions(kernel: KernelDefinition): string[] {
  const [sample = {}] = kernel.samples;
  return Object.keys(kernel.attributes).filter((name) => typeof sample[name] === 'number');
}

function kernelOp<A extends Attributes>(id: string, kernel: KernelDefinition<A>, shapes: readonly SuiteShape[], extra: Partial<SuiteOp> = {}): SuiteOp {
  const plain = erased(kernel);
  return { id, summary: kernel.summary, kind: 'kernel', kernel: plain, dimensions: numericDimensions(plain), shapes, ...extra };
}

const [, ...wideConvolutions] = VGG_CONVOLUTIONS;
/** The last convolution of blocks 1 to 4: these are pooled. */
const pooledConvolutions = VGG_CONVOLUTIONS.filter(({ name }) => ['conv1_2', 'conv2_2', 'conv3_2', 'conv4_2'].includes(name));
const QUICK_LAYER = ['conv3_2'];

const convolution =
  (extra: Attributes = {}) =>
  ({ inChannels, outChannels }: { readonly inChannels: number; readonly outChannels: number }, side: number): Attributes => ({
    height: side,
    width: side,
    inChannels,
    outChannels,
    ...extra,
  });
const map = (side: number, channels: number): Attributes => ({ height: side, width: side, channels });
const positions = (side: number, channels: number): Attributes => ({ positions: side * side, channels });

/** A separable convolution of MobileNetV2 at 224 px: depthwise stride and channels, pointwise channels. */
const MOBILENET = [
  { name: 'block1', side: 112, channels: 96, stride: 2, outChannels: 24, isQuick: false },
  { name: 'block3', side: 56, channels: 144, stride: 2, outChannels: 32, isQuick: false },
  { name: 'block6', side: 28, channels: 192, stride: 2, outChannels: 64, isQuick: false },
  { name: 'block7', side: 14, channels: 384, stride: 1, outChannels: 64, isQuick: true },
  { name: 'block13', side: 14, channels: 576, stride: 2, outChannels: 160, isQuick: false },
  { name: 'block15', side: 7, channels: 960, stride: 1, outChannels: 160, isQuick: false },
] as const;

/** Whole steps: image sides, and the divisor of VGG19's widths. */
const stepShapes: SuiteShape[] = [
  { name: 'image@64-narrow', attributes: { size: 64, divisor: 8 }, isQuick: true },
  ...IMAGE_SIZES.map((size) => ({ name: `image@${String(size)}`, attributes: { size, divisor: 1 }, isStandard: size === 128 })),
];
const wholeStep = { dimensions: ['size', 'divisor'], shapes: stepShapes };

/** Every op with shapes of its own. */
export const SUITES: readonly SuiteOp[] = [
  kernelOp('conv', kernels.conv3x3BiasRelu, convolutionShapes(VGG_CONVOLUTIONS, QUICK_LAYER, convolution({ relu: true }))),
  kernelOp('conv-gradient', kernels.conv3x3InputGradient, convolutionShapes(VGG_CONVOLUTIONS, QUICK_LAYER, convolution({ relu: true }))),
  kernelOp('conv-gate', kernels.conv3x3ReluGate, convolutionShapes(wideConvolutions, [], convolution())),
  kernelOp('conv-pool', kernels.conv3x3ReluMaxPool, convolutionShapes(pooledConvolutions, [], convolution())),
  kernelOp('conv-gate-gradient', kernels.conv3x3GateGradient, convolutionShapes(wideConvolutions, [], convolution({ pooled: false }))),
  kernelOp('winograd-stages', winogradStages, convolutionShapes(wideConvolutions, QUICK_LAYER, convolution({ relu: true })), {
    checkedBy: erased(kernels.conv3x3BiasRelu),
    variantCost: stageCost,
  }),
  kernelOp('gram', kernels.gram, tapShapes([1, 3], positions)),
  kernelOp('gram-loss', kernels.gramLoss, tapShapes([2], positions)),
  kernelOp('gram-gradient', kernels.gramLossGradient, tapShapes([2], positions)),
  kernelOp(
    'tv',
    kernels.totalVariation,
    imageShapes((side) => map(side, 3)),
  ),
  kernelOp('max-pool', kernels.maxPool2x2, poolShapes(map)),
  kernelOp('max-pool-gradient', kernels.maxPool2x2Gradient, poolShapes(map)),
  kernelOp('average-pool', kernels.averagePool2x2, poolShapes(map)),
  kernelOp(
    'adam',
    kernels.adam,
    imageShapes((side) => ({ count: side * side * 3, capacity: 64, clip: true })),
  ),
  kernelOp(
    'preprocess',
    kernels.preprocess,
    imageShapes((side) => ({ height: side, width: side, mode: 'caffe' })),
  ),
  kernelOp(
    'content-loss',
    kernels.contentLoss,
    imageShapes((side) => ({ count: (side >> 4) ** 2 * 512, mode: 'mse' })),
  ),
  kernelOp(
    'depthwise',
    kernels.depthwiseConv3x3,
    MOBILENET.map(({ name, side, channels, stride, isQuick }) => ({
      name,
      attributes: { batch: 1, height: side, width: side, channels, stride, padding: 'symmetric', bias: true, relu6: true },
      isStandard: true,
      isQuick,
    })),
  ),
  kernelOp(
    'pointwise',
    kernels.pointwiseConv,
    MOBILENET.map(({ name, side, channels, stride, outChannels, isQuick }) => ({
      name,
      attributes: { pixels: (side / stride) ** 2, inChannels: channels, outChannels, bias: true, relu6: false },
      isStandard: true,
      isQuick,
    })),
  ),
  { id: 'step', kind: 'step', summary: 'One recorded step of style transfer: forward, losses, backward, Adam.', ...wholeStep },
  { id: 'memory', kind: 'memory', summary: 'Bytes that a step plans, by use.', ...wholeStep },
  { id: 'cold-start', kind: 'cold-start', summary: 'Time to the end of the first step, with cold and with warm pipeline caches.', ...wholeStep },
];

/** Shapes of a kernel without a suite: its samples, the largest three of them as standard. */
function sampleShapes(kernel: KernelDefinition): SuiteShape[] {
  const work = (attributes: Attributes): number => kernel.cost(attributes).flops + kernel.cost(attributes).bytes;
  const sorted = [...kernel.samples, ...(kernel.largeSamples ?? [])].sort((a, b) => work(b) - work(a));
  return sorted.map((attributes, index) => ({
    name: Object.values(attributes).map(String).join('x'),
    attributes,
    isStandard: index < 3,
    isQuick: index === 0,
  }));
}

/** The op of that name, or the kernel of that name. Throws `bad-option` listing what there is. */
export function suiteOp(name: string): SuiteOp {
  const known = SUITES.find(({ id, kernel }) => id === name || kernel?.name === name);
  if (known !== undefined) return known;
  const kernel = kernels.KERNELS.find((candidate) => candidate.name === name);
  if (kernel !== undefined) return kernelOp(kernel.name, kernel, sampleShapes(kernel));
  throw new GramaryeError('bad-option', `There is no op "${name}".`, {
    remedy: `Choose among ${SUITES.map(({ id }) => id).join(', ')}, or name a kernel, such as ${kernels.KERNELS.slice(0, 3)
      .map((entry) => entry.name)
      .join(', ')}.`,
  });
}

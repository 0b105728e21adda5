/**
 * The kernel contract: everything the engine, the tests, the benchmarks and the documentation know about a kernel is
 * read from one plain record. Nothing that can be derived (pipeline keys, uniform layouts, bind-group layouts) is
 * written by hand.
 */
import type { DeviceTraits } from './device.js';

/** What a tensor's elements are in GPU memory. */
export type Dtype = 'f32' | 'f16' | 'u32' | 'i32';

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = { f32: 4, f16: 2, u32: 4, i32: 4 };

/** A kernel's settings and named dimensions, by the field's terms. Declare them as type aliases, not interfaces. */
export type Attributes = Readonly<Record<string, number | boolean | string>>;

/** Dimensions of each tensor of a kernel by name, row-major. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Values of tensors by name, in float64, as the references take and give them. */
export type Values = Readonly<Record<string, Float64Array>>;

/** One input or output of a kernel. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  /** Layout and meaning, e.g. "feature map [height, width, channels]". */
  readonly summary: string;
  /** An output that is read, changed and written: its old value is also among the reference's inputs. */
  readonly inPlace?: boolean;
}

/** One WGSL file: its path below shaders/ and its text. */
export interface Shader {
  readonly path: string;
  readonly source: string;
}

/** How many workgroups to dispatch. Any axis above the device's limit is folded by `linearWorkgroups`. */
export interface Workgroups {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** One dispatch of a variant. */
export interface Pass {
  readonly shader: Shader;
  /** Values for `override` and for top-level `const` declarations of the file. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Values for the fields of the file's `Params` uniform struct, all of them. */
  readonly params?: Readonly<Record<string, number>>;
  readonly workgroups: Workgroups;
  /** WGSL variable name to tensor name, where they differ. */
  readonly bind?: Readonly<Record<string, string>>;
}

/**
 * Buffers computed once from inputs that do not change between runs (weights), such as Winograd-transformed filters.
 * Calls with the same key and the same source tensors share them, so forward and backward can use one buffer.
 */
export interface Preparation {
  readonly key: string;
  /** Names of the inputs they are computed from. */
  readonly from: readonly string[];
  /** Size in bytes, in f32, of each prepared buffer by name; passes of preparation and variant bind them by that name. */
  readonly tensors: Readonly<Record<string, number>>;
  /** They stay f32 even where all that they are computed from is half. */
  readonly isExact?: boolean;
  readonly passes: readonly Pass[];
}

/** One way of computing a kernel. Its id states its idea (`split-k`), never its age or its speed. */
export interface Variant<A extends Attributes = Attributes> {
  readonly id: string;
  readonly summary: string;
  /** True, or the reason why this variant does not take these attributes on this device. */
  accepts(attributes: A, device: DeviceTraits): true | string;
  /**
   * How much it is preferred among the accepted variants when nothing was measured; default 0, the highest wins, the
   * order of the list decides between equals.
   */
  preference?(attributes: A, device: DeviceTraits): number;
  /** What is computed once before the first run. */
  prepare?(attributes: A, device: DeviceTraits): Preparation;
  /** Sizes in bytes, in f32, of buffers that live only between the passes, by name. */
  scratch?(attributes: A, device: DeviceTraits): Readonly<Record<string, number>>;
  passes(attributes: A, device: DeviceTraits): readonly Pass[];
}

/** Arithmetic and traffic of one call, for rooflines: the least that the definition needs. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/** A seeded source of numbers for tests: uniform in [low, high). */
export type Uniform = (low: number, high: number) => number;

/** Which kernel computes the gradient, or why there is none. */
export type GradientRule = { readonly kernel: string; readonly summary: string } | { readonly none: string };

/** A kernel as a plain data record. */
export interface KernelDefinition<A extends Attributes = Attributes> {
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** The formula in plain text. */
  readonly formula: string;
  /** Where the formula or the method comes from. */
  readonly source: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /**
   * Names of f32 inputs, outputs, scratch and prepared tensors that may lie in memory in half precision; arithmetic stays
   * f32. An input or output does where its tensor is f16; scratch where any input or output does; a prepared tensor where
   * all that it is computed from does and it need not be exact. Every shader of every variant that binds one must use it by whole elements.
   */
  readonly half?: readonly string[];
  /** What each attribute means, with its unit. */
  readonly attributes: Readonly<Record<keyof A & string, string>>;
  /** Shapes of all inputs and outputs. Pure. Throws `bad-shape` naming the dimension. */
  shapes(attributes: A): Shapes;
  /** Float64, slow, obvious. Takes every input (and the old value of in-place outputs), gives every output. */
  reference(attributes: A, values: Values): Values;
  cost(attributes: A): Cost;
  /** The accepted one with the highest preference is used when nothing was measured; the first of equals. */
  readonly variants: readonly Variant<A>[];
  readonly gradient: GradientRule;
  /** Attribute sets the tests run: 1, tile - 1, tile, tile + 1, primes, skewed. */
  readonly samples: readonly A[];
  /** Larger attribute sets for checks of dispatch folding (more than 65,535 workgroups); tested once per variant. */
  readonly largeSamples?: readonly A[];
  /** Random inputs for a test; without it all are uniform in [-1, 1). */
  generate?(attributes: A, uniform: Uniform): Values;
  /** Allowed largest difference over the wanted value or the reference's root mean square, whichever is larger; f32. Default 2e-5. */
  tolerance?(attributes: A, variant: string): number;
  /** The same with the tensors of `half` in half precision and inputs that it holds exactly. Default 4e-3. */
  halfTolerance?(attributes: A, variant: string): number;
}

/**
 * Keeps the attribute type of a definition while checking it.
 *
 * @__NO_SIDE_EFFECTS__
 */
export function defineKernel<A extends Attributes>(definition: KernelDefinition<A>): KernelDefinition<A> {
  return definition;
}

/** Product of dimensions. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * The two Winograd methods as data: how many points, which plane a point's products lie in, which factors make the
 * transformed forward filter that of the gradient.
 *
 * Both point sets are closed under p → 1/p. The filter rotated by 180° then has, at point i, the forward filter's values
 * at the reciprocal point π(i), times s_i: `U_rot[i, j] = s_i s_j U[π(i), π(j)]`. So one transformed filter serves the
 * convolution and its gradient to the input: the gradient writes its point i to plane π(i), reads the filter transposed
 * and scales on the way out.
 */
import f2Filter from '../../../shaders/winograd/f2-filter.wgsl?raw';
import f2Input from '../../../shaders/winograd/f2-input.wgsl?raw';
import f2Output from '../../../shaders/winograd/f2-output.wgsl?raw';
import f4Filter from '../../../shaders/winograd/f4-filter.wgsl?raw';
import f4Input from '../../../shaders/winograd/f4-input.wgsl?raw';
import f4Output from '../../../shaders/winograd/f4-output.wgsl?raw';
import type { Shader } from '../../engine/contract.js';

/** One Winograd method F(m×m, 3×3). */
export interface WinogradMethod {
  readonly id: 'f2' | 'f4';
  /** Rows and columns of output of one tile. */
  readonly tile: number;
  /** Products of one tile: (tile + 2)². */
  readonly points: number;
  readonly filter: Shader;
  readonly input: Shader;
  readonly output: Shader;
  /**
   * Whether its input transforms can read rows of the middle a second time, which frees registers. GPUs then have 8 waves in flight
   * instead of 6; a software adapter keeps its vectors in memory anyway.
   */
  readonly reloads: boolean;
  /** Constants of the input transform of the gradient: the plane of each point. */
  readonly gradientSlots: Readonly<Record<string, number>>;
  /** Further constants of the gradient's output transform. */
  readonly gradientScales: Readonly<Record<string, number>>;
  /** Allowed largest error relative to the output's root mean square, measured at 256 channels with a margin. */
  readonly tolerance: number;
  /** The same with everything stored in half precision; measured on the smallest maps, where it is largest, with a margin. */
  readonly halfTolerance: number;
}

/** F(2×2, 3×3), points 0, ±1, ∞ (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016). */
export const F2: WinogradMethod = {
  id: 'f2',
  tile: 2,
  points: 16,
  reloads: false,
  filter: { path: 'winograd/f2-filter.wgsl', source: f2Filter },
  input: { path: 'winograd/f2-input.wgsl', source: f2Input },
  output: { path: 'winograd/f2-output.wgsl', source: f2Output },
  gradientSlots: { SLOT_0: 3, SLOT_1: 1, SLOT_2: 2, SLOT_3: 0 },
  gradientScales: {},
  tolerance: 1e-5,
  halfTolerance: 1.2e-2,
};

/**
 * F(4×4, 3×3) with the points 0, ±√2, ±√½, ∞: half the error of the usual 0, ±1, ±2, ∞ (the choice of points after
 * Barabasz, Anderson, Soodhalter and Gregg, "Error analysis and improving the accuracy of Winograd convolution", 2020).
 */
export const F4: WinogradMethod = {
  id: 'f4',
  tile: 4,
  points: 36,
  reloads: true,
  filter: { path: 'winograd/f4-filter.wgsl', source: f4Filter },
  input: { path: 'winograd/f4-input.wgsl', source: f4Input },
  output: { path: 'winograd/f4-output.wgsl', source: f4Output },
  gradientSlots: { SLOT_0: 5, SLOT_1: 3, SLOT_2: 4, SLOT_3: 1, SLOT_4: 2, SLOT_5: 0 },
  gradientScales: { SCALE_1: -0.5, SCALE_3: -2 },
  tolerance: 4e-5,
  halfTolerance: 4e-2,
};

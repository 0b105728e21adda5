// 3×3 convolution with bias and ReLU, zero or circular padding, stride 1, for adapters whose subgroups are the SIMD lanes of a CPU.
// input [height, width, inChannels], weights [3, 3, inChannels, outChannels] (HWIO), output [height, width, outChannels];
// channel counts are multiples of 4.
// One invocation computes a strip of STRIP neighbouring pixels of a row × 4 · VECTORS output channels. The lanes of a
// subgroup lie along the strips, so they need the same weights: lane q loads the row of input channel 4k + q (mod 4) and
// shares it by broadcast, one load for four. No workgroup memory and no barriers, which such adapters turn into coroutines.
// Invocations past the end repeat the last strip and write nothing, so that every lane takes part in every broadcast.
// Numerics: f32, summed in the order filter row, input channel by 4, filter column, input channel.

enable subgroups;

struct Params {
  height: u32,
  width: u32,
  strips_per_row: u32, // ceil(width / STRIP)
  strip_groups: u32, // ceil(height * strips_per_row / WORKGROUP)
  in_vectors: u32, // inChannels / 4
  out_vectors: u32, // outChannels / 4
  has_bias: u32,
  relu: u32,
}

const STRIP: u32 = 8u;
const VECTORS: u32 = 2u;
override WORKGROUP: u32 = 16;
override WRAP: u32 = 0; // 1: beyond an edge lies the other edge

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

// Row or column `at` - 1 of `length`, where it stands beyond an edge: at that edge (whose value does not count), or at the other one.
fn place(at: u32, length: u32) -> u32 {
  if (WRAP == 1u) {
    return (at + length - 1u) % length;
  }
  return min(max(at, 1u) - 1u, length - 1u);
}

fn counts(at: u32, length: u32) -> bool {
  return WRAP == 1u || (at >= 1u && at <= length);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) invocation: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  let strips = params.height * params.strips_per_row;
  let wanted = (group % params.strip_groups) * WORKGROUP + invocation;
  let strip = min(wanted, strips - 1u);
  let n0 = (group / params.strip_groups) * VECTORS;
  let y = strip / params.strips_per_row;
  let x = (strip % params.strips_per_row) * STRIP;
  let lane = subgroup_lane & 3u;
  var acc: array<vec4f, STRIP * VECTORS>;
  // @unroll
  for (var j = 0u; j < VECTORS; j++) {
    var start = vec4f();
    if (params.has_bias == 1u) {
      start = bias[min(n0 + j, params.out_vectors - 1u)];
    }
    // @unroll
    for (var i = 0u; i < STRIP; i++) {
      acc[i * VECTORS + j] = start;
    }
  }
  // Addresses of the columns x - 1 … x + STRIP.
  var columns: array<u32, STRIP + 2u>;
  // @unroll
  for (var i = 0u; i < STRIP + 2u; i++) {
    columns[i] = place(x + i, params.width) * params.in_vectors;
  }
  for (var ky = 0u; ky < 3u; ky++) {
    let row = y + ky; // one below the input row, so that it stays unsigned
    let row_inside = counts(row, params.height);
    let row_start = place(row, params.height) * params.width * params.in_vectors;
    for (var k = 0u; k < params.in_vectors; k++) {
      var pixels: array<vec4f, STRIP + 2u>;
      // @unroll
      for (var i = 0u; i < STRIP + 2u; i++) {
        let inside = row_inside && counts(x + i, params.width);
        pixels[i] = select(vec4f(), input[row_start + columns[i] + k], inside);
      }
      // @unroll
      for (var kx = 0u; kx < 3u; kx++) {
        let w = (((ky * 3u + kx) * params.in_vectors + k) * 4u + lane) * params.out_vectors;
        // @unroll
        for (var j = 0u; j < VECTORS; j++) {
          let mine = weights[w + min(n0 + j, params.out_vectors - 1u)];
          let w0 = subgroupBroadcast(mine, 0u);
          let w1 = subgroupBroadcast(mine, 1u);
          let w2 = subgroupBroadcast(mine, 2u);
          let w3 = subgroupBroadcast(mine, 3u);
          // @unroll
          for (var i = 0u; i < STRIP; i++) {
            let p = pixels[i + kx];
            acc[i * VECTORS + j] = w3 * p.w + (w2 * p.z + (w1 * p.y + (w0 * p.x + acc[i * VECTORS + j])));
          }
        }
      }
    }
  }
  // @unroll
  for (var i = 0u; i < STRIP; i++) {
    if (wanted < strips && x + i < params.width) {
      let out = (y * params.width + x + i) * params.out_vectors + n0;
      // @unroll
      for (var j = 0u; j < VECTORS; j++) {
        if (n0 + j < params.out_vectors) {
          let value = acc[i * VECTORS + j];
          output[out + j] = select(value, max(value, vec4f()), params.relu == 1u);
        }
      }
    }
  }
}

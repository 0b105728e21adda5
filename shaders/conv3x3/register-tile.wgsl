// 3×3 convolution with bias and ReLU, zero or circular padding, stride 1, in registers alone. For GPUs with good caches.
// input [height, width, inChannels], weights [3, 3, inChannels, outChannels] (HWIO), output [height, width, outChannels];
// channel counts are multiples of 4.
// One invocation computes a strip of STRIP neighbouring pixels of a row × 4 · VECTORS output channels, LANES_X vectors
// apart. A workgroup has LANES_X invocations along the channels, which read neighbouring weights and the same inputs, and
// LANES_Y strips, which read the same weights. An input vector is loaded once for the three taps of a filter row.
// Nothing is shared, there are no barriers.
// Numerics: f32, summed in the order filter row, input channel by 4, filter column, input channel.

struct Params {
  height: u32,
  width: u32,
  strips_per_row: u32, // ceil(width / STRIP)
  strip_groups: u32, // ceil(height * strips_per_row / LANES_Y)
  in_vectors: u32, // inChannels / 4
  out_vectors: u32, // outChannels / 4
  has_bias: u32,
  relu: u32,
}

const STRIP: u32 = 4u;
const VECTORS: u32 = 2u;
override LANES_X: u32 = 8;
override LANES_Y: u32 = 8;
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

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  let strip = (group % params.strip_groups) * LANES_Y + lane.y;
  let n0 = (group / params.strip_groups) * VECTORS * LANES_X + lane.x;
  if (n0 >= params.out_vectors || strip >= params.height * params.strips_per_row) {
    return;
  }
  let y = strip / params.strips_per_row;
  let x = (strip % params.strips_per_row) * STRIP;
  var channels: array<u32, VECTORS>;
  var acc: array<vec4f, STRIP * VECTORS>;
  // @unroll
  for (var j = 0u; j < VECTORS; j++) {
    channels[j] = min(n0 + j * LANES_X, params.out_vectors - 1u);
    var start = vec4f();
    if (params.has_bias == 1u) {
      start = bias[channels[j]];
    }
    // @unroll
    for (var i = 0u; i < STRIP; i++) {
      acc[i * VECTORS + j] = start;
    }
  }
  // Addresses of the columns x - 1 … x + STRIP, and which of them count.
  var columns: array<u32, STRIP + 2u>;
  var inside: array<bool, STRIP + 2u>;
  // @unroll
  for (var i = 0u; i < STRIP + 2u; i++) {
    columns[i] = place(x + i, params.width) * params.in_vectors;
    inside[i] = counts(x + i, params.width);
  }
  for (var ky = 0u; ky < 3u; ky++) {
    let row = y + ky; // one below the input row, so that it stays unsigned
    if (counts(row, params.height)) {
      let row_start = place(row, params.height) * params.width * params.in_vectors;
      for (var k = 0u; k < params.in_vectors; k++) {
        var pixels: array<vec4f, STRIP + 2u>;
        // @unroll
        for (var i = 0u; i < STRIP + 2u; i++) {
          pixels[i] = select(vec4f(), input[row_start + columns[i] + k], inside[i]);
        }
        // @unroll
        for (var kx = 0u; kx < 3u; kx++) {
          // @unroll
          for (var c = 0u; c < 4u; c++) {
            let w = (((ky * 3u + kx) * params.in_vectors + k) * 4u + c) * params.out_vectors;
            // @unroll
            for (var j = 0u; j < VECTORS; j++) {
              let b = weights[w + channels[j]];
              // @unroll
              for (var i = 0u; i < STRIP; i++) {
                acc[i * VECTORS + j] = b * pixels[i + kx][c] + acc[i * VECTORS + j];
              }
            }
          }
        }
      }
    }
  }
  // @unroll
  for (var i = 0u; i < STRIP; i++) {
    // @unroll
    for (var j = 0u; j < VECTORS; j++) {
      if (x + i < params.width && n0 + j * LANES_X < params.out_vectors) {
        let value = acc[i * VECTORS + j];
        output[(y * params.width + x + i) * params.out_vectors + channels[j]] = select(value, max(value, vec4f()), params.relu == 1u);
      }
    }
  }
}

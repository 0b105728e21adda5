// 3×3 convolution with bias and ReLU, zero or circular padding, stride 1, as a matrix product [pixels, 9 · inChannels] ×
// [9 · inChannels, outChannels] whose left side is never written out (implicit GEMM). For GPUs.
// input [height, width, inChannels], weights [3, 3, inChannels, outChannels] (HWIO), output [height, width, outChannels];
// inChannels is a multiple of 4 · DEPTH, outChannels of 4. With `masked` 1 an input element counts only where `mask` is > 0,
// which makes this the gradient of a convolution behind a ReLU; otherwise `mask` is not read.
// A workgroup of LANES_X × LANES_Y computes TILE_PIXELS pixels (in row order) × 4 · TILE_VECTORS output channels. For each
// of the 9 taps and each 4 · DEPTH input channels it shares the pixels' inputs and the channels' weights in workgroup memory.
// One invocation computes PIXELS pixels, LANES_Y apart, × 4 · VECTORS channels, so that neighbours read and write
// neighbouring vectors. `pixel_tile` lies depth by depth, one vector longer than needed, which spreads its writes over the banks.
// Numerics: f32, summed in the order tap, input channel.

struct Params {
  height: u32,
  width: u32,
  pixel_groups: u32, // ceil(height * width / TILE_PIXELS)
  channel_groups: u32, // ceil(outChannels / (4 * TILE_VECTORS))
  in_vectors: u32, // inChannels / 4
  out_vectors: u32, // outChannels / 4
  has_bias: u32,
  relu: u32,
  masked: u32,
}

override WRAP: u32 = 0; // 1: beyond an edge lies the other edge
const LANES_X: u32 = 8u;
const LANES_Y: u32 = 8u;
const PIXELS: u32 = 8u;
const VECTORS: u32 = 2u;
const DEPTH: u32 = 2u;
const INVOCATIONS: u32 = LANES_X * LANES_Y;
const TILE_PIXELS: u32 = PIXELS * LANES_Y;
const TILE_VECTORS: u32 = VECTORS * LANES_X;
const PIXEL_STRIDE: u32 = TILE_PIXELS + 1u;
const PIXEL_LOADS: u32 = DEPTH * TILE_PIXELS / INVOCATIONS;
const WEIGHT_LOADS: u32 = DEPTH * 4u * TILE_VECTORS / INVOCATIONS;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> mask: array<vec4f>;
@group(0) @binding(2) var<storage, read> weights: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> pixel_tile: array<vec4f, DEPTH * PIXEL_STRIDE>;
var<workgroup> weight_tile: array<vec4f, DEPTH * 4u * TILE_VECTORS>;

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
  @builtin(local_invocation_index) invocation: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  if (group >= params.pixel_groups * params.channel_groups) {
    return;
  }
  let p0 = (group % params.pixel_groups) * TILE_PIXELS;
  let n0 = (group / params.pixel_groups) * TILE_VECTORS;
  let pixels = params.height * params.width;
  // What this invocation brings: pixel e / DEPTH, vector e % DEPTH for e = invocation, invocation + INVOCATIONS, …
  let my_depth = invocation % DEPTH;
  var my_x: array<u32, PIXEL_LOADS>;
  var my_y: array<u32, PIXEL_LOADS>;
  // @unroll
  for (var l = 0u; l < PIXEL_LOADS; l++) {
    let p = p0 + (invocation + l * INVOCATIONS) / DEPTH;
    my_x[l] = p % params.width;
    my_y[l] = p / params.width; // beyond the height for pixels past the end, so that they are outside of every row
  }
  let my_vector = min(n0 + invocation % TILE_VECTORS, params.out_vectors - 1u);
  let my_row = invocation / TILE_VECTORS;
  var acc: array<vec4f, PIXELS * VECTORS>;
  // @unroll
  for (var j = 0u; j < VECTORS; j++) {
    var start = vec4f();
    if (params.has_bias == 1u) {
      start = bias[min(n0 + lane.x + j * LANES_X, params.out_vectors - 1u)];
    }
    // @unroll
    for (var i = 0u; i < PIXELS; i++) {
      acc[i * VECTORS + j] = start;
    }
  }
  for (var tap = 0u; tap < 9u; tap++) {
    // One more than the input row and column, so that they stay unsigned.
    let dy = tap / 3u;
    let dx = tap % 3u;
    var inside: array<bool, PIXEL_LOADS>;
    var address: array<u32, PIXEL_LOADS>;
    // @unroll
    for (var l = 0u; l < PIXEL_LOADS; l++) {
      let y = my_y[l] + dy;
      let x = my_x[l] + dx;
      inside[l] = WRAP == 1u || (y >= 1u && y <= params.height && x >= 1u && x <= params.width);
      var row = y - 1u;
      var column = x - 1u;
      if (WRAP == 1u) {
        row = (y + params.height - 1u) % params.height;
        column = (x + params.width - 1u) % params.width;
      }
      address[l] = select(0u, (row * params.width + column) * params.in_vectors, inside[l]) + my_depth;
    }
    let tap_weights = (tap * params.in_vectors * 4u + my_row) * params.out_vectors + my_vector;
    for (var chunk = 0u; chunk < params.in_vectors / DEPTH; chunk++) {
      var brought: array<vec4f, PIXEL_LOADS>;
      // @unroll
      for (var l = 0u; l < PIXEL_LOADS; l++) {
        let at = address[l] + chunk * DEPTH;
        var value = select(vec4f(), input[at], inside[l]);
        if (params.masked == 1u) {
          value = select(vec4f(), value, mask[at] > vec4f());
        }
        brought[l] = value;
      }
      var brought_weights: array<vec4f, WEIGHT_LOADS>;
      // @unroll
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        brought_weights[l] = weights[tap_weights + (chunk * DEPTH * 4u + l * INVOCATIONS / TILE_VECTORS) * params.out_vectors];
      }
      workgroupBarrier(); // everybody is done with the previous tiles
      // @unroll
      for (var l = 0u; l < PIXEL_LOADS; l++) {
        pixel_tile[my_depth * PIXEL_STRIDE + (invocation + l * INVOCATIONS) / DEPTH] = brought[l];
      }
      // @unroll
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        weight_tile[invocation + l * INVOCATIONS] = brought_weights[l];
      }
      workgroupBarrier();
      // @unroll
      for (var d = 0u; d < DEPTH; d++) {
        var a: array<vec4f, PIXELS>;
        // @unroll
        for (var i = 0u; i < PIXELS; i++) {
          a[i] = pixel_tile[d * PIXEL_STRIDE + lane.y + i * LANES_Y];
        }
        // @unroll
        for (var c = 0u; c < 4u; c++) {
          // @unroll
          for (var j = 0u; j < VECTORS; j++) {
            let b = weight_tile[(d * 4u + c) * TILE_VECTORS + lane.x + j * LANES_X];
            // @unroll
            for (var i = 0u; i < PIXELS; i++) {
              acc[i * VECTORS + j] = b * a[i][c] + acc[i * VECTORS + j];
            }
          }
        }
      }
    }
  }
  // @unroll
  for (var i = 0u; i < PIXELS; i++) {
    let p = p0 + lane.y + i * LANES_Y;
    // @unroll
    for (var j = 0u; j < VECTORS; j++) {
      let n = n0 + lane.x + j * LANES_X;
      if (p < pixels && n < params.out_vectors) {
        let value = acc[i * VECTORS + j];
        output[p * params.out_vectors + n] = select(value, max(value, vec4f()), params.relu == 1u);
      }
    }
  }
}

// Gradient of a 3×3 convolution with stride 1 to its filter, on channel counts that are multiples of 4: partial sums.
// input [batch, height, width, inChannels], gradient [batch, out_height, out_width, outChannels], partials [slices, 3, 3, inChannels, outChannels].
// One invocation sums the three taps of a filter row × 4 input channels × 4 · VECTORS output channels over every slices-th
// output row: an input vector is loaded once for three taps. Another pass adds the slices in a fixed order. Neighbouring
// invocations lie along the output channels. The last of an odd number of vectors is computed twice and written once.
// Nothing is shared, there are no barriers. Numerics: f32, summed in the order output row, output column.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad: u32, // zeros on every side
  rows: u32, // batch * out_height
  slices: u32,
  rounds: u32, // ceil(rows / slices)
  in_vectors: u32, // inChannels / 4
  out_vectors: u32, // outChannels / 4
  out_groups: u32, // ceil(out_vectors / VECTORS)
}

const VECTORS: u32 = 2u;
override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

// The input at a row's start and a column counted from the left edge of the padding; zero outside.
fn load(row_start: u32, padded_column: u32, vector: u32) -> vec4f {
  let inside = padded_column >= params.pad && padded_column < params.width + params.pad;
  let column = select(0u, padded_column - params.pad, inside);
  return select(vec4f(), input[(row_start + column) * params.in_vectors + vector], inside);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  let slice = i / (params.out_groups * params.in_vectors * 3u);
  if (slice >= params.slices) {
    return;
  }
  let n0 = (i % params.out_groups) * VECTORS;
  let vector = (i / params.out_groups) % params.in_vectors;
  let ky = (i / (params.out_groups * params.in_vectors)) % 3u;
  var channels: array<u32, VECTORS>;
  // @unroll
  for (var j = 0u; j < VECTORS; j++) {
    channels[j] = min(n0 + j, params.out_vectors - 1u);
  }
  var sum: array<vec4f, 12u * VECTORS>; // [tap column][input channel][output vector]
  for (var round = 0u; round < params.rounds; round++) {
    let row = round * params.slices + slice;
    let padded_row = row % params.out_height + ky;
    if (row < params.rows && padded_row >= params.pad && padded_row < params.height + params.pad) {
      let row_start = ((row / params.out_height) * params.height + padded_row - params.pad) * params.width;
      var pixels: array<vec4f, 3>;
      pixels[0] = load(row_start, 0u, vector);
      pixels[1] = load(row_start, 1u, vector);
      for (var x = 0u; x < params.out_width; x++) {
        pixels[2] = load(row_start, x + 2u, vector);
        let at = (row * params.out_width + x) * params.out_vectors;
        // @unroll
        for (var j = 0u; j < VECTORS; j++) {
          let g = gradient[at + channels[j]];
          // @unroll
          for (var kx = 0u; kx < 3u; kx++) {
            // @unroll
            for (var c = 0u; c < 4u; c++) {
              sum[(kx * 4u + c) * VECTORS + j] = g * pixels[kx][c] + sum[(kx * 4u + c) * VECTORS + j];
            }
          }
        }
        pixels[0] = pixels[1];
        pixels[1] = pixels[2];
      }
    }
  }
  // @unroll
  for (var kx = 0u; kx < 3u; kx++) {
    // @unroll
    for (var c = 0u; c < 4u; c++) {
      // @unroll
      for (var j = 0u; j < VECTORS; j++) {
        if (n0 + j < params.out_vectors) {
          let tap = (slice * 3u + ky) * 3u + kx;
          partials[((tap * params.in_vectors + vector) * 4u + c) * params.out_vectors + n0 + j] = sum[(kx * 4u + c) * VECTORS + j];
        }
      }
    }
  }
}

// Gradient of a depthwise 3×3 convolution to its filter, first pass: partial sums, on channel counts that are multiples of 4.
// input [batch, height, width, CHANNELS], gradient [batch, out_height, out_width, CHANNELS], partials [slices, 3, 3, CHANNELS].
// One invocation sums 9 filter positions × 4 channels over every slices-th output row; the sums of the slices are added by
// another pass in a fixed order. Neighbouring invocations lie along the channels. Nothing is shared. Numerics: f32.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad_top: u32,
  pad_left: u32,
  rows: u32, // batch * out_height
  slices: u32,
  rounds: u32, // ceil(rows / slices)
}

override WORKGROUP: u32 = 16;
override CHANNELS: u32 = 4;
override STRIDE: u32 = 1;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

override VECTORS: u32 = CHANNELS / 4u;

// The input at a row's start and a column counted from the left edge of the padding; zero outside.
fn load(row_start: u32, row_inside: bool, padded_column: u32, vector: u32) -> vec4f {
  let inside = row_inside && padded_column >= params.pad_left && padded_column < params.width + params.pad_left;
  let column = select(0u, padded_column - params.pad_left, inside);
  return select(vec4f(), input[row_start + column * VECTORS + vector], inside);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.slices * VECTORS) {
    return;
  }
  let vector = i % VECTORS;
  let slice = i / VECTORS;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
  var s8 = vec4f();
  for (var round = 0u; round < params.rounds; round++) {
    let row = round * params.slices + slice;
    if (row < params.rows) {
      let image = row / params.out_height;
      let padded_row = (row % params.out_height) * STRIDE;
      let inside0 = padded_row + 0u >= params.pad_top && padded_row + 0u < params.height + params.pad_top;
      let start0 = (image * params.height + select(0u, padded_row + 0u - params.pad_top, inside0)) * params.width * VECTORS;
      let inside1 = padded_row + 1u >= params.pad_top && padded_row + 1u < params.height + params.pad_top;
      let start1 = (image * params.height + select(0u, padded_row + 1u - params.pad_top, inside1)) * params.width * VECTORS;
      let inside2 = padded_row + 2u >= params.pad_top && padded_row + 2u < params.height + params.pad_top;
      let start2 = (image * params.height + select(0u, padded_row + 2u - params.pad_top, inside2)) * params.width * VECTORS;
      for (var x = 0u; x < params.out_width; x++) {
        let g = gradient[(row * params.out_width + x) * VECTORS + vector];
        let column = x * STRIDE;
        s0 += g * load(start0, inside0, column, vector);
        s1 += g * load(start0, inside0, column + 1u, vector);
        s2 += g * load(start0, inside0, column + 2u, vector);
        s3 += g * load(start1, inside1, column, vector);
        s4 += g * load(start1, inside1, column + 1u, vector);
        s5 += g * load(start1, inside1, column + 2u, vector);
        s6 += g * load(start2, inside2, column, vector);
        s7 += g * load(start2, inside2, column + 1u, vector);
        s8 += g * load(start2, inside2, column + 2u, vector);
      }
    }
  }
  let at = slice * 9u * VECTORS + vector;
  partials[at] = s0;
  partials[at + 1u * VECTORS] = s1;
  partials[at + 2u * VECTORS] = s2;
  partials[at + 3u * VECTORS] = s3;
  partials[at + 4u * VECTORS] = s4;
  partials[at + 5u * VECTORS] = s5;
  partials[at + 6u * VECTORS] = s6;
  partials[at + 7u * VECTORS] = s7;
  partials[at + 8u * VECTORS] = s8;
}

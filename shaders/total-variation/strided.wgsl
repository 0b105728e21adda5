// Total variation of an image [height, width, channels], value and gradient in one reading of the image; with WRAP 1 beyond an
// edge lies the other edge.
// One invocation walks the elements i, i + stride, i + 2·stride, … (stride: the number of invocations), so that
// neighbouring invocations read neighbouring elements. For each element it takes the differences to the right and
// below for the value, and those to all four sides for the gradient, which it adds to `gradient`.
// It keeps its share of the value in `partials`; a second pass sums those in a fixed order. Nothing is shared.
// Numerics: f32; every partial sums at most elements / stride terms.

struct Params {
  height: u32,
  width: u32,
  channels: u32,
  scale_x: f32, // 1 / number of horizontal differences, 0 when there is none
  scale_y: f32, // 1 / number of vertical differences, 0 when there is none
  invocations: u32,
}

override WORKGROUP: u32 = 64;
override WRAP: u32 = 0; // 1: beyond an edge lies the other edge

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let row = params.width * params.channels;
  let count = params.height * row;
  let rounds = (count + params.invocations - 1u) / params.invocations;
  var sum = 0.0;
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    if (i < count) {
      let value = image[i];
      let column = i % row;
      var slope = 0.0;
      let is_last_column = column + params.channels >= row;
      if (WRAP == 1u || !is_last_column) {
        let difference = image[select(i + params.channels, i - column + column % params.channels, is_last_column)] - value;
        sum += params.scale_x * difference * difference;
        slope -= params.scale_x * difference;
      }
      let is_first_column = column < params.channels;
      if (WRAP == 1u || !is_first_column) {
        slope += params.scale_x * (value - image[select(i - params.channels, i + row - params.channels, is_first_column)]);
      }
      if (WRAP == 1u || i + row < count) {
        let difference = image[select(i + row, column, i + row >= count)] - value;
        sum += params.scale_y * difference * difference;
        slope -= params.scale_y * difference;
      }
      if (WRAP == 1u || i >= row) {
        slope += params.scale_y * (value - image[select(i - row, count - row + column, i < row)]);
      }
      gradient[i] += weight[0] * 2.0 * slope;
    }
  }
  partials[id.x] = sum;
}

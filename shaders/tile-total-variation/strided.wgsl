// Total variation of a picture, the share of one tile [height, width, channels]: value and gradient at the pixels inside the
// rectangle (top, left, rows, columns) that the tile owns. Neighbours are read from the whole tile, so that it must reach a
// pixel beyond the rectangle wherever the picture does.
// One invocation walks the elements i, i + stride, i + 2·stride, … (stride: the number of invocations), so that
// neighbouring invocations read neighbouring elements. For each element it takes the differences to the right and
// below for the value, and those to all four sides for the gradient, which it adds to `gradient`.
// It keeps its share of the value in `partials`; a second pass sums those in a fixed order. Nothing is shared.
// Numerics: f32; every partial sums at most elements / stride terms.

struct Params {
  height: u32,
  width: u32,
  channels: u32,
  scale_x: f32, // 1 / number of horizontal differences of the picture, 0 when there is none
  scale_y: f32, // 1 / number of vertical differences of the picture, 0 when there is none
  invocations: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> rectangle: array<u32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.invocations) {
    return;
  }
  let row = params.width * params.channels;
  let count = params.height * row;
  let rounds = (count + params.invocations - 1u) / params.invocations;
  let first_column = rectangle[1] * params.channels;
  let columns = rectangle[3] * params.channels;
  var sum = 0.0;
  for (var round = 0u; round < rounds; round++) {
    let i = id.x + round * params.invocations;
    let y = i / row;
    let column = i % row;
    let owned = y >= rectangle[0] && y - rectangle[0] < rectangle[2] && column >= first_column && column - first_column < columns;
    if (i < count && owned) {
      let value = image[i];
      var slope = 0.0;
      if (column + params.channels < row) {
        let difference = image[i + params.channels] - value;
        sum += params.scale_x * difference * difference;
        slope -= params.scale_x * difference;
      }
      if (column >= params.channels) {
        slope += params.scale_x * (value - image[i - params.channels]);
      }
      if (i + row < count) {
        let difference = image[i + row] - value;
        sum += params.scale_y * difference * difference;
        slope -= params.scale_y * difference;
      }
      if (i >= row) {
        slope += params.scale_y * (value - image[i - row]);
      }
      gradient[i] += weight[0] * 2.0 * slope;
    }
  }
  partials[id.x] = sum;
}

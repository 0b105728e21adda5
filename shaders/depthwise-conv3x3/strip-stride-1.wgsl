// Depthwise 3×3 convolution with stride 1, bias and ReLU6, on channel counts that are multiples of 4.
// input [batch, height, width, CHANNELS], weights [3, 3, CHANNELS], output [batch, out_height, out_width, CHANNELS].
// One invocation computes a strip of 4 neighbouring pixels of an output row × 4 channels; neighbouring invocations lie along
// the channels, so they read neighbouring vectors. Zero padding: pad_top rows above and pad_left columns to the left.
// Nothing is shared, no barriers. Numerics: f32, summed in the order filter row, filter column.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad_top: u32,
  pad_left: u32,
  strips_per_row: u32, // ceil(out_width / 4)
  invocations: u32, // batch * out_height * strips_per_row * CHANNELS / 4
}

override WORKGROUP: u32 = 16;
override CHANNELS: u32 = 4;
override HAS_BIAS: u32 = 1;
override RELU6: u32 = 1;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

override VECTORS: u32 = CHANNELS / 4u;

// The input at a row's start and a column counted from the left edge of the padding; zero outside.
fn load(row_start: u32, padded_column: u32, vector: u32) -> vec4f {
  let inside = padded_column >= params.pad_left && padded_column < params.width + params.pad_left;
  let column = select(0u, padded_column - params.pad_left, inside);
  return select(vec4f(), input[row_start + column * VECTORS + vector], inside);
}

fn activate(value: vec4f) -> vec4f {
  if (RELU6 == 1u) {
    return clamp(value, vec4f(), vec4f(6.0));
  }
  return value;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.invocations) {
    return;
  }
  let vector = i % VECTORS;
  let strip = i / VECTORS;
  let x = (strip % params.strips_per_row) * 4u;
  let y = (strip / params.strips_per_row) % params.out_height;
  let image = strip / (params.strips_per_row * params.out_height);
  var s0 = vec4f();
  if (HAS_BIAS == 1u) {
    s0 = bias[vector];
  }
  var s1 = s0;
  var s2 = s0;
  var s3 = s0;
  for (var ky = 0u; ky < 3u; ky++) {
    let padded_row = y * 1u + ky;
    if (padded_row >= params.pad_top && padded_row < params.height + params.pad_top) {
      let row_start = (image * params.height + padded_row - params.pad_top) * params.width * VECTORS;
      let w0 = weights[ky * 3u * VECTORS + vector];
      let w1 = weights[(ky * 3u + 1u) * VECTORS + vector];
      let w2 = weights[(ky * 3u + 2u) * VECTORS + vector];
      let p0 = load(row_start, x * 1u, vector);
      let p1 = load(row_start, x * 1u + 1u, vector);
      let p2 = load(row_start, x * 1u + 2u, vector);
      let p3 = load(row_start, x * 1u + 3u, vector);
      let p4 = load(row_start, x * 1u + 4u, vector);
      let p5 = load(row_start, x * 1u + 5u, vector);
      s0 += p0 * w0 + p1 * w1 + p2 * w2;
      s1 += p1 * w0 + p2 * w1 + p3 * w2;
      s2 += p2 * w0 + p3 * w1 + p4 * w2;
      s3 += p3 * w0 + p4 * w1 + p5 * w2;
    }
  }
  let at = ((image * params.out_height + y) * params.out_width + x) * VECTORS + vector;
  output[at] = activate(s0);
  if (x + 1u < params.out_width) {
    output[at + 1u * VECTORS] = activate(s1);
  }
  if (x + 2u < params.out_width) {
    output[at + 2u * VECTORS] = activate(s2);
  }
  if (x + 3u < params.out_width) {
    output[at + 3u * VECTORS] = activate(s3);
  }
}

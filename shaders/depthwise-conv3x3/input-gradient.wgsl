// Gradient of a depthwise 3×3 convolution to its input, on channel counts that are multiples of 4.
// gradient [batch, out_height, out_width, CHANNELS], weights [3, 3, CHANNELS], inputGradient [batch, height, width, CHANNELS].
// One invocation computes one pixel × 4 channels: it gathers the outputs that this input took part in.
// Neighbouring invocations lie along the channels. Nothing is shared. Numerics: f32, filter row, filter column.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad_top: u32,
  pad_left: u32,
  invocations: u32, // batch * height * width * CHANNELS / 4
}

override WORKGROUP: u32 = 16;
override CHANNELS: u32 = 4;
override STRIDE: u32 = 1;

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> inputGradient: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

override VECTORS: u32 = CHANNELS / 4u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.invocations) {
    return;
  }
  let vector = i % VECTORS;
  let pixel = i / VECTORS;
  let x = pixel % params.width;
  let y = (pixel / params.width) % params.height;
  let image = pixel / (params.width * params.height);
  var sum = vec4f();
  for (var ky = 0u; ky < 3u; ky++) {
    // Input row = output row * STRIDE + ky - pad_top; below zero it wraps to a large number.
    let row = y + params.pad_top - ky;
    let out_row = row / STRIDE;
    if (y + params.pad_top >= ky && row % STRIDE == 0u && out_row < params.out_height) {
      let row_start = (image * params.out_height + out_row) * params.out_width;
      for (var kx = 0u; kx < 3u; kx++) {
        let column = x + params.pad_left - kx;
        let out_column = column / STRIDE;
        if (x + params.pad_left >= kx && column % STRIDE == 0u && out_column < params.out_width) {
          sum += gradient[(row_start + out_column) * VECTORS + vector] * weights[(ky * 3u + kx) * VECTORS + vector];
        }
      }
    }
  }
  inputGradient[i] = sum;
}

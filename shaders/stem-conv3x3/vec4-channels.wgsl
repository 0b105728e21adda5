// 3×3 convolution of a picture (3 channels) with stride 2, bias and ReLU6, on output channels that are multiples of 4.
// input [batch, height, width, 3], weights [3, 3, 3, OUT_CHANNELS] (HWIO), output [batch, out_height, out_width, OUT_CHANNELS].
// One invocation computes one output pixel × 8 channels (the last of an odd number of vectors twice, written once);
// neighbouring invocations lie along the pixels of a row and read the same weights. Zero padding: pad_top rows above, pad_left
// columns to the left. Nothing is shared. Numerics: f32, filter row, filter column, input channel.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad_top: u32,
  pad_left: u32,
  pixels: u32, // batch * out_height * out_width
  pixel_groups: u32, // ceil(pixels / WORKGROUP)
}

override WORKGROUP: u32 = 16;
override OUT_CHANNELS: u32 = 4;
override HAS_BIAS: u32 = 1;
override RELU6: u32 = 1;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

override OUT_VECTORS: u32 = OUT_CHANNELS / 4u;

fn activate(value: vec4f) -> vec4f {
  if (RELU6 == 1u) {
    return clamp(value, vec4f(), vec4f(6.0));
  }
  return value;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  let pixel = (group % params.pixel_groups) * WORKGROUP + lane;
  let v0 = (group / params.pixel_groups) * 2u;
  if (pixel >= params.pixels || v0 >= OUT_VECTORS) {
    return;
  }
  let v1 = min(v0 + 1u, OUT_VECTORS - 1u);
  let x = (pixel % params.out_width) * 2u;
  let y = ((pixel / params.out_width) % params.out_height) * 2u;
  let image = pixel / (params.out_width * params.out_height);
  var s0 = vec4f();
  var s1 = vec4f();
  if (HAS_BIAS == 1u) {
    s0 = bias[v0];
    s1 = bias[v1];
  }
  for (var ky = 0u; ky < 3u; ky++) {
    if (y + ky >= params.pad_top && y + ky < params.height + params.pad_top) {
      let row_start = (image * params.height + y + ky - params.pad_top) * params.width;
      for (var kx = 0u; kx < 3u; kx++) {
        let inside = x + kx >= params.pad_left && x + kx < params.width + params.pad_left;
        let at = (row_start + select(0u, x + kx - params.pad_left, inside)) * 3u;
        let w = (ky * 3u + kx) * 3u * OUT_VECTORS;
        let r = select(0.0, input[at], inside);
        let g = select(0.0, input[at + 1u], inside);
        let b = select(0.0, input[at + 2u], inside);
        s0 = b * weights[w + 2u * OUT_VECTORS + v0] + (g * weights[w + OUT_VECTORS + v0] + (r * weights[w + v0] + s0));
        s1 = b * weights[w + 2u * OUT_VECTORS + v1] + (g * weights[w + OUT_VECTORS + v1] + (r * weights[w + v1] + s1));
      }
    }
  }
  output[pixel * OUT_VECTORS + v0] = activate(s0);
  if (v0 + 1u < OUT_VECTORS) {
    output[pixel * OUT_VECTORS + v1] = activate(s1);
  }
}

// A picture as a network wants it: output[k] = scale[k] * image[source(k)] + offset[k] for the three channels of a pixel,
// where source exchanges red and blue when REVERSE is 1. image [pixels, 3] → output [pixels, 3].
// One invocation computes one pixel. Nothing is shared. Numerics: f32.

struct Params {
  pixels: u32,
  scale_0: f32,
  scale_1: f32,
  scale_2: f32,
  offset_0: f32,
  offset_1: f32,
  offset_2: f32,
}

override WORKGROUP: u32 = 64;
override REVERSE: u32 = 0;

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let pixel = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (pixel >= params.pixels) {
    return;
  }
  let at = pixel * 3u;
  let first = select(image[at], image[at + 2u], REVERSE == 1u);
  let third = select(image[at + 2u], image[at], REVERSE == 1u);
  output[at] = params.scale_0 * first + params.offset_0;
  output[at + 1u] = params.scale_1 * image[at + 1u] + params.offset_1;
  output[at + 2u] = params.scale_2 * third + params.offset_2;
}

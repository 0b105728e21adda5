// The luminance of an image with the colours of another: colour + luminance(image) - luminance(colour) in each channel, clipped to [0, 1].
// One invocation computes one pixel. Nothing is shared. Numerics: f32.

struct Params {
  pixels: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read> colour: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

// ITU-R BT.601, on the sRGB values as they are.
fn luminance(r: f32, g: f32, b: f32) -> f32 {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let pixel = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (pixel >= params.pixels) {
    return;
  }
  let i = 3u * pixel;
  let change = luminance(image[i], image[i + 1u], image[i + 2u]) - luminance(colour[i], colour[i + 1u], colour[i + 2u]);
  result[i] = clamp(colour[i] + change, 0.0, 1.0);
  result[i + 1u] = clamp(colour[i + 1u] + change, 0.0, 1.0);
  result[i + 2u] = clamp(colour[i + 2u] + change, 0.0, 1.0);
}

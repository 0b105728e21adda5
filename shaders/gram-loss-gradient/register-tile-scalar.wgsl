// Gradient of the style loss with respect to features [positions, channels], for channel counts
// that are no multiple of four:
// gradient += weight * scale * features · difference, with difference [channels, channels].
// One invocation computes 4 positions x 8 channels in registers. A workgroup is WORKGROUP neighbouring tiles, channels
// first; nothing is shared. Rows and columns past the last repeat the last and are not written.
// Numerics: f32, the terms of a sum in channel order.

struct Params {
  positions: u32,
  channels: u32,
  scale: f32, // 4 / (positions * channels^2)
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> features: array<f32>;
@group(0) @binding(1) var<storage, read> difference: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

fn load(row: u32, channels: vec4u) -> vec4f {
  let at = row * params.channels + channels;
  return vec4f(difference[at.x], difference[at.y], difference[at.z], difference[at.w]);
}

fn add(row: u32, channel: u32, value: vec4f) {
  for (var lane = 0u; lane < 4u; lane++) {
    if (channel + lane < params.channels) {
      gradient[row * params.channels + channel + lane] += value[lane];
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let columns = (params.channels + 7u) / 8u;
  let rows = (params.positions + 3u) / 4u;
  let tile = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (tile >= rows * columns) {
    return;
  }
  let row = (tile / columns) * 4u;
  let last = params.positions - 1u;
  let column = (tile % columns) * 8u;
  let low = min(column + vec4u(0u, 1u, 2u, 3u), vec4u(params.channels - 1u));
  let high = min(column + vec4u(4u, 5u, 6u, 7u), vec4u(params.channels - 1u));
  var sums: array<vec4f, 8>; // [4 positions][2 quads of channels]
  for (var k = 0u; k < params.channels; k++) {
    let d_low = load(k, low);
    let d_high = load(k, high);
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      let f = features[min(row + i, last) * params.channels + k];
      sums[i * 2u] += f * d_low;
      sums[i * 2u + 1u] += f * d_high;
    }
  }
  let factor = weight[0] * params.scale;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    if (row + i <= last) {
      add(row + i, column, factor * sums[i * 2u]);
      add(row + i, column + 4u, factor * sums[i * 2u + 1u]);
    }
  }
}

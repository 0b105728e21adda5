// Gradient of the style loss with respect to features [positions, channels], four channels a load:
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

@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read> difference: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

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
  let quads = params.channels / 4u;
  let low = (tile % columns) * 2u;
  let high = min(low + 1u, quads - 1u);
  var sums: array<vec4f, 8>; // [4 positions][2 quads of channels]
  for (var k = 0u; k < quads; k++) {
    var f: array<vec4f, 4>;
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      f[i] = features[min(row + i, last) * quads + k];
    }
    // @unroll
    for (var q = 0u; q < 4u; q++) {
      let at = (k * 4u + q) * quads;
      let d_low = difference[at + low];
      let d_high = difference[at + high];
      // @unroll
      for (var i = 0u; i < 4u; i++) {
        sums[i * 2u] += f[i][q] * d_low;
        sums[i * 2u + 1u] += f[i][q] * d_high;
      }
    }
  }
  let factor = weight[0] * params.scale;
  // @unroll
  for (var i = 0u; i < 4u; i++) {
    if (row + i <= last) {
      let at = (row + i) * quads;
      gradient[at + low] += factor * sums[i * 2u];
      if (low + 1u < quads) {
        gradient[at + high] += factor * sums[i * 2u + 1u];
      }
    }
  }
}

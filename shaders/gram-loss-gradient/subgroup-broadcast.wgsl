enable subgroups;

// Gradient of the style loss with respect to features [positions, channels], channels a multiple
// of four:
// gradient += weight * scale * features · difference, with difference [channels, channels].
// One invocation computes 4 positions x 8 channels in registers. A workgroup is WORKGROUP neighbouring groups of four
// positions with the same channels. Every invocation loads one row of the difference out of four and gets the others from
// the first four invocations of its subgroup, so that rows are loaded once a subgroup. No workgroup memory. Positions and
// channels past the last repeat the last and are not written. Works for any subgroup of four or more.
// Numerics: f32, the terms of a sum in channel order.

struct Params {
  positions: u32,
  channels: u32,
  scale: f32, // 4 / (positions * channels^2)
}

override WORKGROUP: u32 = 4;

@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read> difference: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32, @builtin(subgroup_invocation_id) lane: u32) {
  let quads = params.channels / 4u;
  let columns = (params.channels + 7u) / 8u;
  let block = workgroup.y * workgroups.x + workgroup.x;
  // No early return: every invocation of a subgroup takes part in the broadcasts.
  let row = ((block / columns) * WORKGROUP + local) * 4u;
  let last = params.positions - 1u;
  let low = (block % columns) * 2u;
  let high = min(low + 1u, quads - 1u);
  var sums: array<vec4f, 8>; // [4 positions][2 quads of channels]
  for (var k = 0u; k < quads; k++) {
    let own = (k * 4u + lane % 4u) * quads;
    let own_low = difference[own + low];
    let own_high = difference[own + high];
    var f: array<vec4f, 4>;
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      f[i] = features[min(row + i, last) * quads + k];
    }
    let low_0 = subgroupBroadcast(own_low, 0u);
    let low_1 = subgroupBroadcast(own_low, 1u);
    let low_2 = subgroupBroadcast(own_low, 2u);
    let low_3 = subgroupBroadcast(own_low, 3u);
    let high_0 = subgroupBroadcast(own_high, 0u);
    let high_1 = subgroupBroadcast(own_high, 1u);
    let high_2 = subgroupBroadcast(own_high, 2u);
    let high_3 = subgroupBroadcast(own_high, 3u);
    // @unroll
    for (var i = 0u; i < 4u; i++) {
      sums[i * 2u] += f[i].x * low_0;
      sums[i * 2u] += f[i].y * low_1;
      sums[i * 2u] += f[i].z * low_2;
      sums[i * 2u] += f[i].w * low_3;
      sums[i * 2u + 1u] += f[i].x * high_0;
      sums[i * 2u + 1u] += f[i].y * high_1;
      sums[i * 2u + 1u] += f[i].z * high_2;
      sums[i * 2u + 1u] += f[i].w * high_3;
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

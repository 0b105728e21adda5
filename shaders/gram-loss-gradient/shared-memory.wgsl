// Gradient of the style loss with respect to features [positions, channels], channels a multiple
// of four:
// gradient += weight * scale * features · difference, with difference [channels, channels].
// A workgroup of 8x8 invocations computes 64 positions x 64 channels. It shares 16 channels at a time of the features and
// 16 rows of the difference in workgroup memory; rows of features are padded to five quads against bank conflicts. One
// invocation computes 8 positions (8 apart) and two quads of channels (8 quads apart) in registers.
// Numerics: f32, the terms of a sum in channel order.

struct Params {
  positions: u32,
  channels: u32,
  scale: f32, // 4 / (positions * channels^2)
}

@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read> difference: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> block_features: array<vec4f, 320>; // [64 positions][4 quads of channels, 1 unused]
var<workgroup> block_difference: array<vec4f, 256>; // [16 rows][16 quads of columns]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let quads = params.channels / 4u;
  let columns = (params.channels + 63u) / 64u;
  let block = workgroup.y * workgroups.x + workgroup.x;
  let row = (block / columns) * 64u;
  let column = (block % columns) * 16u;
  let last = params.positions - 1u;
  let own_row = local / 8u;
  let own_column = local % 8u;
  var sums: array<vec4f, 16>; // [8 positions][2 quads of channels]
  for (var step = 0u; step < (quads + 3u) / 4u; step++) {
    workgroupBarrier();
    for (var i = 0u; i < 4u; i++) {
      let position = i * 16u + local / 4u;
      let quad = step * 4u + local % 4u;
      let feature = features[min(row + position, last) * quads + min(quad, quads - 1u)];
      block_features[position * 5u + local % 4u] = select(vec4f(), feature, quad < quads);
      let k = i * 4u + local / 16u;
      let source_row = min(step * 16u + k, params.channels - 1u);
      let part = difference[source_row * quads + min(column + local % 16u, quads - 1u)];
      block_difference[k * 16u + local % 16u] = select(vec4f(), part, step * 16u + k < params.channels);
    }
    workgroupBarrier();
    // @unroll
    for (var k = 0u; k < 4u; k++) {
      var f: array<vec4f, 8>;
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        f[i] = block_features[(i * 8u + own_row) * 5u + k];
      }
      // @unroll
      for (var q = 0u; q < 4u; q++) {
        let low = block_difference[(k * 4u + q) * 16u + own_column];
        let high = block_difference[(k * 4u + q) * 16u + own_column + 8u];
        // @unroll
        for (var i = 0u; i < 8u; i++) {
          sums[i * 2u] += f[i][q] * low;
          sums[i * 2u + 1u] += f[i][q] * high;
        }
      }
    }
  }
  let factor = weight[0] * params.scale;
  // @unroll
  for (var i = 0u; i < 8u; i++) {
    let position = row + i * 8u + own_row;
    if (position <= last) {
      // @unroll
      for (var half = 0u; half < 2u; half++) {
        let quad = column + own_column + half * 8u;
        if (quad < quads) {
          gradient[position * quads + quad] += factor * sums[i * 2u + half];
        }
      }
    }
  }
}

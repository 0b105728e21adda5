// Gradient of the style loss with respect to features [positions, channels], for channel counts
// that are no multiple of four:
// gradient += weight * scale * features · difference, with difference [channels, channels].
// One invocation computes 4 positions x 8 channels in registers. A workgroup is WORKGROUP neighbouring tiles, channels
// first; nothing is shared. Rows and columns past the last repeat the last and are not written.
// Numerics: f32, all channels' terms in a row per sum.

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

fn add(row_at: u32, channel: u32, value: vec4f) {
  for (var lane = 0u; lane < 4u; lane++) {
    if (channel + lane < params.channels) {
      gradient[row_at + channel + lane] += value[lane];
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
  let p0 = min(row + 0u, last) * params.channels;
  let p1 = min(row + 1u, last) * params.channels;
  let p2 = min(row + 2u, last) * params.channels;
  let p3 = min(row + 3u, last) * params.channels;
  var r0l = vec4f();
  var r0h = vec4f();
  var r1l = vec4f();
  var r1h = vec4f();
  var r2l = vec4f();
  var r2h = vec4f();
  var r3l = vec4f();
  var r3h = vec4f();
  for (var k = 0u; k < params.channels; k++) {
    let l = load(k, low);
    let h = load(k, high);
    let f0 = features[p0 + k];
    let f1 = features[p1 + k];
    let f2 = features[p2 + k];
    let f3 = features[p3 + k];
    r0l += f0 * l;
    r0h += f0 * h;
    r1l += f1 * l;
    r1h += f1 * h;
    r2l += f2 * l;
    r2h += f2 * h;
    r3l += f3 * l;
    r3h += f3 * h;
  }
  let factor = weight[0] * params.scale;
  if (row + 0u <= last) {
    add(p0, column, factor * r0l);
    add(p0, column + 4u, factor * r0h);
  }
  if (row + 1u <= last) {
    add(p1, column, factor * r1l);
    add(p1, column + 4u, factor * r1h);
  }
  if (row + 2u <= last) {
    add(p2, column, factor * r2l);
    add(p2, column + 4u, factor * r2h);
  }
  if (row + 3u <= last) {
    add(p3, column, factor * r3l);
    add(p3, column + 4u, factor * r3h);
  }
}
